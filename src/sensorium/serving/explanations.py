"""Why an item is recommended to somebody: parts that add up, what would change the rank, and a sentence.

The scores are split into parts in `fusion.score_parts`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, overload

import numpy as np

from sensorium.catalog.searches import Searches
from sensorium.core.arrays import BoolVector, FloatVector, shortest_decimal
from sensorium.core.deadline import OutOfTimeError, deadline, require_time
from sensorium.core.item_list import Reason
from sensorium.core.source_kind import SourceKind
from sensorium.core.vocabulary import Id, Vocabulary
from sensorium.fusion.drop_sources import drop_sources
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.source_origins import source_origins
from sensorium.insight.languages import phrases_in
from sensorium.insight.reasons import sentence
from sensorium.insight.words import words_in
from sensorium.models.base import QueryBatch
from sensorium.serving.found_items import with_words
from sensorium.serving.history_events import ToldHistory, with_events

KeyT = TypeVar("KeyT")
VISIBLE = 0.0005
"""Scores are shown with three decimals."""
BASELINE_NOTE = (
    "The baseline is where an item starts of which no source says anything: each source's scores are taken "
    "relative to its average item, and the baseline is the sum of what these averages take off. It is the "
    "same for items that the same sources score with the same weights, so it decides nothing between them."
)
SECOND_LEVEL_NOTE = (
    "The second level orders the best items anew, by how the sources agree, how often an item was chosen and "
    "how long the history is. Its part is the score with it less the score without."
)
RAISING_NOTE = (
    "Without {names} the score rises: the weights of what is left are scaled up to the same sum, and what is "
    "left says more for this item, on average, than what was removed."
)
RAISING_ITEMS_NOTE = "Without {names} the score rises: that part of the history speaks against this item."


@dataclass(frozen=True)
class Counterfactual:
    """The score and rank that the item would have without one thing."""

    without: Id
    """The id of a history item, or a modality, `behaviour` or `popularity`."""
    score: float
    rank: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"without": str(self.without), "score": shortest_decimal(self.score), "rank": self.rank}


@dataclass(frozen=True)
class ItemExplanation(Sequence[Reason]):
    """Why one item scores what it scores for somebody; a sequence of its reasons, which add up to it."""

    item_id: Id
    score: float
    rank: int
    """Among what can be recommended: 1 is best. Equal scores are ranked in the catalogue's order."""
    n_ranked: int
    """How many items are ranked: those not seen and not hidden, and this one."""
    path: str
    """How the score came about: `fusion`, `content` or `popularity`."""
    reasons: tuple[Reason, ...]
    """What each source adds through each history item, largest first."""
    without_items: tuple[Counterfactual, ...]
    """For each of the history items that say most, what would be without it; all else stays."""
    without_modalities: tuple[Counterfactual, ...]
    """For each modality with a weight, what would be without it; the other weights are renormalised.

    Empty where popularity alone answers: it does so whatever is left out.
    """
    titles: Mapping[Id, str] = field(repr=False)
    """Item id -> what to call it, for this item and those of the history."""
    is_complete: bool = True
    """False: a deadline was past, and what would be without something was not computed."""

    @overload
    def __getitem__(self, index: int) -> Reason: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Reason, ...]: ...
    def __getitem__(self, index: int | slice) -> "Reason | tuple[Reason, ...]":
        return self.reasons[index]

    def __iter__(self) -> Iterator[Reason]:
        return iter(self.reasons)

    def __len__(self) -> int:
        return len(self.reasons)

    def by_source(self) -> dict[str, float]:
        """Return the contribution of each source; they add up to the score, and so do those of all `by_`."""
        return _summed((reason.source, reason.contribution) for reason in self.reasons)

    def by_modality(self) -> dict[str, float]:
        """Return the contribution of each modality, with `behaviour`, `popularity` and `baseline`."""
        return _summed((reason.kind.value, reason.contribution) for reason in self.reasons)

    def by_part(self) -> dict[tuple[str, str], float]:
        """Return the contribution of each source's named part, such as `("image:poster", "colours")`.

        What does not divide stands under the empty part.
        """
        cells: list[tuple[tuple[str, str], float]] = []
        for reason in self.reasons:
            if reason.parts:
                cells += [((reason.source, part.name), part.contribution) for part in reason.parts]
            else:
                cells.append(((reason.source, ""), reason.contribution))
        return _summed(cells)

    def by_history_item(self) -> dict[Id | None, float]:
        """Return the contribution through each item of the history; None: through none of them."""
        return _summed((reason.item_id, reason.contribution) for reason in self.reasons)

    def sentence(self, language: str = "en") -> str:
        """Return the reasons as a sentence for people, in English (`en`) or Chinese (`zh`)."""
        return sentence(self.reasons, self.titles, phrases=phrases_in(language))

    def notes(self, language: str = "en") -> list[str]:
        """Return what baseline and second level are, and why the score rises without something, if so."""
        words = words_in(language)
        notes: list[str] = []
        if any(reason.kind is SourceKind.BASELINE for reason in self.reasons):
            notes.append(words(BASELINE_NOTE))
        if any(reason.kind is SourceKind.SECOND_LEVEL for reason in self.reasons):
            notes.append(words(SECOND_LEVEL_NOTE))
        raising = [each.without for each in self.without_modalities if each.score > self.score + VISIBLE]
        if raising:
            names = words(", ").join(words(str(name)) for name in raising)
            notes.append(words(RAISING_NOTE, names=names))
        items = [each.without for each in self.without_items if each.score > self.score + VISIBLE]
        if items:
            names = words(", ").join(
                words("the item itself") if item == self.item_id else self.titles.get(item, str(item))
                for item in items
            )
            notes.append(words(RAISING_ITEMS_NOTE, names=names))
        return notes

    def to_json(self, language: str = "en") -> dict[str, Any]:
        """Return what `sensorium explain --json` prints but for the bundle, its sentence in `language`."""
        parts: dict[str, dict[str, float]] = {}
        for (source, part), value in self.by_part().items():
            parts.setdefault(source, {})[part] = shortest_decimal(value)
        return {
            "item_id": str(self.item_id),
            "score": shortest_decimal(self.score),
            "rank": self.rank,
            "ranked": self.n_ranked,
            "path": self.path,
            "because": self.sentence(language),
            "by_source": {name: shortest_decimal(value) for name, value in self.by_source().items()},
            "by_modality": {name: shortest_decimal(value) for name, value in self.by_modality().items()},
            "by_part": parts,
            "by_history_item": [
                {
                    "item_id": None if item_id is None else str(item_id),
                    "contribution": shortest_decimal(value),
                }
                for item_id, value in self.by_history_item().items()
            ],
            "without_items": [each.to_json() for each in self.without_items],
            "without_modalities": [each.to_json() for each in self.without_modalities],
            "reasons": [reason.to_json() for reason in self],
            "notes": self.notes(language),
        }


