"""What a sound is like, as numbers: timbre, spectrum, harmony, rhythm, loudness."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.spectrum import (
    FLOOR,
    HOP,
    bin_frequencies_hz,
    decibels,
    framed,
    mel_filters,
    pitch_class_filters,
    power_spectrum,
)

N_MELS = 64
N_MFCC = 20
REACH = 4
"""Frames to either side that a change is measured over."""
CONTRAST_EDGES_HZ = (0, 200, 400, 800, 1600, 3200, 6400, 11025)
LAGS_S = np.geomspace(0.2, 2.0, 24)
"""Periods at which the onsets are compared with themselves: 300 down to 30 beats a minute."""
LEVELS = (5, 25, 50, 75, 95)

_PARTS = {
    "timbre": 4 * N_MFCC,
    "spectrum": 2 * (6 + len(CONTRAST_EDGES_HZ) - 1),
    "harmony": 12 * 2 + 2,
    "rhythm": len(LAGS_S) + 4,
    "loudness": len(LEVELS) + 5,
}


@dataclass(frozen=True)
class _Sound:
    """A sound and what all features share."""

    rate_hz: int
    frames: FloatMatrix  # [n_frames, N_FFT]
    power: FloatMatrix  # [n_frames, n_bins]
    mel_db: FloatMatrix  # [n_frames, N_MELS]

    @property
    def frames_per_s(self) -> float:
        return self.rate_hz / HOP


def sound_parts() -> Mapping[str, tuple[int, int]]:
    """Return the column ranges of `sound_row`."""
    stops = np.cumsum(list(_PARTS.values())).tolist()
    return {name: (stop - width, stop) for (name, width), stop in zip(_PARTS.items(), stops, strict=True)}


def sound_row(samples: FloatVector, sample_rate_hz: int) -> FloatVector:
    """Return the features [d] of mono samples [n_samples]."""
    frames = framed(samples)
    power = power_spectrum(frames)
    mel_db = decibels(power @ mel_filters(sample_rate_hz, N_MELS).T)
    sound = _Sound(sample_rate_hz, frames, power, mel_db)
    pieces = [_timbre(sound), _spectrum(sound), _harmony(sound), _rhythm(sound), _loudness(sound)]
    return np.concatenate(pieces).astype(np.float32)


def cepstrum(mel_db: FloatMatrix) -> FloatMatrix:
    """Return mel-frequency cepstral coefficients [n_frames, N_MFCC] of mel decibels."""
    return np.asarray(fft.dct(mel_db, type=2, axis=1, norm="ortho"), dtype=np.float32)[:, :N_MFCC]


def _timbre(sound: _Sound) -> FloatVector:
    coefficients = cepstrum(sound.mel_db)
    change = _slopes(coefficients)
    turn = np.diff(change, axis=0, prepend=change[:1])
    return np.concatenate([coefficients.mean(0), coefficients.std(0), change.std(0), turn.std(0)])


def _slopes(tracks: FloatMatrix) -> FloatMatrix:
    """Return the slope of a line through each frame and its four neighbours to either side."""
    n = len(tracks)
    padded = np.pad(tracks, ((REACH, REACH), (0, 0)), mode="edge")
    steps = range(1, REACH + 1)
    rise = sum(k * (padded[REACH + k : REACH + k + n] - padded[REACH - k : REACH - k + n]) for k in steps)
    return np.asarray(rise / (2 * sum(k * k for k in steps)), dtype=np.float32)


def _spectrum(sound: _Sound) -> FloatVector:
    """Return mean and spread of centroid, bandwidth, rolloff, flatness, crossings, flux and contrasts."""
    magnitude = np.sqrt(sound.power)
    frequencies = bin_frequencies_hz(sound.rate_hz)
    share = magnitude / np.maximum(magnitude.sum(axis=1, keepdims=True), FLOOR)
    centroid = share @ frequencies
    variance = share @ np.square(frequencies) - np.square(centroid)
    energy = np.cumsum(magnitude, axis=1)
    rolloff = frequencies[np.argmax(energy >= 0.85 * energy[:, -1:], axis=1)]
    flatness = np.log(np.maximum(sound.power, FLOOR)).mean(axis=1) - np.log(sound.power.mean(axis=1) + FLOOR)
    signs = np.signbit(sound.frames)
    crossings = (signs[:, 1:] != signs[:, :-1]).mean(axis=1)
    flux = np.sqrt(np.square(np.diff(share, axis=0, prepend=share[:1])).sum(axis=1))
    tracks = [
        np.log1p(centroid),
        np.log1p(np.sqrt(np.maximum(variance, 0))),
        np.log1p(rolloff),
        flatness,
        np.sqrt(crossings),
        flux,
        *_contrasts(sound, frequencies),
    ]
    return np.array([statistic for track in tracks for statistic in (track.mean(), track.std())])


def _contrasts(sound: _Sound, frequencies: FloatVector) -> list[NDArray[np.floating]]:
    """Return for each band the distance in decibels from its valleys to its peaks (Jiang and others 2002)."""
    edges = np.searchsorted(frequencies, CONTRAST_EDGES_HZ)
    edges[-1] = len(frequencies)
    contrasts: list[NDArray[np.floating]] = []
    for start, stop in itertools.pairwise(edges.tolist()):
        band = sound.power[:, start : max(stop, start + 2)]
        n = max(1, round(0.1 * band.shape[1]))
        ordered = np.partition(band, (n - 1, band.shape[1] - n), axis=1)
        contrasts.append(decibels(ordered[:, -n:].mean(axis=1)) - decibels(ordered[:, :n].mean(axis=1)))
    return contrasts


def _harmony(sound: _Sound) -> FloatVector:
    """Return mean and spread of the pitch classes, and how tonal and how changeable they are [26]."""
    chroma = sound.power @ pitch_class_filters(sound.rate_hz).T
    loud = chroma.sum(axis=1)
    chroma = chroma / np.maximum(chroma.max(axis=1, keepdims=True), FLOOR)
    chroma *= (loud > FLOOR)[:, None]
    share = chroma / np.maximum(chroma.sum(axis=1, keepdims=True), FLOOR)
    entropy = -(share * np.log(share + FLOOR)).sum(axis=1)
    change = np.abs(np.diff(share, axis=0, prepend=share[:1])).sum(axis=1)
    return np.concatenate([chroma.mean(0), chroma.std(0), [entropy.mean(), change.mean()]])


def _rhythm(sound: _Sound) -> FloatVector:
    """Return the onsets' likeness to themselves by period, tempo, clarity, density and burstiness [28]."""
    rise = np.maximum(np.diff(sound.mel_db, axis=0, prepend=sound.mel_db[:1]), 0).mean(axis=1)
    centred = rise - rise.mean()
    n = 1 << (2 * len(centred)).bit_length()  # twice the length: no wrapping around
    likeness = np.fft.irfft(np.square(np.abs(np.fft.rfft(centred, n))), n)[: len(centred)]
    likeness = likeness / max(float(likeness[0]), FLOOR)
    lags = np.arange(len(likeness)) / sound.frames_per_s
    periods = np.interp(LAGS_S, lags, likeness, right=0.0)
    best = int(np.argmax(periods))
    threshold = rise.mean() + rise.std()
    is_peak = (rise[1:-1] > rise[:-2]) & (rise[1:-1] >= rise[2:]) & (rise[1:-1] > threshold)
    density = is_peak.sum() / (len(rise) / sound.frames_per_s)
    burst = rise.std() / max(float(rise.mean()), 1e-3)
    return np.array([*periods, np.log2(1 / LAGS_S[best]), periods[best], np.log1p(density), np.log1p(burst)])


def _loudness(sound: _Sound) -> FloatVector:
    """Return levels in decibels, their spread and change, silence, and where the energy lies [10]."""
    energy = np.square(sound.frames).mean(axis=1)
    level = decibels(energy)
    percentiles = np.percentile(level, LEVELS)
    silent = float((level < percentiles[-1] - 40).mean())
    when = float((energy * np.linspace(0, 1, len(energy))).sum() / max(float(energy.sum()), FLOOR))
    change = np.diff(level, prepend=level[:1])
    loud = float(level.mean())
    return np.array([*percentiles, loud, level.std(), np.abs(change).mean(), silent, when])
