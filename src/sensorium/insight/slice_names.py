"""What the slices of an evaluation hold, in words."""

from collections.abc import Mapping

from sensorium.insight.words import ENGLISH_WORDS, Words

SLICE_NAMES: Mapping[str, str] = {
    "warm": "items with training events",
    "cold": "items without training events",
    "repeats": "items that the user had met before",
    "first_time": "items that were new to the user",
    "warm_users": "users with a history",
    "cold_users": "users without a history",
}


def slice_name(name: str, words: Words = ENGLISH_WORDS) -> str:
    """Return what a slice holds, in words."""
    if name.startswith("history:"):
        first, _, last = name.removeprefix("history:").partition("-")
        if not last:
            return words("users with {first} items in their history", first=first)
        return words("users with {first} to {last} items in their history", first=first, last=last)
    if name.startswith("user:"):
        return words("users with {group}", group=name.removeprefix("user:"))
    return words(SLICE_NAMES.get(name, name))
