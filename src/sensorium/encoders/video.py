"""Clips as they look, move and sound, without a trained network."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from sensorium.catalog.media.video import VideoSample, decode_video
from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatVector
from sensorium.core.config import Config
from sensorium.encoders import motion_features
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.batch import encode_each
from sensorium.encoders.picture_features import picture_parts, picture_row
from sensorium.encoders.sound_features import sound_parts, sound_row

_MAX_SIDE_PX = 192


class ClipConfig(Config):
    """How much of each clip is watched and heard."""

    n_frames: PositiveInt = 12
    """Frames sampled evenly over the clip."""
    max_sound_s: PositiveFloat = 60.0
    """Seconds of the sound track that are listened to."""


class Clip(Encoder[ClipConfig, bytes]):
    """Pictures (mean and spread over frames), optical-flow motion, and the sound track."""

    traits = EncoderTraits(Role.VIDEO)

    def encode(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each clip [n, d]; the columns of `sound` are zero where there is none."""
        return encode_each(inputs, self._row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Appearance, motion, sound."""
        appearance = 2 * _width(picture_parts())
        motion = appearance + motion_features.DIMENSION
        return {
            "appearance": (0, appearance),
            "motion": (appearance, motion),
            "sound": (motion, motion + _width(sound_parts())),
        }

    def _row(self, content: bytes) -> FloatVector:
        sample = decode_video(
            content,
            where="",
            n_frames=self.config.n_frames,
            max_side_px=_MAX_SIDE_PX,
            max_sound_s=self.config.max_sound_s,
        )
        return np.concatenate([_appearance(sample), motion_features.motion_row(sample), _sound(sample)])


def _width(parts: Mapping[str, tuple[int, int]]) -> int:
    return max(stop for _, stop in parts.values())


def _appearance(sample: VideoSample) -> FloatVector:
    rows = np.stack([picture_row(frame) for frame in sample.frames])
    return np.concatenate([rows.mean(axis=0), rows.std(axis=0)])


def _sound(sample: VideoSample) -> FloatVector:
    if sample.sound is None:
        return np.zeros(_width(sound_parts()), dtype=np.float32)
    return sound_row(sample.sound, sample.sample_rate_hz)
