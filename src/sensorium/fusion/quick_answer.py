"""The best items of one query without the scores of all: the plain twin of this is `FusedScorer.scored`.

A sum in few dimensions finds the items that are worth it, and these are scored exactly, by the same `blend`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.fusion.able_patterns import MOST_PATTERNS, Frame, Patterns
from sensorium.fusion.blend import PATHS, Blend, ColdRule, Source, blend
from sensorium.fusion.fused_scorer import FusedScorer
from sensorium.fusion.item_ages import ByAge
from sensorium.fusion.joint_factors import DIMENSIONS, JointFactors
from sensorium.fusion.late_fusion_config import Member
from sensorium.fusion.member_answers import MemberAnswer, SomeItems, member_answer, no_answer
from sensorium.fusion.quick_second_level import QuickSecondLevel
from sensorium.fusion.zscore import ZScores, zscores
from sensorium.index.largest import largest, largest_per_row
from sensorium.models.base import Kind, QueryBatch, Recommender

LEAST_SCORED = 300
"""Items that are scored exactly, at least."""
SCORED_EACH = 20
"""Items that are scored exactly for each one that is asked for."""
DEVIATIONS = 5.0
"""No item is taken to have an error of more than so many times the root mean square of all."""
MORE = 4
"""So many times as many are scored where it is not sure that the best are among them."""
MOST_FRAMES = 1_000
"""Frames that are kept, each for the weights of a length of a history."""
MOST_SHARE = 4
"""Never more than one of so many items; rather all are scored."""


@dataclass(frozen=True)
class QuickAnswer:
    """The best items of a query, and how their scores came about."""

    items: IntVector
    """[n]: the best first; ties by lower index."""
    scores: FloatVector
    """[n] float32: their fused scores."""
    path: str
    """How the query was answered: see `FusedScores.query_paths`."""
    paths: tuple[str, ...]
    """How each of the items got its score."""


@dataclass(frozen=True)
class Unsure:
    """The sum in few dimensions did not find the best items for sure: all are to be scored."""


@dataclass(frozen=True)
class QuickAnswers:
    """What a fusion keeps to answer one query at a time."""

    scorer: FusedScorer
    joint: JointFactors
    members: Sequence[Member]
    """Those that have a say, and the fallback."""
    models: Mapping[str, Recommender[Any]]
    kinds: Sequence[Kind]
    unchanging: Mapping[str, ZScores]
    """Member -> its z-scores, where these are the same for all queries."""
    patterns: Patterns
    rule: ColdRule
    by_age: ByAge | None
    least_scored: int
    frames: dict[tuple[bytes, bytes], Frame] = field(default_factory=dict[tuple[bytes, bytes], Frame])
    """By the weights and by which members know who asks."""

    @classmethod
    def of(
        cls,
        scorer: FusedScorer,
        models: Mapping[str, Recommender[Any]],
        joint: JointFactors | None = None,
        *,
        dimensions: int = DIMENSIONS,
        least_scored: int = LEAST_SCORED,
    ) -> Self | None:
        """Return what answers as `scorer` does; None where it cannot. `joint`: as made before.

        It cannot where members do not say beforehand which items they score.
        """
        config = scorer.config
        members = [
            m for m in config.members if m.name == config.fallback or m.is_heard(_kind(models[m.name]))
        ]
        able = [models[member.name].able_items for member in members]
        known = [mask for mask in able if mask is not None]
        n_items = len(known[0]) if known else 0
        if len(known) < len(able) or any(len(mask) != n_items for mask in known):
            return None
        patterns = Patterns.of(known)
        if len(patterns.able) > MOST_PATTERNS:
            return None
        heard = {member.name: models[member.name] for member in members}
        if joint is None or not joint.is_of(heard, n_items):
            counts = {member.name: _count(member, _kind(models[member.name])) for member in members}
            joint = JointFactors.of(heard, n_items, dimensions, counts=counts)
        nobody = QueryBatch(sparse.csr_array((1, n_items), dtype=np.float32), np.asarray([-1]))
        same = {
            name: zscores(model.score(nobody)) for name, model in heard.items() if model.is_same_for_all()
        }
        kinds: list[Kind] = [_kind(model) for model in heard.values()]
        rule, by_age = scorer.cold_rule(n_items), ByAge.of(config, members, scorer.ages, n_items)
        return cls(scorer, joint, members, heard, kinds, same, patterns, rule, by_age, least_scored)

    def best(self, query: QueryBatch, eligible: BoolVector, k: int) -> QuickAnswer | Unsure | None:
        """Return the best `k` of the items that are `eligible` [n_items], for the one row of `query`.

        `Unsure` where it is not sure that these are the best; None where nothing scores some of them, or so
        many are asked for that all may as well be scored.
        """
        answers = [self._asked(member.name, query) for member in self.members]
        weights = np.asarray([self.scorer.weight_of(member, query)[0] for member in self.members])
        frame = self._frame(weights, np.asarray([answer is not None for answer in answers]))
        told = [no_answer() if answer is None else answer for answer in answers]
        n_scored, second = max(self.least_scored, SCORED_EACH * k), QuickSecondLevel.of(self.scorer, query)
        n_scored = max(n_scored, 0 if second is None else second.least_scored)
        n_eligible = int(np.count_nonzero(eligible))
        if min(n_scored, n_eligible) * MOST_SHARE > len(eligible):
            return None
        if second is None and n_eligible <= n_scored:
            items = np.flatnonzero(eligible)
            blended = self._exact(told, weights, frame, items)
            return _answer(items, blended, largest(blended.scores[0], k), frame)
        about, error = self._approximate(told, weights, frame)
        while n_scored * MOST_SHARE <= len(about):
            items, limit = _shortlist(about, eligible, n_scored)
            highest = -np.inf
            if second is not None:
                listed, highest = _shortlist(about, second.free, n_scored)
                if len(listed) < second.second.depth:
                    return None
                items = np.union1d(items, listed)
            blended = self._exact(told, weights, frame, items)
            margin = _margin(blended.scores[0], about[items], error)
            is_sure = second is None or highest + margin <= second.reorder(blended, items)
            best = largest(np.where(eligible[items], blended.scores[0], -np.inf), k)
            if len(best) < min(k, n_eligible):
                return None
            if is_sure and limit + margin <= blended.scores[0, best[-1]]:
                return _answer(items, blended, best, frame)
            n_scored *= MORE
        return Unsure()

    def _asked(self, name: str, query: QueryBatch) -> MemberAnswer | None:
        """Return what a member says of the query; None if it knows nothing of who asks."""
        return member_answer(
            self.models[name], query, self.joint.vectors.get(name), self.unchanging.get(name)
        )

    def _frame(self, weights: FloatVector, is_known: BoolVector) -> Frame:
        """Return the frame for `weights` [n_members], and members of which some know who asks."""
        key = weights.tobytes(), is_known.tobytes()
        if key not in self.frames:
            if len(self.frames) >= MOST_FRAMES:
                self.frames.clear()
            self.frames[key] = self._made_frame(weights, is_known)
        return self.frames[key]

    def _made_frame(self, weights: FloatVector, is_known: BoolVector) -> Frame:
        """Return the frame: the blend of one item of each pattern, which has z-scores of zero."""
        able, rule = self.patterns.able & is_known, self.rule
        nothing = np.zeros((len(able), len(self.members)), dtype=np.float32)
        plain = self._blended(nothing, able, weights, ColdRule(rule.scale, rule.offset))
        cold = plain
        if rule.share is not None:
            every = np.ones(len(able), dtype=np.float32)
            cold = self._blended(nothing, able, weights, ColdRule(rule.scale, rule.offset, every))
        zeros = np.zeros(len(able), dtype=np.float32)
        return Frame(
            able,
            plain.factors[0],
            zeros if cold.cold_factors is None else cold.cold_factors[0],
            zeros if cold.shift is None else cold.shift[0],
            plain.scored[0],
            PATHS[plain.paths.max(initial=0)],
        )

    def _exact(
        self, told: Sequence[MemberAnswer], weights: FloatVector, frame: Frame, items: IntVector
    ) -> Blend:
        """Return the fused scores of `items` [n], growing."""
        some = SomeItems.of(items, len(self.patterns.codes))
        values = np.empty((len(items), len(told)), dtype=np.float32)
        for position, answer in enumerate(told):
            values[:, position] = answer.at(some)
        able, rule = frame.able[self.patterns.codes[items]], self.rule
        values *= able
        share = None if rule.share is None else rule.share[items]
        factors = None if self.by_age is None else self.by_age.at(items)
        return self._blended(values, able, weights, ColdRule(rule.scale, rule.offset, share), factors)

    def _blended(
        self,
        values: NDArray[np.float32],
        able: NDArray[np.bool_],
        weights: FloatVector,
        rule: ColdRule,
        factors: FloatMatrix | None = None,
    ) -> Blend:
        """Return the blend of z-scores `values` [n, n_members], of which those that are `able` count."""
        columns, can = np.ascontiguousarray(values.T), np.ascontiguousarray(able.T)
        level = np.zeros(1)
        sources: list[Source] = []
        fallback: ZScores | None = None
        for position, member in enumerate(self.members):
            is_able = None if can[position].all() else can[position][None, :]
            scores = ZScores(columns[position][None, :], is_able, level, level)
            kind, weight = self.kinds[position], weights[position : position + 1].astype(np.float32)
            cold_weight = member.cold_weight if kind == "content" else 0.0
            factor = None if factors is None else factors[position]
            sources.append(Source(member.name, kind, weight, cold_weight, scores, factor))
            fallback = scores if member.name == self.scorer.config.fallback else fallback
        assert fallback is not None  # noqa: S101 - the config holds it
        return blend(sources, fallback, rule)

    def _approximate(
        self, told: Sequence[MemberAnswer], weights: FloatVector, frame: Frame
    ) -> tuple[FloatVector, float]:
        """Return about the fused scores [n_items] float32, and the root mean square of their errors.

        Minus infinity where there is no score.
        """
        codes, share = self.patterns.codes, self.rule.share
        total, error = self._warm(told, weights, frame)
        cold_weights = np.asarray(
            [
                m.cold_weight if kind == "content" else 0.0
                for m, kind in zip(self.members, self.kinds, strict=True)
            ]
        )
        is_cold = (frame.cold > 0) & ((frame.warm == 0) | (share is not None))
        if is_cold.any():
            items = np.flatnonzero(is_cold[codes]) if not is_cold.all() else np.arange(len(codes))
            some = None if len(items) == len(codes) else SomeItems.of(items, len(codes))
            own = codes[items]
            cold, cold_error = self._summed(told, cold_weights, frame, some)
            cold = cold * frame.cold[own] + frame.shift[own]
            error += cold_error * float(frame.cold.max())
            part = (
                np.float32(1) if share is None else np.where(frame.warm[own] > 0, share[items], np.float32(1))
            )
            total[items] = total[items] * (1 - part) + cold * part
        if not frame.is_scored.all():
            total[~frame.is_scored[codes]] = -np.inf
        return total, error

    def _warm(
        self, told: Sequence[MemberAnswer], weights: FloatVector, frame: Frame
    ) -> tuple[FloatVector, float]:
        """Return about the scores under the weights [n_items] float32, zero where they do not count."""
        codes = self.patterns.codes
        if self.by_age is None:
            total, error = self._summed(told, weights, frame)
            total *= frame.warm.take(codes, mode="clip")  # all are inside: that is not checked
            return total, error * float(frame.warm.max(initial=0))
        total, below, error = np.zeros(len(codes), np.float32), np.zeros(len(codes), np.float32), 0.0
        for knot, factors in zip(self.by_age.knots, self.by_age.factors.T, strict=True):
            own, missing = self._summed(told, weights * factors, frame)
            total += knot * own
            below += knot * (frame.able @ (weights * factors)).astype(np.float32)[codes]
            error = max(error, missing)
        is_warm = (frame.warm > 0)[codes] & (below > 0)
        scale = np.divide(weights.sum() or 1, below, out=np.zeros_like(below), where=is_warm)
        return total * scale, error * float(scale.max(initial=0))

    def _summed(
        self,
        told: Sequence[MemberAnswer],
        weights: FloatVector,
        frame: Frame,
        some: SomeItems | None = None,
    ) -> tuple[FloatVector, float]:
        """Return about the weighted sum of z-scores of all items or of `some` [n] float32, and the error.

        The error is the root mean square.
        """
        few = np.zeros(self.joint.reduced.shape[1], dtype=np.float32)
        rest = np.zeros(1, dtype=np.float32)
        for member, answer, weight in zip(self.members, told, weights, strict=True):
            if weight and answer.vector is not None:
                vector = np.float32(weight) * answer.vector
                few += vector @ self.joint.axes[member.name]
                rest = rest + vector @ self.joint.rest[member.name]
        reduced, codes = self.joint.reduced, self.patterns.codes
        total = (reduced if some is None else reduced[some.items]) @ few
        for answer, weight in zip(told, weights, strict=True):
            if weight:
                answer.add_to(total, np.float32(weight), some)
        base = frame.able @ (weights * np.asarray([answer.base for answer in told]))
        total += base.astype(np.float32).take(codes if some is None else codes[some.items], mode="clip")
        return total, float(np.linalg.norm(rest))


def _shortlist(about: FloatVector, allowed: BoolVector, n: int) -> tuple[IntVector, float]:
    """Return the `n` items of those `allowed` that are largest `about` [n_items], growing, and the lowest.

    Minus infinity in its place where all that are scored are there.
    """
    found, values = largest_per_row(np.where(allowed, about, np.float32(-np.inf))[None, :], n)
    items = found[0][found[0] >= 0]
    return np.sort(items), float(values[0, -1]) if len(items) == n else -np.inf


def _margin(exact: FloatVector, about: FloatVector, error: float) -> float:
    """Return by how much an item that was not scored may be better than was thought of it.

    By less than the largest error of those that were, be it up or down, as what is chosen for its sum mostly
    has one up, and by less than `DEVIATIONS` times the root mean square `error` of all items.
    """
    found = np.abs(exact - about)[np.isfinite(about)]
    return max(float(found.max(initial=0)), DEVIATIONS * error)


def _answer(items: IntVector, blended: Blend, best: IntVector, frame: Frame) -> QuickAnswer | None:
    """Return the `best` places of the scored `items`; None if any of them is scored by nothing."""
    if not blended.scored[0, best].all():
        return None
    paths = tuple(PATHS[code] for code in blended.paths[0, best])
    return QuickAnswer(items[best], blended.scores[0, best], frame.path, paths)


def _count(member: Member, kind: Kind) -> float:
    """Return how much a member counts at most."""
    cold_weight = member.cold_weight if kind == "content" else 0.0
    return max(member.weight, cold_weight, *member.weights_by_history, member.weight_without_history or 0.0)


def _kind(model: Recommender[Any]) -> Kind:
    return model.traits.kind
