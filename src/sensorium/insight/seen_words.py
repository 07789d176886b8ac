"""Which seen items are ranked, in words."""

from sensorium.insight.words import ENGLISH_WORDS, Words
from sensorium.ranking.seen_items import ALL, parse_seen


def seen_in_words(seen: object, words: Words = ENGLISH_WORDS) -> str:
    """Return what a rule, as `parse_seen` takes it, means for what is ranked, as a sentence."""
    rule = parse_seen(seen)
    if rule == ALL:
        return words("What users had seen is not ranked.")
    if not rule:
        return words("What users had seen is ranked, too: repeats count.")
    text = "Of what users had seen, that by {types} is not ranked; other repeats count."
    return words(text, types=", ".join(rule))
