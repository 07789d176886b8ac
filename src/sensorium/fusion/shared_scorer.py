"""What several fusions ask: scores and z-scores of a model, each computed once for all who ask the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from typing import Generic, Self, TypeVar

from sensorium.core.arrays import FloatMatrix
from sensorium.fusion.ranks import Ranks, ranked
from sensorium.fusion.zscore import ZScores, zscores
from sensorium.models.base import Declaration, QueryBatch, Scorer

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class QueryPart(QueryBatch):
    """A few queries of a batch: models score the whole batch, fusions put together what fits into a cache."""

    batch: QueryBatch | None = None
    start: int = 0
    """Which query of the batch comes first here."""

    @classmethod
    def of(cls, batch: QueryBatch, start: int, stop: int) -> Self:
        """Return the queries `[start, stop)` of `batch`."""
        part = batch.rows(start, stop)
        found = (part.history, part.users, part.times, part.ratings, part.frequency, part.about)
        return cls(*found, batch=batch, start=start)


class SharedScorer:
    """A fitted model that keeps its answer to the last question, for whoever asks it next."""

    def __init__(self, model: Scorer) -> None:
        self.model = model
        self._scores = _Last[FloatMatrix]()
        self._zscores = _Last[ZScores]()
        self._ranks = _Last[Ranks]()

    @property
    def declaration(self) -> Declaration:
        """What the model is."""
        return self.model.declaration

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the scores of `queries`; not to be written into. Of a part, the whole batch is scored."""
        if isinstance(queries, QueryPart) and queries.batch is not None:
            return self.score(queries.batch)[queries.start : queries.start + len(queries)]
        return self._scores.of(queries, lambda: _kept(self.model.score(queries)))

    def zscores(self, queries: QueryBatch) -> ZScores:
        """Return the z-scores of `queries`; not to be written into."""

        def made() -> ZScores:
            found = zscores(self.score(queries))
            _kept(found.values)
            return found

        return self._zscores.of(queries, made)

    def ranks(self, queries: QueryBatch) -> Ranks:
        """Return the ranks of items, those in the histories not counted; not to be written into."""

        def made() -> Ranks:
            found = ranked(self.score(queries), queries.history)
            _kept(found.values)
            return found

        return self._ranks.of(queries, made)


def _kept(matrix: FloatMatrix) -> FloatMatrix:
    """Return `matrix`, which nobody can write into any more."""
    matrix.flags.writeable = False
    return matrix


class _Last(Generic[AnswerT]):
    """The last question and its answer."""

    def __init__(self) -> None:
        self._held: tuple[QueryBatch, AnswerT] | None = None

    def of(self, queries: QueryBatch, answer: Callable[[], AnswerT]) -> AnswerT:
        """Return the answer to `queries`, made anew if they are not the ones asked last."""
        if self._held is None or self._held[0] is not queries:
            self._held = queries, answer()
        return self._held[1]


def shared_scorers(members: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """Return `members` that several fusions can ask without computing anything twice."""
    return {name: as_shared(member) for name, member in members.items()}


def apart(scorers: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """Return what answers as `scorers` do, for a thread of its own: what they keep is not that of others.

    Members that several of them share are shared again.
    """
    own: dict[int, SharedScorer] = {}

    def copied(scorer: Scorer) -> Scorer:
        if isinstance(scorer, SharedScorer):
            return own.setdefault(id(scorer), SharedScorer(scorer.model))
        members = getattr(scorer, "members", None)
        if is_dataclass(scorer) and not isinstance(scorer, type) and members is not None:
            return replace(scorer, members={name: copied(one) for name, one in members.items()})
        return scorer

    return {name: copied(scorer) for name, scorer in scorers.items()}


def as_shared(model: Scorer) -> SharedScorer:
    """Return what answers as `model` does and keeps its last answer; itself where it does already."""
    return model if isinstance(model, SharedScorer) else SharedScorer(model)


def scorer_zscores(model: Scorer, queries: QueryBatch) -> ZScores:
    """Return the z-scores of `queries`, not to be written into."""
    return model.zscores(queries) if isinstance(model, SharedScorer) else zscores(model.score(queries))


def scorer_ranks(model: Scorer, queries: QueryBatch) -> Ranks:
    """Return the ranks of the items that are not in the histories of `queries`, not to be written into."""
    return (
        model.ranks(queries)
        if isinstance(model, SharedScorer)
        else ranked(model.score(queries), queries.history)
    )
