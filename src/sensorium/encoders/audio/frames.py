"""A recording in overlapping frames, as all features of sound share it, and where it sounds at all."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.audio.spectrum import HOP, decibels, mel_filters, power_spectrum, split_into_frames
from sensorium.media.audio_stretches import Recording

N_MELS = 64
SILENT_DB = 60
"""Below the loudest moment; what is fainter counts as silence at the beginning and at the end."""


@dataclass(frozen=True)
class SoundFrames:
    """The frames of all stretches, one after the other."""

    rate_hz: int
    stretches: tuple[slice, ...]
    """Which frames belong to each stretch; what changes over time is followed within a stretch."""
    frames: FloatMatrix
    """[n_frames, N_FFT] samples."""
    power: FloatMatrix
    """[n_frames, n_bins]"""
    mel: FloatMatrix
    """[n_frames, N_MELS] power by mel band."""
    mel_db: FloatMatrix
    """[n_frames, N_MELS] the same in decibels."""
    level_db: FloatVector
    """[n_frames] in decibels of full scale."""

    @classmethod
    def from_recording(cls, recording: Recording) -> Self:
        """Return the frames of a recording."""
        pieces = [split_into_frames(samples) for samples in recording.stretches]
        stops = np.cumsum([len(piece) for piece in pieces]).tolist()
        frames = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        power = power_spectrum(frames)
        mel = power @ mel_filters(recording.sample_rate_hz, N_MELS).T
        return cls(
            recording.sample_rate_hz,
            tuple(slice(stop - len(piece), stop) for piece, stop in zip(pieces, stops, strict=True)),
            frames,
            power,
            mel,
            decibels(mel),
            decibels(np.square(frames).mean(axis=1)),
        )

    @property
    def frames_per_s(self) -> float:
        """How many frames a second has."""
        return self.rate_hz / HOP

    def differences(self, tracks: FloatMatrix) -> FloatMatrix:
        """Return each frame less the one before it, of the shape of `tracks`; zero where a stretch begins."""
        steps = np.diff(tracks, axis=0, prepend=tracks[:1])
        steps[[stretch.start for stretch in self.stretches]] = 0
        return steps


def trim_silence(recording: Recording) -> Recording:
    """Return the recording without the silence before its first sound and after its last."""
    levels = [_levels_db(samples) for samples in recording.stretches]
    threshold = max(float(level.max()) for level in levels) - SILENT_DB
    sounds = [np.flatnonzero(level > threshold) for level in levels]
    first = next(index for index, blocks in enumerate(sounds) if len(blocks))
    last = max(index for index, blocks in enumerate(sounds) if len(blocks))
    kept = list(recording.stretches[first : last + 1])
    start, stop = int(sounds[first][0]) * HOP, (int(sounds[last][-1]) + 1) * HOP
    kept[-1] = kept[-1][:stop]
    kept[0] = kept[0][start:]
    n_kept, n_samples = (sum(len(one) for one in each) for each in (kept, recording.stretches))
    return Recording(tuple(kept), recording.sample_rate_hz, recording.duration_s * n_kept / n_samples)


def _levels_db(samples: FloatVector) -> FloatVector:
    """Return the level of each block of HOP samples, the last one perhaps shorter."""
    starts = np.arange(0, len(samples), HOP)
    energy = np.add.reduceat(np.square(samples), starts)
    return decibels(energy / np.minimum(HOP, len(samples) - starts))
