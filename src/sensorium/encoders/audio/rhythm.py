"""How a sound is laid out in time: its beat, and how its bands flutter."""

import itertools

import numpy as np
from scipy.ndimage import median_filter

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.audio.frames import N_MELS, SoundFrames
from sensorium.encoders.audio.spectrum import FLOOR

LAGS_S = np.geomspace(0.2, 2.0, 24)
"""Periods at which the onsets are compared with themselves: 300 down to 30 beats a minute."""
USUAL = np.exp(-0.5 * np.square(np.log2(0.5 / LAGS_S)))
"""How usual each period is as a beat, of which 120 a minute is the middle (Ellis 2007): half and double
tempo fit nearly as well, and this decides between them."""
N_RHYTHM = len(LAGS_S) + 4
FLUTTER_BANDS = 8
FLUTTER_EDGES_HZ = (0.3, 1, 2, 4, 8, 16, 21.6)
FLUTTER_FRAMES = 256
"""About six seconds, over which rises and falls of a band are told by their rate."""
MEDIAN_FRAMES, MEDIAN_BANDS = 9, 17
"""Every other frame over 0.4 s, and mel bands, whose medians tell what is held from what strikes."""
N_TEXTURE = FLUTTER_BANDS * (len(FLUTTER_EDGES_HZ) - 1) + 5


def rhythm(sound: SoundFrames) -> FloatVector:
    """Return the similarity of the onsets to themselves by period, tempo, beat, density, bursts [N_RHYTHM].

    The tempo is in octaves above 60 beats a minute, the beat's strength that similarity at its period, the
    density the logarithm of one more than the onsets a second.
    """
    rise = np.maximum(sound.differences(sound.mel_db), 0).mean(axis=1)
    parts = [rise[stretch] for stretch in sound.stretches]
    likeness = np.mean([_likeness(part, sound.frames_per_s) for part in parts], axis=0)
    best = int(np.argmax(np.maximum(likeness, 0) * USUAL))
    threshold = rise.mean() + rise.std()
    n_onsets = sum(_n_peaks(part, threshold) for part in parts)
    density = n_onsets / (len(rise) / sound.frames_per_s)
    burst = rise.std() / max(float(rise.mean()), 1e-3)
    return np.array(
        [*likeness, np.log2(1 / LAGS_S[best]), likeness[best], np.log1p(density), np.log1p(burst)]
    )


def _likeness(rise: FloatVector, frames_per_s: float) -> FloatVector:
    """Return the autocorrelation of the onsets at each of `LAGS_S`."""
    centred = rise - rise.mean()
    n = 1 << (2 * len(centred)).bit_length()  # twice the length: no wrapping around
    likeness = np.fft.irfft(np.square(np.abs(np.fft.rfft(centred, n))), n)[: len(centred)]
    likeness = likeness / max(float(likeness[0]), FLOOR)
    lags_s = np.arange(len(likeness)) / frames_per_s
    return np.interp(LAGS_S, lags_s, likeness, right=0.0).astype(np.float32)


def _n_peaks(rise: FloatVector, threshold: float) -> int:
    middle = rise[1:-1]
    return int(((middle > rise[:-2]) & (middle >= rise[2:]) & (middle > threshold)).sum())


def texture(sound: SoundFrames) -> FloatVector:
    """Return how strongly bands rise and fall at each rate, and how much is held, how much strikes."""
    flutter = np.mean([_flutter(sound, stretch) for stretch in sound.stretches], axis=0)
    mel = [sound.mel[stretch][::2] for stretch in sound.stretches]
    power, held = np.concatenate(mel), np.concatenate([_sustained_shares(one) for one in mel])
    shares = [(held * power).sum() / max(float(power.sum()), FLOOR), held.mean(), held.std()]
    return np.concatenate([flutter, shares, [held.mean(axis=1).std(), held.mean(axis=0).std()]])


def _flutter(sound: SoundFrames, stretch: slice) -> FloatVector:
    """Return the logarithm of the power of level changes by rate and band [rates * bands]."""
    from scipy.signal import welch  # takes half a second to load

    mel_db = sound.mel_db[stretch]
    bands = mel_db.reshape(len(mel_db), FLUTTER_BANDS, N_MELS // FLUTTER_BANDS).mean(axis=2)
    rates_hz, power = welch(
        bands,
        fs=sound.frames_per_s,
        nperseg=min(FLUTTER_FRAMES, len(bands)),
        nfft=FLUTTER_FRAMES,
        axis=0,
    )
    edges = np.searchsorted(rates_hz, FLUTTER_EDGES_HZ).tolist()
    return np.log(
        [power[start:stop].mean(axis=0) + 1e-3 for start, stop in itertools.pairwise(edges)]
    ).ravel()


def _sustained_shares(mel: FloatMatrix) -> FloatMatrix:
    """Return the share of each cell that goes on in time rather than across bands (Fitzgerald 2010)."""
    magnitude = np.sqrt(mel)
    along = np.square(median_filter(magnitude, (MEDIAN_FRAMES, 1)))
    across = np.square(median_filter(magnitude, (1, MEDIAN_BANDS)))
    return along / (along + across + FLOOR)
