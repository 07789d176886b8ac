"""Pictures by their details: which local shapes stand where, beside colours, texture and outline."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.encode_each import encode_each
from sensorium.encoders.image.feature_families import DEFAULT_FAMILIES, Families, image_parts, image_row
from sensorium.encoders.image.fisher_vector import WIDTH, Projection, VisualVocabulary
from sensorium.encoders.image.sift import LONGER_SIDE_PX, Pixels, local_features, small_grey
from sensorium.encoders.media_config import MediaConfig
from sensorium.media.cleaning import clean_picture
from sensorium.media.cleaning_names import Cleaning
from sensorium.media.image import decode_image
from sensorium.media.quiet_decoders import quiet_decoders

QUARTERS = ("upper left", "upper right", "lower left", "lower right")


class FisherVectorsConfig(MediaConfig):
    """What goes beside the local shapes; their sizes are what `version` stands for."""

    parts: Families = DEFAULT_FAMILIES
    """Parts of `color-texture-shape`; none for the local shapes alone."""


class FisherVectors(Encoder[FisherVectorsConfig, bytes]):
    """What `color-texture-shape` computes, and SIFT by quarter in a vocabulary learnt from the catalogue."""

    former_names = ("local-shapes",)
    traits = EncoderTraits(Role.IMAGE, learns=True)
    version = 3

    middle: FloatVector
    """[128] the mean descriptor; with the four below a `VisualVocabulary`."""
    axes: FloatMatrix
    """[128, 48]"""
    words: FloatMatrix
    """[64, 48]"""
    spreads: FloatMatrix
    """[64, 48]"""
    shares: FloatVector
    """[64]"""
    quarter_middles: FloatMatrix
    """[4, 6144] the mean of what is told of each quarter; with `quarter_axes` four `Projection`s."""
    quarter_axes: FloatMatrix
    """[4, 6144, 96]"""

    def _fit(self, inputs: Sequence[bytes | None]) -> None:
        """Learn the vocabulary from pictures; those that cannot be decoded are passed over."""
        rng = np.random.default_rng(0)
        greys = list(_greys(inputs, self.config.cleaning))  # small, and needed twice
        vocabulary = VisualVocabulary.fit((local_features(grey) for grey in greys), rng)
        told = np.stack([vocabulary.describe(local_features(grey)) for grey in greys])  # [n, 4, d]
        projections = [Projection.fit(told[:, quarter], rng) for quarter in range(len(QUARTERS))]
        self.middle, self.axes, self.words = vocabulary.middle, vocabulary.axes, vocabulary.words
        self.spreads, self.shares = vocabulary.spreads, vocabulary.shares
        self.quarter_middles = np.stack([projection.middle for projection in projections])
        self.quarter_axes = np.stack([projection.axes for projection in projections])

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each picture file [n, d]."""
        self.require_fitted()
        return encode_each(inputs, self._row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Those of the config, and the details of each quarter."""
        whole = dict(image_parts(self.config.parts))
        first = max((stop for _, stop in whole.values()), default=0)
        starts = range(first, first + len(QUARTERS) * WIDTH, WIDTH)
        return whole | {name: (start, start + WIDTH) for name, start in zip(QUARTERS, starts, strict=True)}

    def spec(self) -> dict[str, Any]:
        """Return what identifies the features, the vocabulary among it."""
        spec = super().spec()
        return spec | {"state": self.state().content_hash} if self.is_fitted else spec

    def _row(self, content: bytes) -> FloatVector:
        decoded = decode_image(content, where="", min_side_px=LONGER_SIDE_PX)
        rgb = clean_picture(decoded, self.config.cleaning)
        vocabulary = VisualVocabulary(self.middle, self.axes, self.words, self.spreads, self.shares)
        told = vocabulary.describe(local_features(small_grey(rgb)))
        pieces = [
            Projection(middle, axes).apply(row)
            for middle, axes, row in zip(self.quarter_middles, self.quarter_axes, told, strict=True)
        ]
        return np.concatenate([image_row(rgb, self.config.parts), *pieces], dtype=np.float32)


def _greys(inputs: Sequence[bytes | None], cleaning: Sequence[Cleaning]) -> Iterator[Pixels]:
    """Yield small pictures; an empty one if none can be decoded, since something has to be learnt."""
    found = False
    for content in inputs:
        try:
            if content is not None:
                with quiet_decoders():
                    rgb = decode_image(content, where="", min_side_px=LONGER_SIDE_PX)
                yield small_grey(clean_picture(rgb, cleaning))
                found = True
        except MediaError:
            continue
    if not found:
        yield np.zeros((LONGER_SIDE_PX, LONGER_SIDE_PX), dtype=np.uint8)
