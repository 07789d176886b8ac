"""Plays the sound of a postcard: a few seconds of one of eight instruments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono [n_samples] float32 in [-1, 1]."""

SAMPLE_RATE_HZ = 16_000
DURATION_S = 3.2
SCALES: Mapping[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 7, 9, 12),
    "minor": (0, 3, 5, 7, 10, 12),
    "dreamy": (0, 2, 6, 7, 11, 12),
}
"""Semitones above the root that a tune may use."""


@dataclass(frozen=True)
class Instrument:
    """How one instrument sounds and what it tends to play."""

    name: str
    note: Callable[[float, float, np.random.Generator], Samples]
    """(pitch in Hz, length in s, chance) -> samples of one note."""
    lowest: int
    """The lowest root, in semitones above A2 (110 Hz)."""
    notes_per_s: tuple[float, float]
    chord: int = 1
    """Notes that begin together."""
    length: float = 1.6
    """Length of a note as a multiple of the time to the next."""


def render_sound(instrument: Instrument, rng: np.random.Generator) -> Samples:
    """Return a short tune on `instrument`, with a little room around it."""
    n_samples = int(DURATION_S * SAMPLE_RATE_HZ)
    mixed = np.zeros(n_samples, dtype=np.float32)
    scale = list(SCALES.values())[rng.integers(len(SCALES))]
    root = instrument.lowest + int(rng.integers(0, 7))
    step_s = 1 / rng.uniform(*instrument.notes_per_s)
    degree = int(rng.integers(len(scale)))
    for start_s in np.arange(0, DURATION_S - 0.1, step_s):
        degree = int(np.clip(degree + rng.integers(-2, 3), 0, len(scale) - 1))
        for voice in range(instrument.chord):
            semitones = root + scale[(degree + 2 * voice) % len(scale)]
            note = instrument.note(110 * 2 ** (semitones / 12), step_s * instrument.length, rng)
            start = int(start_s * SAMPLE_RATE_HZ)
            stop = min(start + len(note), n_samples)
            mixed[start:stop] += note[: stop - start] * np.float32(rng.uniform(0.7, 1.0))
    return _mastered(_with_echo(mixed, rng))


