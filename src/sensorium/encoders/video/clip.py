"""Clips as they look, move and sound, without a trained network."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from sensorium.core.arrays import FloatVector
from sensorium.core.roles import Role
from sensorium.encoders.audio.sound import Sound
from sensorium.encoders.audio.sound_features import sound_parts
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits, Track
from sensorium.encoders.encode_each import encode_each
from sensorium.encoders.image.color_histograms import N_MOMENTS
from sensorium.encoders.image.feature_families import image_parts, image_row
from sensorium.encoders.media_config import MediaConfig
from sensorium.encoders.video import shot_changes
from sensorium.encoders.video.motion import WATCHED_AHEAD_S
from sensorium.encoders.video.motion_features import motion_parts, motion_row
from sensorium.media.video import VideoSample, decode_video

_MAX_SIDE_PX = 192


class ClipConfig(MediaConfig):
    """How much of each clip is watched and heard."""

    n_frames: PositiveInt = 12
    """Frames sampled over the clip and all its scenes."""
    spacing_s: PositiveFloat = 0.05
    """Seconds between each of them and the two after it that tell its motion, at least."""
    n_stretches: PositiveInt = 6
    """Stretches of a long sound track that are listened to, spread evenly over it."""
    stretch_s: PositiveFloat = 10.0
    """Seconds of each; what is no longer than all of them together is heard whole."""


class Clip(Encoder[ClipConfig, bytes]):
    """Pictures over time, motion by optical flow, the camera, cuts, and the sound track."""

    traits = EncoderTraits(Role.VIDEO, is_default=True)
    version = 3

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each clip [n, d]; the columns of `sound` are zero where there is none."""
        return encode_each(inputs, self._row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Those of pictures, those of motion, cutting, and the sound as one."""
        widths = {name: 2 * (stop - start) for name, (start, stop) in image_parts().items()}
        widths["colours"] += N_MOMENTS
        widths |= {name: stop - start for name, (start, stop) in motion_parts().items()}
        widths["cutting"] = shot_changes.DIMENSION
        widths["sound"] = _width(sound_parts())
        stops = np.cumsum(list(widths.values())).tolist()
        return {name: (stop - width, stop) for (name, width), stop in zip(widths.items(), stops, strict=True)}

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The sound track."""
        return (Track(Role.AUDIO, self.parts["sound"], self._listener),)

    @property
    def _listener(self) -> Sound:
        config = self.config
        return Sound(n_stretches=config.n_stretches, stretch_s=config.stretch_s, cleaning=config.cleaning)

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
        pieces = [
            _appearance(sample),
            motion_row(sample),
            shot_changes.shot_change_row(sample),
            self._sound(content),
        ]
        return np.concatenate(pieces)

    def _sound(self, content: bytes) -> FloatVector:
        """Return the row of the sound track [d_sound]; zeros where there is none."""
        return self._listener.encode_batch([content]).values[0]


def _width(parts: Mapping[str, tuple[int, int]]) -> int:
    return max(stop for _, stop in parts.values())


def _appearance(sample: VideoSample) -> FloatVector:
    """Return for each part of pictures its mean and spread over the frames; of colours also their change."""
    rows = np.stack([image_row(frame) for frame in sample.frames])
    pieces: list[FloatVector] = []
    for name, (start, stop) in image_parts().items():
        pieces += [rows[:, start:stop].mean(axis=0), rows[:, start:stop].std(axis=0)]
        if name == "colours":
            moments = rows[:, stop - N_MOMENTS : stop]
            steps = np.abs(np.diff(moments, axis=0))
            pieces.append(steps.mean(axis=0) if len(steps) else np.zeros(N_MOMENTS, dtype=np.float32))
    return np.concatenate(pieces)