@dataclass(frozen=True)
class Question:
    """Who asks about what."""

    query: QueryBatch
    """One row."""
    item: int
    ranked: BoolVector
    """[n_items]: what can be recommended, and the item itself."""
    told: ToldHistory = field(default_factory=ToldHistory)
    """What the user did with the items of the history."""
    searches: Searches | None = None
    """What the user searched for, if anything."""


def explain_item(
    fusion: LateFusion, question: Question, items: Vocabulary, titles: Sequence[str], *, n_items: int
) -> ItemExplanation:
    """Return why the question's item scores what it scores.

    Parameters
    ----------
    fusion
        The fitted recommender.
    items, titles
        The ids of all items and what to call them.
    n_items
        How many history items are left out, one at a time, to see what changes.
    """
    query, item = question.query, question.item
    with deadline(None):  # without these there is no answer
        fused = fusion.scored(query)
        (reasons,) = fusion.explain(query, np.asarray([item]), items, fused=fused)
    (reasons,) = with_events([reasons], [items.id(item)], question.told)
    (reasons,) = with_words([reasons], np.asarray([item]), question.searches)
    reasons = with_given_ids(reasons, items)
    named = [reason.item_id for reason in reasons if reason.item_id is not None]
    rows = items.indices(dict.fromkeys([*named, items.id(item)]))
    path = fused.path_names(0, np.asarray([item]))[0]
    without_items: tuple[Counterfactual, ...] = ()
    without_modalities: tuple[Counterfactual, ...] = ()
    is_complete = True
    try:
        require_time()
        without_items = _without_items(fusion, question, items, _strongest(reasons, n_items))
        without_modalities = () if path == "popularity" else _without_modalities(fusion, question)
    except OutOfTimeError:
        is_complete = False
    return ItemExplanation(
        item_id=items.as_given(items.id(item)),
        score=float(fused.scores[0, item]),
        rank=_rank(fused.scores[0], question),
        n_ranked=int(question.ranked.sum()),
        path=path,
        reasons=reasons,
        without_items=without_items,
        without_modalities=without_modalities,
        titles={items.as_given(items.id(int(row))): titles[int(row)] for row in rows},
        is_complete=is_complete,
    )


