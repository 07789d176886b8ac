"""Titles and descriptions of places that do not exist, from the phrases in `phrases.toml`."""

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

CHOICE = re.compile(r"\[([^\[\]]*)\]")


def _read_phrases() -> dict[str, Any]:
    text = resources.files("sensorium.demo").joinpath("phrases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


PHRASES = _read_phrases()
SUBJECTS: tuple[str, ...] = tuple(PHRASES["subjects"])
"""What a postcard can be about."""


@dataclass(frozen=True)
class Words:
    """What is written on one postcard."""

    place: str
    title: str
    description: str


def place_names(n: int, rng: np.random.Generator) -> list[str]:
    """Return `n` different names of places; after all pairs are used up they get a numeral's prefix."""
    pairs = [f"{start}{end}" for start in PHRASES["place_starts"] for end in PHRASES["place_ends"]]
    names = [pairs[index] for index in rng.permutation(len(pairs))]
    rounds = ("", "Upper ", "Lower ", "Little ", "Great ", "Old ", "New ")
    if n > len(names) * len(rounds):
        raise ValueError(f"there are names for {len(names) * len(rounds)} places, not for {n}")
    return [f"{prefix}{name}" for prefix in rounds for name in names][:n]


def write_words(subject: str, place: str, rng: np.random.Generator) -> Words:
    """Return the words of a postcard: three sentences about `subject` and one for anywhere."""
    phrases = PHRASES["subjects"][subject]
    about = rng.choice(len(phrases["sentences"]), size=3, replace=False)
    sentences = [phrases["sentences"][index] for index in about]
    anywhere = PHRASES["anywhere"][rng.integers(len(PHRASES["anywhere"]))]
    sentences.insert(int(rng.integers(1, 4)), anywhere)
    title = phrases["titles"][rng.integers(len(phrases["titles"]))]
    return Words(place, f"{title}, {place}", " ".join(fill_phrase(s, place, rng) for s in sentences))


def fill_phrase(phrase: str, place: str, rng: np.random.Generator) -> str:
    """Return `phrase` with one option taken for each "[a|b]" and the name of the place put in."""

    def one_of(match: re.Match[str]) -> str:
        options = match.group(1).split("|")
        return options[rng.integers(len(options))]

    return CHOICE.sub(one_of, phrase).replace("{place}", place)


def user_names(n: int, rng: np.random.Generator) -> list[str]:
    """Return `n` different user ids such as `nora.k`."""
    letters = "abcdefghijklmnoprstuvwyz"
    pairs = [f"{name}.{letter}" for name in PHRASES["first_names"] for letter in letters]
    names = [pairs[index] for index in rng.permutation(len(pairs))]
    return [names[i % len(names)] + (str(i // len(names) + 1) if i >= len(names) else "") for i in range(n)]
