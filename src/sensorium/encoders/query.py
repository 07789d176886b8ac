"""Texts, pictures, sounds or clips as rows that compare with the items' rows."""

from collections.abc import Sequence
from typing import Any

from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import ConfigT
from sensorium.core.errors import DataError
from sensorium.core.linalg import unit_rows
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder, InputT
from sensorium.features.scaling import Scaling


def encode_queries(
    encoder: Encoder[ConfigT, InputT],
    scaling: Scaling,
    inputs: Sequence[Any],
    *,
    modality: Role | None = None,
    where: str = "query",
) -> FloatMatrix:
    """Return rows [n, d]; their dot products with scaled item rows are cosines.

    Rows of pictures, sounds and clips unlike those of the catalogue are shorter than one, as
    `Scaling.apply_to_queries` says.

    Parameters
    ----------
    encoder, scaling
        What made the items' rows.
    inputs
        What is asked for, such as texts or whole media files.
    modality
        What the inputs are, one of the encoder's `query_modalities`; its own if not given. Rows of
        another modality are not shifted: the items' mean is not the mean of such rows.
    where
        What to call the query in an error.

    Raises
    ------
    DataError
        If an input cannot be encoded: a search needs an answer, or the reason why there is none.
    """
    modality = modality or encoder.traits.modality
    encoded = encoder.encode_query(inputs, modality)
    for index, reason in encoded.failures.items():
        place = where if len(inputs) == 1 else f"{where} {index + 1}"
        raise DataError(reason, where=place, remedy=f"Give another {modality.value}")
    return _rows(encoder, scaling, encoded.values, modality)


def encode_readable_queries(
    encoder: Encoder[ConfigT, InputT], scaling: Scaling, inputs: Sequence[Any], modality: Role
) -> FloatMatrix:
    """Return rows as `encode_queries`, of those `inputs` alone that can be encoded [n_readable, d]."""
    rows = _rows(encoder, scaling, encoder.encode_query(inputs, modality).values, modality)
    return rows[rows.any(axis=1)]


def _rows(
    encoder: Encoder[ConfigT, InputT], scaling: Scaling, values: FloatMatrix, modality: Role
) -> FloatMatrix:
    own = encoder.traits.modality
    return scaling.apply_to_queries(values) if modality is own else unit_rows(values)
