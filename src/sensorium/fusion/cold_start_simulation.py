"""What cold weights are learnt from: items whose events are hidden, as if they were new."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, SparseMatrix
from sensorium.core.sparse import keep_entries, merge_entries, row_counts
from sensorium.features.block import OF_EVENTS, FeatureBlock
from sensorium.fusion.fit_members import fit_members
from sensorium.fusion.later_queries import stacked
from sensorium.fusion.validation_scores import ValidationScores, rescore, validation_scores
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, ValidationData

HIDDEN_SHARE = 0.2
"""Of the items with events, those whose events are hidden."""
MAX_ASKING = 1_000
"""People who are asked about hidden items, and as many queries of validation: random samples of more."""
FEWEST_ASKING = 10


@dataclass(frozen=True)
class ColdStartScores:
    """Cached scores of queries that know nothing of the events of some items."""

    alone: ValidationScores
    """Content sources, which rank the hidden items alone for people who liked some of them."""
    among: ValidationScores | None
    """All sources, which rank hidden items among the others, for validation queries; of the hidden ones
    content alone knows. Each asks twice: for what validation holds, where hidden items are as rare as items
    without events may become; and for all their events on hidden items beside it, where they are many.
    Items that nobody has used yet are not ranked: nothing tells how they will do, and the hidden ones stand
    for them. None if no such query has a history."""
    n_natural: int
    """So many queries of `among`, the first, ask for what validation holds; the rest for hidden items too."""
    asking: QueryBatch
    """The queries of `alone`."""
    later: QueryBatch
    """The queries of `among`."""
    shown: TrainingData
    """What is left to learn from."""

    @classmethod
    def of(
        cls,
        members: Mapping[str, Recommender[Any]],
        data: TrainingData,
        validation: ValidationData,
        *,
        seed: int = 0,
    ) -> Self | None:
        """Return the scores where a random part of the items has no events; None if too few can be asked.

        Members that learn from events and score items without any are fitted again without those events;
        members of behaviour are not, since they say nothing of hidden items.
        """
        content = {name: member for name, member in members.items() if member.traits.kind == "content"}
        hidden = _drawn(data, seed)
        asking = _asking(data, hidden, seed)
        if not content or len(asking) < FEWEST_ASKING:
            return None
        shown = _without(data, hidden)
        options = FitOptions(seed=seed)
        again = {name: content[name] for name in fitted_again(content, data)}
        content |= fit_members({name: type(one)(one.config) for name, one in again.items()}, shown, options)
        alone = validation_scores(content, asking, seed=seed, ranked=hidden)
        natural = _forgetting(validation, hidden).sample(MAX_ASKING, seed)
        later = stacked(natural, _revealed(natural, data, hidden))
        among = None
        if len(later):
            used = data.seen_items
            used[np.unique(later.relevant.indices)] = True
            among = validation_scores({**members, **content}, later, seed=seed, ranked=used, hidden=hidden)
        return cls(alone, among, len(natural), asking.queries, later.queries, shown)

    def only(self, names: list[str]) -> Self:
        """Return the scores of the sources `names`."""
        content = [name for name in names if name in self.alone.names]
        among = None if self.among is None else self.among.only(names)
        return replace(self, alone=self.alone.only(content), among=among)

    def refitted(self, members: Mapping[str, Recommender[Any]], shown: TrainingData, seed: int) -> Self:
        """Return the scores that unfitted `members` give once they have learnt from `shown`."""
        content = fit_members(members, shown, FitOptions(seed=seed))
        among = None if self.among is None else rescore(self.among, content, self.later)
        return replace(self, alone=rescore(self.alone, content, self.asking), among=among, shown=shown)


def fitted_again(members: Mapping[str, Recommender[Any]], data: TrainingData) -> list[str]:
    """Return which of `members` are content that learns from events, be it by a block that was learnt so."""
    of_events = [name for name, block in data.blocks.items() if OF_EVENTS in block.spec]
    return [
        name
        for name, member in members.items()
        if member.traits.kind == "content"
        and (member.traits.learns_from_events or any(member.reads(block) for block in of_events))
    ]


def _drawn(data: TrainingData, seed: int) -> BoolVector:
    """Return which items [n_items] are hidden."""
    used = np.flatnonzero(data.seen_items)
    hidden = np.zeros(data.n_items, dtype=np.bool_)
    hidden[np.random.default_rng(seed).permutation(used)[: round(HIDDEN_SHARE * len(used))]] = True
    return hidden


def _asking(data: TrainingData, hidden: BoolVector, seed: int) -> ValidationData:
    """Return people who liked hidden items and others, asked about the hidden ones."""
    is_hidden = hidden[data.interactions.indices]
    relevant = keep_entries(data.interactions, is_hidden)
    shown = _without(data, hidden)
    users = np.flatnonzero((row_counts(relevant) > 0) & (row_counts(shown.interactions) > 0))
    if len(users) > MAX_ASKING:
        users = np.sort(np.random.default_rng(seed).choice(users, MAX_ASKING, replace=False))
    queries = QueryBatch.of_users(shown, users)
    return ValidationData(queries, relevant[users], queries.history)


def _without(data: TrainingData, hidden: BoolVector) -> TrainingData:
    """Return the data without any event of the items `hidden`."""
    shown = data.map_matrices(lambda matrix: _shown(matrix, hidden))
    return replace(shown, blocks={name: _unsaid(block, hidden) for name, block in data.blocks.items()})


def _unsaid(block: FeatureBlock, hidden: BoolVector) -> FeatureBlock:
    """Return the block, without the rows of items `hidden` if it was learnt from events."""
    if OF_EVENTS not in block.spec:
        return block
    values = np.where(hidden[:, None], np.float32(0), block.values)
    return replace(block, values=values, present=block.present & ~hidden)


def _forgetting(validation: ValidationData, hidden: BoolVector) -> ValidationData:
    """Return the queries that still have a history when the items `hidden` are taken from it."""
    queries = validation.queries
    return replace(validation, queries=queries.having(~hidden[queries.history.indices])).with_history()


def _revealed(validation: ValidationData, data: TrainingData, hidden: BoolVector) -> ValidationData:
    """Return the queries asked also for the hidden items that were liked in training."""
    liked = sparse.csr_array(data.interactions[validation.queries.users])
    liked = keep_entries(liked, hidden[liked.indices])
    return replace(
        validation,
        relevant=merge_entries(validation.relevant, liked, keep="later"),
        masked=_shown(validation.masked, hidden),
        times=None,
    )


def _shown(matrix: SparseMatrix, hidden: BoolVector) -> SparseMatrix:
    return keep_entries(matrix, ~hidden[matrix.indices])
