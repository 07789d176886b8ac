"""Filter banks and frames for sound, computed from one short-time Fourier transform.

The formulas are those of librosa (ISC licence) and are tested against it; computing them here saves
its long import and the repeated transforms.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sensorium.core.arrays import FloatMatrix, FloatVector

N_FFT = 2048
HOP = 512
FLOOR = 1e-10
"""Power below which silence is silence."""


def split_into_frames(samples: FloatVector) -> FloatMatrix:
    """Return overlapping frames [n_frames, N_FFT], the first centred on the first sample."""
    padded = np.pad(samples, N_FFT // 2)
    if len(padded) < N_FFT:
        padded = np.pad(padded, (0, N_FFT - len(padded)))
    return np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]


def power_spectrum(frames: FloatMatrix) -> FloatMatrix:
    """Return power [n_frames, N_FFT // 2 + 1] under a Hann window."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT, dtype=np.float32) / N_FFT)
    spectrum: Any = fft.rfft(frames * window.astype(np.float32), axis=1)
    return np.square(spectrum.real) + np.square(spectrum.imag)


def bin_frequencies_hz(sample_rate_hz: int) -> FloatVector:
    """Return the frequency of each bin [N_FFT // 2 + 1]."""
    return np.linspace(0, sample_rate_hz / 2, N_FFT // 2 + 1, dtype=np.float32)


def decibels(power: NDArray[np.floating]) -> FloatMatrix:
    """Return ten times the decimal logarithm, no lower than -100."""
    return (10.0 * np.log10(np.maximum(power, FLOOR))).astype(np.float32)


@cache
def mel_filters(sample_rate_hz: int, n_mels: int) -> FloatMatrix:
    """Return triangles [n_mels, N_FFT // 2 + 1] of equal area, evenly spaced on Slaney's mel scale."""
    break_hz, hz_per_mel, step = 1000.0, 200.0 / 3, np.log(6.4) / 27.0

    def to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
        above = break_hz * np.exp(step * (mels - break_hz / hz_per_mel))
        return np.where(mels < break_hz / hz_per_mel, mels * hz_per_mel, above)

    top_mel = break_hz / hz_per_mel + np.log(sample_rate_hz / 2 / break_hz) / step
    corners = to_hz(np.linspace(0, top_mel, n_mels + 2))
    ramps = corners[:, None] - bin_frequencies_hz(sample_rate_hz)[None, :]
    rising = -ramps[:-2] / np.diff(corners)[:-1, None]
    falling = ramps[2:] / np.diff(corners)[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    return (filters * (2.0 / (corners[2:] - corners[:-2]))[:, None]).astype(np.float32)


def normalize_channel_energy(
    mel: FloatMatrix, *, smoothing: float = 0.025, gain: float = 0.8, bias: float = 2.0, floor: float = 1e-8
) -> FloatMatrix:
    """Return mel power [n_frames, n_mels] normalised by its own recent past in each channel.

    Per-channel energy normalisation (Wang and others 2017): a steady background is levelled, what
    begins stands out. `smoothing` is the weight of each new frame in that past (about a second at
    0.025); with a `gain` below one some of the level remains.
    """
    from scipy.signal import lfilter  # takes half a second to load

    usual = (1 - smoothing) * mel.mean(axis=0, keepdims=True)  # what came before is not known
    past, _ = lfilter([smoothing], [1, smoothing - 1], mel, axis=0, zi=usual)
    return np.sqrt(mel * (past + floor) ** -gain + bias) - np.sqrt(bias)


@cache
def pitch_class_filters(sample_rate_hz: int) -> FloatMatrix:
    """Return filters [12, N_FFT // 2 + 1] that sum power by pitch class (C first), octaves weighted.

    Each bin spreads over the classes by a Gaussian in log-frequency one semitone wide, or wider
    where bins are coarser; a wide Gaussian over octaves around 500 Hz keeps bass and hiss out.
    """
    frequencies = bin_frequencies_hz(sample_rate_hz)[1:].astype(np.float64)
    semitones = 12 * np.log2(frequencies / 261.6256)  # from middle C
    width = np.maximum(1.0, np.gradient(semitones))
    distance = (semitones[None, :] - np.arange(12)[:, None] + 6) % 12 - 6
    filters = np.exp(-0.5 * (2 * distance / width) ** 2)
    filters /= filters.sum(axis=0)
    filters *= np.exp(-0.5 * ((np.log2(frequencies / 27.5) - 5) / 2) ** 2)
    return np.concatenate([np.zeros((12, 1)), filters], axis=1).astype(np.float32)
