"""Pictures as they look: colours, texture and shape, without a trained network."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from sensorium.core.arrays import FloatVector
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.encode_each import encode_each
from sensorium.encoders.image.feature_families import (
    DEFAULT_FAMILIES,
    SIDE_PX,
    Families,
    image_parts,
    image_row,
)
from sensorium.encoders.media_config import MediaConfig
from sensorium.media.cleaning import clean_picture
from sensorium.media.image import decode_image


class ColorTextureShapeConfig(MediaConfig):
    """What is looked at; the sizes and bins of each part are what `version` stands for."""

    parts: Families = Field(DEFAULT_FAMILIES, min_length=1)
    """`colours` (or one of `colour-histograms`, `colour-moments`), `palette`, `texture`, `co-occurrence`,
    `shape`, `edges`."""


class ColorTextureShape(Encoder[ColorTextureShapeConfig, bytes]):
    """Colours, texture, shape and other families of features, each of which may be chosen."""

    former_names = ("looks",)
    traits = EncoderTraits(Role.IMAGE, is_default=True)
    version = 2

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each picture file [n, d]."""
        return encode_each(inputs, self._row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Those of the config."""
        return image_parts(self.config.parts)

    def _row(self, content: bytes) -> FloatVector:
        rgb = decode_image(content, where="", min_side_px=SIDE_PX)
        return image_row(clean_picture(rgb, self.config.cleaning), self.config.parts)
