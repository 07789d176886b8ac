"""What a block of features is worth for recommending: beside the behaviour, alone, for items without events.

Only events before the test are looked at. Users are dealt into two halves; whatever is chosen or learnt on
the held-back events of one half (neighbours, weights) is judged on the other.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from sensorium.catalog.events import Events
from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector, SparseMatrix
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.core.sparse import row_counts
from sensorium.evaluation import splits
from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.judge import Judge, judge_together
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.evaluation.slices import restricted
from sensorium.evaluation.splits import Split, TuningView
from sensorium.features.block import FeatureBlock
from sensorium.fusion.auto import DEFAULT_AUTO, AutoConfig, AutoFit, fit_auto
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.member_selection import MemberSpec
from sensorium.fusion.plan import Effort
from sensorium.fusion.search_schedule import search_model
from sensorium.models.base import FitOptions, QueryBatch, Recommender, TrainingData, ValidationData
from sensorium.models.content_knn import ContentKNN
from sensorium.serving.event_data import event_data
from sensorium.training.training_data import validation_data

K = 20
NDCG, RECALL = f"ndcg@{K}", f"recall@{K}"
FEWEST_USERS = 200
"""With fewer users to judge by than this, the last events of every user are held back instead."""
MAX_USERS = 3_000
"""Users that are judged, a random sample of more."""
HIDDEN_SHARE = 0.2
"""Of the items with events, those whose events are hidden to judge what is new."""
MIXTURE = "shrunk"
"""How weights are learnt where one model of behaviour alone did best: content must get a say."""
BEHAVIOUR_SECONDS = 20.0
"""How long the models of behaviour are tuned."""
SECONDS_EACH = 10.0
"""How long the neighbours of one block are tuned in each half."""

Scores = Callable[[QueryBatch], FloatMatrix]


@dataclass(frozen=True)
class FeatureGain:
    """What one block is worth."""

    gain: Interval
    """NDCG@20 of behaviour and block together, minus that of behaviour, paired by user."""
    together: EvaluationResult = field(repr=False)
    """Behaviour and block together."""
    alone: EvaluationResult = field(repr=False)
    """The block alone, on the same users."""
    new: EvaluationResult | None = field(repr=False)
    """The block alone, ranking the items whose events were hidden; None if there are too few."""

    def over(self, other: "FeatureGain") -> Interval:
        """Return by how much more this one adds than the other, paired by user."""
        return paired_difference(self.together, other.together, NDCG)


@dataclass(frozen=True)
class _Panel:
    """Users who are asked about, each belonging to one of two halves."""

    histories: TrainingData
    """What they knew; without blocks."""
    judge: Judge
    half: IntVector
    """[n_users]: 0 or 1."""
    ranked: BoolVector | None = None
    """[n_items]: the items that are ranked; None: all."""

    def result(self, name: str, scores: Sequence[Scores]) -> EvaluationResult:
        """Return how the lists are; `scores[h]` answers the users of half h."""
        judge = self.judge.fresh()
        for side, score in enumerate(scores):

            def answer(rows: IntVector, score: Scores = score) -> Iterator[tuple[str, FloatMatrix]]:
                values = score(QueryBatch.of_users(self.histories, rows))
                if self.ranked is not None:
                    values[:, ~self.ranked] = np.nan
                yield name, values

            judge_together({name: judge}, answer, judge.rows[self.half[judge.rows] == side])
        return judge.result(name)


@dataclass(frozen=True)
class Baseline:
    """What blocks are measured against: models of behaviour, and users with held-back events."""

    held_back: str
    """Which events were held back, in words."""
    behaviour: AutoFit
    """The models of behaviour, tuned on all held-back events."""
    base: EvaluationResult = field(repr=False)
    """The behaviour alone."""
    chance: EvaluationResult | None = field(repr=False)
    """A random order of the items whose events were hidden; None if they are too few."""
    train: TrainingData = field(repr=False)
    """What the behaviour was learnt from; without blocks."""
    others: Sequence[ValidationData] = field(repr=False)
    """For each half, the held-back events of the other one, to choose and learn on."""
    methods: Sequence[str]
    """For each half, how weights are learnt: as did best for the behaviour alone."""
    panel: _Panel = field(repr=False)
    """The users of both halves."""
    new: _Panel | None = field(repr=False)
    """Users and the items whose events were hidden."""

    @classmethod
    def of(
        cls,
        tuning: TuningView,
        *,
        seed: int = 0,
        seconds: float = BEHAVIOUR_SECONDS,
        progress: Progress = SILENT,
    ) -> Self:
        """Return the baseline that events before the test give; its models are tuned for `seconds`.

        Raises
        ------
        DataError
            If too few users have both a history and something liked that was held back.
        """
        view, held_back = _held_back(tuning, seed)
        train = event_data(view.train)
        asking = _asking(train, view, seed)
        half = np.random.default_rng(seed).permutation(train.n_users) % 2
        halves = [asking.rows(np.flatnonzero(half[asking.queries.users] == side)) for side in (0, 1)]
        if min(map(len, halves)) < 2:
            raise DataError(
                f"only {len(asking)} users have a history and liked something after it",
                where="events",
                remedy="Bring more events",
            )
        options = FitOptions(seed=seed, progress=progress)
        behaviour = fit_auto(train, asking, options, AutoConfig(seconds=seconds))
        panel = _Panel(train, _judge(train, asking), half)
        others = halves[::-1]
        tuned = [_tuned(behaviour, {}, other, seed) for other in others]
        base = panel.result("behaviour", [tuning.fusion.score for tuning in tuned])
        methods = [MIXTURE if t.learnt.method == "single" else t.learnt.method for t in tuned]
        new = _hidden(Events.concat(view.train, view.validation), half, seed)
        chance = None if new is None else new.result("chance", [_indifferent] * 2)
        return cls(held_back, behaviour, base, chance, train, others, methods, panel, new)

    def worth(self, block: FeatureBlock, *, seed: int = 0) -> FeatureGain:
        """Return what `block`, scaled and with at least one row, is worth."""
        data = replace(self.train, blocks={block.name: block})
        content = [_neighbours(block.name, data, other, seed) for other in self.others]
        tuned = [
            _tuned(self.behaviour, {block.name: model}, other, seed, method=method)
            for model, other, method in zip(content, self.others, self.methods, strict=True)
        ]
        alone = [model.score for model in content]
        together = self.panel.result("together", [tuning.fusion.score for tuning in tuned])
        return FeatureGain(
            gain=paired_difference(together, self.base, NDCG),
            together=together,
            alone=self.panel.result(block.name, alone),
            new=None if self.new is None else self.new.result(block.name, alone),
        )

    def over_chance(self, worth: FeatureGain) -> Interval | None:
        """Return NDCG@20 on hidden items minus that of a random order; None if it was not measured."""
        if worth.new is None or self.chance is None:
            return None
        return paired_difference(worth.new, self.chance, NDCG)


def _neighbours(name: str, data: TrainingData, validation: ValidationData, seed: int) -> Recommender[Any]:
    """Return the content model of a block, its neighbours chosen on `validation`."""
    limited = {} if data.n_items <= DEFAULT_AUTO.max_dense_items else {"neighbours": None}
    wanted = MemberSpec(name, ContentKNN.name, {"block": name, **limited})
    return search_model(wanted, data, validation, FitOptions(seed=seed), effort=Effort(SECONDS_EACH))[0]


def _tuned(
    behaviour: AutoFit,
    content: Mapping[str, Recommender[Any]],
    validation: ValidationData,
    seed: int,
    *,
    method: str | None = None,
) -> FusionTuning:
    """Return behaviour and content together, under weights learnt on `validation`."""
    members = {**behaviour.fusion.members, **content}
    fallback = behaviour.fusion.config.fallback
    tuning = FusionTuning.of(members, validation, fallback=fallback, seed=seed, method=method)
    assert tuning is not None, "everybody who asks has a history"  # noqa: S101
    return tuning


def _indifferent(queries: QueryBatch) -> FloatMatrix:
    return np.zeros(queries.history.shape, dtype=np.float32)


def _held_back(tuning: TuningView, seed: int) -> tuple[TuningView, str]:
    """Return train and held-back events, none of the test, with enough users to judge by if there are."""
    found = [(tuning, "the validation part")]
    past = Events.concat(tuning.train, tuning.validation)
    for words, divided in _other_ways(past, seed).items():
        if _n_asking(found[-1][0]) >= FEWEST_USERS:
            return found[-1]
        with contextlib.suppress(DataError):  # too few events to divide so
            split = divided()
            view = TuningView(Events.concat(split.train, split.validation), split.test)
            found.append((view, f"{words} before the test"))
    return max(found, key=lambda given: _n_asking(given[0]))


def _other_ways(past: Events, seed: int) -> dict[str, Callable[[], Split]]:
    """Return how else events may be held back: such that most users have some, then such that all have."""
    if past.has_times:
        return {
            "the last fifth of each user's events": lambda: splits.per_user(past, 0.2, 1),
            "each user's last event": lambda: splits.per_user(past, 1, 1),
        }
    return {
        "a random fifth of each user's events": lambda: splits.random(
            past, 0.2, 0.2, seed=seed, per_user=True
        ),
        "a random half of each user's events": lambda: splits.random(
            past, 0.5, 0.2, seed=seed, per_user=True
        ),
    }


def _n_asking(view: TuningView) -> int:
    """Return how many users have a history and something liked that was held back."""
    before, after = (row_counts(part.interactions()) > 0 for part in (view.train, view.validation))
    return int((before & after).sum())


def _asking(train: TrainingData, view: TuningView, seed: int) -> ValidationData:
    """Return those who have a history, at most `MAX_USERS`: content and behaviour answer nobody else."""
    validation = validation_data(train, view)
    asking = np.flatnonzero(row_counts(validation.queries.history))
    if len(asking) > MAX_USERS:
        asking = np.sort(np.random.default_rng(seed).choice(asking, MAX_USERS, replace=False))
    return validation.rows(asking)


def _judge(train: TrainingData, asking: ValidationData) -> Judge:
    """Return a judge of the users who are asked about, and of nobody else."""
    users = asking.queries.users
    ones, shape = np.ones(len(users), dtype=np.float32), (train.n_users, len(users))
    places = sparse.csr_array((ones, (users, np.arange(len(users)))), shape=shape)
    relevant, masked = (sparse.csr_array(places @ part) for part in (asking.relevant, asking.masked))
    return Judge(relevant, masked, ks=(K,), train_interactions=train.interactions)


def _hidden(past: Events, half: IntVector, seed: int) -> _Panel | None:
    """Return users asked about items whose events they are not told of; None if there are too few."""
    liked = past.interactions()
    used = np.unique(liked.indices)
    n_hidden = round(HIDDEN_SHARE * len(used))
    is_hidden = np.zeros(liked.shape[1], dtype=np.bool_)
    is_hidden[np.random.default_rng(seed).permutation(used)[:n_hidden]] = True
    histories, relevant = restricted(liked, ~is_hidden), restricted(liked, is_hidden)
    users = np.flatnonzero((row_counts(histories) > 0) & (row_counts(relevant) > 0))
    if n_hidden < 2 or not len(users):
        return None
    if len(users) > MAX_USERS:
        users = np.random.default_rng(seed).choice(users, MAX_USERS, replace=False)
    judge = Judge(_rows_only(relevant, users), ks=(K,), train_interactions=histories)
    return _Panel(TrainingData(histories), judge, half, is_hidden)


def _rows_only(matrix: SparseMatrix, rows: IntVector) -> SparseMatrix:
    """Return CSR `matrix` with all other rows empty."""
    kept = np.zeros(matrix.shape[0], dtype=np.float32)
    kept[rows] = 1
    chosen = sparse.csr_array(sparse.diags_array(kept) @ matrix)
    chosen.eliminate_zeros()
    return chosen
