"""What a score of quality says: its meaning, what is better, what is noted."""

from sensorium.insight.words import words_in

_TRACK = "sound_"
"""Begins the names of what is measured of a clip's sound track."""


def describe_score(name: str, meaning: str, better: str, limit: float | None, *, language: str = "en") -> str:
    """Return what a score says, such as "sharpness lost; lower is better, noted above 0.6".

    Parameters
    ----------
    name, meaning
        The measure and its meaning in English.
    better
        `higher` or `lower`.
    limit
        What lies beyond is noted; None if nothing is.
    language
        `en` or `zh`; `ConfigError` for any other.
    """
    words = words_in(language)
    said = words(meaning)
    if name.startswith(_TRACK):
        said = words("sound track: {meaning}", meaning=said)
    if limit is None:
        return words("{meaning}; nothing is noted by it", meaning=said)
    if better == "lower":
        return words("{meaning}; lower is better, noted above {limit:g}", meaning=said, limit=limit)
    return words("{meaning}; higher is better, noted below {limit:g}", meaning=said, limit=limit)
