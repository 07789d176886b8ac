"""Clips by how they move, whatever they show."""

from collections.abc import Mapping, Sequence

from pydantic import PositiveFloat, PositiveInt

from sensorium.core.arrays import FloatVector
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.encode_each import encode_each
from sensorium.encoders.media_config import MediaConfig
from sensorium.encoders.video.motion_features import motion_parts, motion_row
from sensorium.media.video import decode_video

_MAX_SIDE_PX = 192
WATCHED_AHEAD_S = 1.0
"""In a clip too long to be watched from end to end, cuts are counted for so long after each moment."""


class MotionConfig(MediaConfig):
    """How often, and over how long, motion is measured."""

    n_frames: PositiveInt = 12
    """Moments spread evenly over the clip."""
    spacing_s: PositiveFloat = 0.05
    """Seconds between the three frames of each moment, at least."""


class Motion(Encoder[MotionConfig, bytes]):
    """Speeds, jolts (changes of velocity), their course and the camera's motion, from optical flow."""

    traits = EncoderTraits(Role.VIDEO)
    version = 3

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each clip [n, d]."""
        return encode_each(inputs, self._row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Speeds, jolts, course, camera."""
        return motion_parts()

    def _row(self, content: bytes) -> FloatVector:
        sample = decode_video(
            content,
            where="",
            n_frames=self.config.n_frames,
            max_side_px=_MAX_SIDE_PX,
            spacing_s=self.config.spacing_s,
            ahead_s=WATCHED_AHEAD_S,
            with_sound=False,
        ).cleaned(self.config.cleaning)
        return motion_row(sample)