def _summed(cells: Iterable[tuple[KeyT, float]]) -> dict[KeyT, float]:
    sums: dict[KeyT, float] = {}
    for key, value in cells:
        sums[key] = sums.get(key, 0.0) + float(value)
    return sums


def with_given_ids(reasons: Sequence[Reason], items: Vocabulary) -> tuple[Reason, ...]:
    """Return `reasons`, whose ids are text, with ids in the type in which those of `items` came."""
    if not items.integer:
        return tuple(reasons)
    return tuple(
        reason if reason.item_id is None else replace(reason, item_id=items.as_given(str(reason.item_id)))
        for reason in reasons
    )


def _strongest(reasons: Sequence[Reason], n_items: int) -> list[Id]:
    """Return the history items that add or take away most, the strongest first."""
    sums = _summed((r.item_id, r.contribution) for r in reasons if r.item_id is not None)
    return sorted(sums, key=lambda item_id: -abs(sums[item_id]))[:n_items]


def _rank(scores: FloatVector, question: Question) -> int:
    """Return the place of the item among what is ranked, best first, ties in the order of the catalogue."""
    own = scores[question.item]
    ahead = question.ranked & (scores > own)
    tied = question.ranked[: question.item] & (scores[: question.item] == own)
    return 1 + int(ahead.sum()) + int(tied.sum())


def _without_items(
    fusion: LateFusion, question: Question, items: Vocabulary, left_out: Sequence[Id]
) -> tuple[Counterfactual, ...]:
    found: list[Counterfactual] = []
    for item_id in left_out:
        scores = fusion.score(_without_item(question.query, items.index(item_id)))[0]
        found.append(Counterfactual(item_id, float(scores[question.item]), _rank(scores, question)))
    return tuple(found)


def _without_modalities(fusion: LateFusion, question: Question) -> tuple[Counterfactual, ...]:
    origins = source_origins(fusion.members, fusion.sources)
    groups: dict[str, list[str]] = {}
    for member in fusion.config.members:
        if member.is_heard(fusion.kind(member.name)):
            for source in fusion.sources(member.name):
                groups.setdefault(origins[source].kind.value, []).append(source)
    found: list[Counterfactual] = []
    for modality, names in groups.items():
        scores = drop_sources(fusion, names).score(question.query)[0]
        found.append(Counterfactual(modality, float(scores[question.item]), _rank(scores, question)))
    return tuple(found)


def _without_item(query: QueryBatch, item: int) -> QueryBatch:
    """Return the one query without `item` in its history."""
    return query.having(query.history.indices != item)
