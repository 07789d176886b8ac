"""Clips as they look, move and sound, without a trained network."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from sensorium.catalog.media.recording import decode_recording
from sensorium.catalog.media.video import VideoSample, decode_video
from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatVector
from sensorium.core.config import Config
from sensorium.core.errors import MediaError
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
    n_stretches: PositiveInt = 6
    """Stretches of a long sound track that are listened to, spread evenly over it."""
    stretch_s: PositiveFloat = 10.0
    """Seconds of each; what is no longer than all of them together is heard whole."""


class Clip(Encoder[ClipConfig, bytes]):
    """Pictures (mean and spread over frames), optical-flow motion, and the sound track."""

    traits = EncoderTraits(Role.VIDEO)
    version = 2

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
            with_sound=False,
        )
        return np.concatenate([_appearance(sample), motion_features.motion_row(sample), self._sound(content)])

    def _sound(self, content: bytes) -> FloatVector:
        config = self.config
        try:
            recording = decode_recording(
                content, where="", n_stretches=config.n_stretches, stretch_s=config.stretch_s
            )
        except MediaError:
            return np.zeros(_width(sound_parts()), dtype=np.float32)
        return sound_row(recording)


def _width(parts: Mapping[str, tuple[int, int]]) -> int:
    return max(stop for _, stop in parts.values())


def _appearance(sample: VideoSample) -> FloatVector:
    rows = np.stack([picture_row(frame) for frame in sample.frames])
    return np.concatenate([rows.mean(axis=0), rows.std(axis=0)])
