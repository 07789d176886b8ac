"""One text, picture, sound or clip as a row that compares with the items' rows."""

from collections.abc import Sequence

from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import ConfigT
from sensorium.core.errors import DataError
from sensorium.encoders.base import Encoder, InputT
from sensorium.features.scaling import Scaling


def encode_queries(
    encoder: Encoder[ConfigT, InputT], scaling: Scaling, inputs: Sequence[InputT], *, where: str = "query"
) -> FloatMatrix:
    """Return unit rows [n, d]; their dot products with scaled item rows are cosines.

    Raises
    ------
    DataError
        If an input cannot be encoded: a search needs an answer, or the reason why there is none.
    """
    encoded = encoder.encode(inputs)
    for index, reason in encoded.failures.items():
        place = where if len(inputs) == 1 else f"{where} {index + 1}"
        raise DataError(reason, where=place, remedy=f"Give another {encoder.traits.modality.value}")
    return scaling.apply(encoded.values)
