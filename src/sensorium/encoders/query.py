"""One text, picture, sound or clip as a row that compares with the items' rows."""

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
    """Return unit rows [n, d]; their dot products with scaled item rows are cosines.

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
    own = encoder.traits.modality
    modality = modality or own
    encoded = encoder.encode_query(inputs, modality)
    for index, reason in encoded.failures.items():
        place = where if len(inputs) == 1 else f"{where} {index + 1}"
        raise DataError(reason, where=place, remedy=f"Give another {modality.value}")
    return scaling.apply(encoded.values) if modality is own else unit_rows(encoded.values)
