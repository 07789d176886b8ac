"""Words of scripts without spaces, found by what recurs and holds together in a catalogue."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sensorium.encoders.text.phrases import CharacterRun, Mention

_SHORTEST, _LONGEST = 3, 12
_SHORTEST_HAN, _LONGEST_HAN = 2, 4
_COHESION = 10.0
"""How many times more often than by chance the halves of a word must meet; less where little is written."""
_SWALLOWED = 0.8
"""A run is part of a longer word if that accounts for this share of it."""
Clusters = tuple[str, ...]


def character_words(texts: Iterable[Sequence[CharacterRun]]) -> list[str]:
    """Return the runs of two and more characters that recur, hold together and are not parts of longer ones.

    Level by level, so that only what consists of recurring runs is counted. What holds together meets
    more often than by chance at each place where it could be cut.
    """
    every = [run.clusters for runs in texts for run in runs]
    counts: Counter[Clusters] = Counter(cluster for run in every for cluster in _grams(run, 1))
    total = sum(counts.values())
    level: Mapping[Clusters, int] = counts
    for n in range(2, _LONGEST + 1):
        found = Counter(
            gram for run in every for gram in _grams(run, n) if gram[1:] in level and gram[:-1] in level
        )
        level = {gram: count for gram, count in found.items() if count > 1}
        if not level:
            break
        counts.update(level)
    swallowed: set[Clusters] = set()
    kept: list[Clusters] = []
    for gram in sorted(
        (gram for gram in counts if len(gram) >= _shortest(gram)), key=lambda gram: (-len(gram), gram)
    ):
        if not _holds_together(gram, counts, total):
            continue
        for part in (gram[1:], gram[:-1]):
            if counts[gram] >= _SWALLOWED * counts[part]:
                swallowed.add(part)
        if gram not in swallowed:
            kept.append(gram)
    return sorted("".join(gram) for gram in kept)


def find_character_mentions(run: CharacterRun, words: frozenset[str]) -> Iterator[Mention]:
    """Yield where `words` stand in the run, also within one another."""
    places = [run.start]
    for cluster in run.clusters:
        places.append(places[-1] + len(cluster))
    for first in range(len(run.clusters)):
        for last in range(first + _SHORTEST_HAN, min(first + _LONGEST, len(run.clusters)) + 1):
            shown = "".join(run.clusters[first:last])
            if shown in words:
                yield Mention(shown, shown, places[first], places[last])


def _grams(run: Clusters, n: int) -> Iterator[Clusters]:
    longest = _LONGEST_HAN if _is_han(run) else _LONGEST
    if n <= longest:
        for start in range(len(run) - n + 1):
            yield run[start : start + n]


def _shortest(gram: Clusters) -> int:
    return _SHORTEST_HAN if _is_han(gram) else _SHORTEST


def _is_han(run: Clusters) -> bool:
    return bool(run) and run[0] >= "\u3005"


def _holds_together(gram: Clusters, counts: Mapping[Clusters, int], total: int) -> bool:
    times = min(_COHESION, math.sqrt(total))
    return all(
        counts[gram] * total >= times * counts[gram[:cut]] * counts[gram[cut:]] for cut in range(1, len(gram))
    )
