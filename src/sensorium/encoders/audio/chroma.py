"""Which tones a sound is made of, and its key, such that near keys lie near one another."""

from functools import cache

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.audio.frames import SoundFrames
from sensorium.encoders.audio.spectrum import FLOOR, pitch_class_filters

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each tone fits a key, from its tonic upwards (Krumhansl and Kessler 1982)."""
SHARPNESS = 10.0
"""How much keys that fit a little worse count when a key is placed on the circle of fifths."""
N_HARMONY = 12 * 2 + 2 + 6 * 2 + 4


def harmony(sound: SoundFrames) -> FloatVector:
    """Return pitch classes, how tonal and changeable they are, tonal centroid, and key [N_HARMONY]."""
    chroma = sound.power @ pitch_class_filters(sound.rate_hz).T
    loud = chroma.sum(axis=1)
    chroma = chroma / np.maximum(chroma.max(axis=1, keepdims=True), FLOOR)
    chroma *= (loud > FLOOR)[:, None]
    share = chroma / np.maximum(chroma.sum(axis=1, keepdims=True), FLOOR)
    entropy = -(share * np.log(share + FLOOR)).sum(axis=1)
    change = np.abs(sound.differences(share)).sum(axis=1)
    centroid = tonal_centroid(share)
    spread = [entropy.mean(), change.mean()]
    pitch = [chroma.mean(0), chroma.std(0), spread, centroid.mean(0), centroid.std(0)]
    return np.concatenate([*pitch, key(chroma.mean(0))])


def tonal_centroid(share: FloatMatrix) -> FloatMatrix:
    """Return where pitch classes [n, 12] lie on the circles of fifths and both thirds [n, 6].

    Harte, Sandler and Gasser 2006: sine and cosine on each circle, major thirds at half the radius.
    """
    step = np.arange(12) * np.pi / 6
    circles = [radius * wave(turns * step) for turns, radius in ((7, 1), (9, 1), (4, 0.5)) for wave in _WAVES]
    return share @ np.array(circles, dtype=np.float32).T


_WAVES = (np.sin, np.cos)


def key(profile: FloatVector) -> FloatVector:
    """Return sine and cosine of the key on the circle of fifths, major less minor, and strength [4].

    The correlations of pitch classes [12] with the profiles of the 24 keys (Krumhansl 1990) weigh their
    places. A minor key lies where its relative major does, so that keys with common tones are neighbours;
    a sound without a key lies near the middle.
    """
    fit = key_fits(profile)
    weight = np.exp(SHARPNESS * (fit - fit.max()))
    places = 7 * (np.arange(24) % 12 + np.repeat([0, 3], 12)) * np.pi / 6
    around = [float((weight * wave(places)).sum() / weight.sum()) for wave in _WAVES]
    return np.array([*around, fit[:12].max() - fit[12:].max(), fit.max()])


def key_fits(profile: FloatVector) -> FloatVector:
    """Return the correlation of pitch classes [12] with each key [24]: C major to B major, C minor on."""
    centred = profile - profile.mean()
    return _key_profiles() @ (centred / max(float(np.linalg.norm(centred)), FLOOR))


@cache
def _key_profiles() -> FloatMatrix:
    """Return the profiles of the 24 keys [24, 12], each centred and of unit length."""
    rolled = np.array([np.roll(scale, tonic) for scale in (MAJOR, MINOR) for tonic in range(12)])
    rolled -= rolled.mean(axis=1, keepdims=True)
    return rolled / np.linalg.norm(rolled, axis=1, keepdims=True)