def _with_echo(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return the samples with a handful of fading echoes."""
    wet = samples.copy()
    for echo in range(1, 6):
        delay = int((0.045 * echo + rng.uniform(0, 0.03)) * SAMPLE_RATE_HZ)
        wet[delay:] += samples[:-delay] * np.float32(0.28 * 0.7**echo)
    return wet


def _mastered(samples: Samples) -> Samples:
    """Return the samples at a common loudness, faded at both ends."""
    from_start_s = np.arange(len(samples), dtype=np.float32) / SAMPLE_RATE_HZ
    faded = samples * np.minimum(1, np.minimum(from_start_s / 0.02, from_start_s[::-1] / 0.25))
    loudness = float(np.sqrt(np.mean(faded**2))) or 1.0
    return np.tanh(faded * (0.13 / loudness)).astype(np.float32)


def _seconds(length_s: float) -> NDArray[np.float32]:
    return np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)


def _partials(time_s: Samples, pitch_hz: float, shares: tuple[tuple[float, float], ...]) -> Samples:
    """Return a sum of sines: `shares` are pairs of multiple of the pitch and strength."""
    tone = np.zeros(len(time_s), dtype=np.float32)
    for multiple, strength in shares:
        if pitch_hz * multiple < SAMPLE_RATE_HZ * 0.45:
            tone += np.float32(strength) * np.sin(np.float32(2 * np.pi * pitch_hz * multiple) * time_s)
    return tone


def _swell(time_s: Samples, attack_s: float, release_s: float) -> Samples:
    """Return an envelope that rises, stays, and falls to zero at the end."""
    left_s = time_s[-1] - time_s
    return np.minimum(1, np.minimum(time_s / attack_s, left_s / release_s)).astype(np.float32)


def _harp(pitch_hz: float, length_s: float, _rng: np.random.Generator) -> Samples:
    time_s = _seconds(max(length_s, 0.9))
    tone = np.zeros(len(time_s), dtype=np.float32)
    for k in range(1, 7):
        tone += _partials(time_s, pitch_hz, ((k, 1 / k),)) * np.exp(-time_s * (1.5 + 1.3 * k))
    return tone


def _music_box(pitch_hz: float, length_s: float, _rng: np.random.Generator) -> Samples:
    time_s = _seconds(max(length_s, 0.7))
    return _partials(time_s, pitch_hz, ((1, 1.0), (3.0, 0.25), (5.4, 0.18))) * np.exp(-4 * time_s)


def _bells(pitch_hz: float, length_s: float, _rng: np.random.Generator) -> Samples:
    time_s = _seconds(max(length_s, 1.8))
    slow = _partials(time_s, pitch_hz, ((0.5, 0.6), (1.0, 1.0), (1.19, 0.5))) * np.exp(-1.6 * time_s)
    quick = _partials(time_s, pitch_hz, ((2.0, 0.5), (2.74, 0.45), (3.76, 0.35), (5.1, 0.2)))
    return slow + quick * np.exp(-4 * time_s)


def _marimba(pitch_hz: float, _length_s: float, _rng: np.random.Generator) -> Samples:
    time_s = _seconds(0.4)
    knock = _partials(time_s, pitch_hz, ((4.0, 0.35), (9.2, 0.12))) * np.exp(-30 * time_s)
    return _partials(time_s, pitch_hz, ((1, 1.0),)) * np.exp(-11 * time_s) + knock


def _flute(pitch_hz: float, length_s: float, rng: np.random.Generator) -> Samples:
    time_s = _seconds(length_s)
    vibrato = 1 + 0.004 * np.sin(2 * np.pi * 5.2 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz * vibrato) / SAMPLE_RATE_HZ
    breath = rng.normal(size=len(time_s)).astype(np.float32) * 0.07
    tone = np.sin(phase) + 0.18 * np.sin(2 * phase) + 0.07 * np.sin(3 * phase) + breath
    return (tone * _swell(time_s, 0.08, 0.1)).astype(np.float32)


def _accordion(pitch_hz: float, length_s: float, _rng: np.random.Generator) -> Samples:
    time_s = _seconds(length_s)
    reeds = tuple((k, 1 / k**0.8) for k in range(1, 10))
    two = _partials(time_s, pitch_hz, reeds) + _partials(time_s, pitch_hz * 1.006, reeds)
    return two * _swell(time_s, 0.05, 0.06) * 0.4


def _strings(pitch_hz: float, length_s: float, _rng: np.random.Generator) -> Samples:
    time_s = _seconds(length_s)
    bowed = tuple((k, 1 / k**1.5) for k in range(1, 7))
    three = sum(_partials(time_s, pitch_hz * detune, bowed) for detune in (0.997, 1.0, 1.004))
    return np.asarray(three, dtype=np.float32) * _swell(time_s, 0.35, 0.4) * 0.5


def _drums(pitch_hz: float, _length_s: float, rng: np.random.Generator) -> Samples:
    time_s = _seconds(0.35)
    if rng.uniform() < 0.5:
        sweep_hz = 55 + 0.6 * pitch_hz * np.exp(-25 * time_s)
        return (np.sin(2 * np.pi * np.cumsum(sweep_hz) / SAMPLE_RATE_HZ) * np.exp(-9 * time_s)).astype(
            np.float32
        )
    noise = np.diff(rng.normal(size=len(time_s) + 1)).astype(np.float32)
    return noise * np.exp(-float(rng.choice([18, 45])) * time_s) * np.float32(0.5)


INSTRUMENTS = (
    Instrument("harp", _harp, lowest=12, notes_per_s=(3.0, 5.0)),
    Instrument("music box", _music_box, lowest=36, notes_per_s=(3.5, 6.0)),
    Instrument("bells", _bells, lowest=17, notes_per_s=(0.9, 1.6), length=2.5),
    Instrument("marimba", _marimba, lowest=10, notes_per_s=(4.5, 7.5)),
    Instrument("flute", _flute, lowest=26, notes_per_s=(1.6, 3.0), length=1.05),
    Instrument("accordion", _accordion, lowest=8, notes_per_s=(1.5, 3.0), chord=3, length=0.95),
    Instrument("strings", _strings, lowest=-2, notes_per_s=(0.6, 0.9), chord=3, length=1.5),
    Instrument("drums", _drums, lowest=0, notes_per_s=(4.0, 8.0)),
)
"""Every instrument; which one an item has is its trait for the ear."""
