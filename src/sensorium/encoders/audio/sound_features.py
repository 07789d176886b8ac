"""What a sound is like, as numbers: seven parts, each told by what can be heard of it."""

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.audio.chroma import N_HARMONY, harmony
from sensorium.encoders.audio.frames import N_MELS, SoundFrames, trim_silence
from sensorium.encoders.audio.rhythm import N_RHYTHM, N_TEXTURE, rhythm, texture
from sensorium.encoders.audio.spectrum import FLOOR, bin_frequencies_hz, decibels, normalize_channel_energy
from sensorium.media.audio_stretches import Recording

N_MFCC = 20
REACH = 4
"""Frames to either side that a change is measured over."""
AUDIBLE_DB = 30
"""Frames down to this below the loudest tell the timbre; the others are mostly background."""
CONTRAST_EDGES_HZ = (0, 200, 400, 800, 1600, 3200, 6400, 11025)
BANDS = 16
"""Groups of neighbouring mel bands that the foreground is told in."""
LEVELS = (5, 25, 50, 75, 95)
LOUD_DB = (10, 20, 40)
"""Below the loudest frame; the share of frames within each tells how the sound fills its time."""

_PARTS: Mapping[str, int] = {
    "timbre": 4 * N_MFCC,
    "spectrum": 2 * (6 + len(CONTRAST_EDGES_HZ) - 1),
    "foreground": 3 * BANDS,
    "harmony": N_HARMONY,
    "rhythm": N_RHYTHM,
    "texture": N_TEXTURE,
    "loudness": len(LEVELS) + len(LOUD_DB) + 7,
}


def sound_parts() -> Mapping[str, tuple[int, int]]:
    """Return the column ranges of `sound_row`."""
    stops = np.cumsum(list(_PARTS.values())).tolist()
    return {name: (stop - width, stop) for (name, width), stop in zip(_PARTS.items(), stops, strict=True)}


def sound_row(recording: Recording) -> FloatVector:
    """Return the features [d] of a recording; silence before and after it plays no part."""
    sounding = trim_silence(recording)
    sound = SoundFrames.from_recording(sounding)
    pieces = [
        _timbre(sound),
        _spectrum(sound),
        _foreground(sound),
        harmony(sound),
        rhythm(sound),
        texture(sound),
        _loudness(sound, sounding),
    ]
    return np.concatenate(pieces).astype(np.float32)


def cepstrum(mel_db: FloatMatrix) -> FloatMatrix:
    """Return mel-frequency cepstral coefficients [n_frames, N_MFCC] of mel decibels."""
    return np.asarray(fft.dct(mel_db, type=2, axis=1, norm="ortho"), dtype=np.float32)[:, :N_MFCC]


def _timbre(sound: SoundFrames) -> FloatVector:
    """Return mean and spread of the cepstra, and spread of their changes, where the sound is loud."""
    coefficients = cepstrum(sound.mel_db)
    change = np.concatenate([_slopes(coefficients[stretch]) for stretch in sound.stretches])
    turn = sound.differences(change)
    loud = sound.level_db > sound.level_db.max() - AUDIBLE_DB
    tracks = coefficients[loud]
    return np.concatenate([tracks.mean(0), tracks.std(0), change[loud].std(0), turn[loud].std(0)])


def _slopes(tracks: FloatMatrix) -> FloatMatrix:
    """Return the slope of a line through each frame and its four neighbours to either side."""
    n = len(tracks)
    padded = np.pad(tracks, ((REACH, REACH), (0, 0)), mode="edge")
    steps = range(1, REACH + 1)
    rise = sum(k * (padded[REACH + k : REACH + k + n] - padded[REACH - k : REACH - k + n]) for k in steps)
    return np.asarray(rise / (2 * sum(k * k for k in steps)), dtype=np.float32)


def _spectrum(sound: SoundFrames) -> FloatVector:
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
    flux = np.sqrt(np.square(sound.differences(share)).sum(axis=1))
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


def _contrasts(sound: SoundFrames, frequencies: FloatVector) -> list[NDArray[np.floating]]:
    """Return for each band the distance in decibels from its valleys to its peaks (Jiang and others 2002)."""
    edges = np.searchsorted(frequencies, CONTRAST_EDGES_HZ)
    edges[-1] = len(frequencies)
    contrasts: list[NDArray[np.floating]] = []
    for start, stop in itertools.pairwise(edges.tolist()):
        band = sound.power[:, start : max(stop, start + 2)]
        n = max(1, round(0.1 * band.shape[1]))
        ordered = np.sort(band, axis=1)
        contrasts.append(decibels(ordered[:, -n:].mean(axis=1)) - decibels(ordered[:, :n].mean(axis=1)))
    return contrasts


def _foreground(sound: SoundFrames) -> FloatVector:
    """Return mean, spread and peaks, by band, of what stands out from a steady background, as logarithms."""
    out = np.concatenate([normalize_channel_energy(sound.mel[stretch]) for stretch in sound.stretches])
    bands = out.reshape(len(out), BANDS, N_MELS // BANDS).mean(axis=2)
    statistics = [bands.mean(axis=0), bands.std(axis=0), np.percentile(bands, 95, axis=0)]
    return np.log(np.concatenate(statistics) + 1e-3)


def _loudness(sound: SoundFrames, recording: Recording) -> FloatVector:
    """Return levels in decibels, dynamics, how loudness is spread over time, and the length [15]."""
    level = sound.level_db
    percentiles = np.percentile(level, LEVELS)
    filled = [float((level > level.max() - below).mean()) for below in LOUD_DB]
    energy = np.square(sound.frames).mean(axis=1)
    when = float((energy * np.linspace(0, 1, len(energy))).sum() / max(float(energy.sum()), FLOOR))
    change = sound.differences(level)
    samples = np.concatenate(recording.stretches)
    crest = float(decibels(np.square(samples).max()) - decibels(np.square(samples).mean()))
    dynamics = [level.mean(), level.std(), np.abs(change).mean(), crest, percentiles[-1] - percentiles[0]]
    return np.array([*percentiles, *filled, *dynamics, when, np.log2(recording.duration_s)])
