"""Pictures as they look: colours, texture and shape, without a trained network."""

from collections.abc import Mapping, Sequence

from sensorium.catalog.media.image import decode_image
from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatVector
from sensorium.core.config import Config
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.batch import encode_each
from sensorium.encoders.picture_features import TEXTURE_SIDE_PX, picture_parts, picture_row


class LooksConfig(Config):
    """Nothing to set: the sizes and bins in `picture_features` are what `version` stands for."""


class Looks(Encoder[LooksConfig, bytes]):
    """HSV colour histograms and moments, local binary patterns, oriented gradients."""

    traits = EncoderTraits(Role.IMAGE)
    version = 2

    def encode(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each picture file [n, d]."""
        return encode_each(inputs, _row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Colours, texture, shape."""
        return picture_parts()


def _row(content: bytes) -> FloatVector:
    return picture_row(decode_image(content, where="", min_side_px=TEXTURE_SIDE_PX))
