"""The verdict in plain words, with no more than the intervals allow.

One rule for all verdicts: a difference is significant if the 95% interval of the paired difference excludes
zero (`Interval.excludes_zero`). No other is used, in tables, reports, figures and advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.insight.words import ENGLISH_WORDS, Words

MOST_DECIMALS = 6


@dataclass(frozen=True)
class Comparison:
    """A model against another, paired by user."""

    role: str
    """What the other stands for: `popularity`, `the best single source`."""
    other: str
    """The other's own name."""
    difference: Interval
    """This model minus the other."""

    @property
    def outcome(self) -> str:
        """`better`, `worse` or `equal`: what the interval of the difference allows to say."""
        if not self.difference.excludes_zero:
            return "equal"
        return "better" if self.difference.mean > 0 else "worse"

    def in_words(self, words: Words = ENGLISH_WORDS) -> str:
        """Return for example: better than popularity by +0.012 [0.004, 0.020]."""
        numbers = with_ends(self.difference)
        other = words(self.role) if self.role == self.other else f"{words(self.role)} ({self.other})"
        if self.outcome == "equal":
            return words("no significant difference to {other}: {numbers}", other=other, numbers=numbers)
        if self.outcome == "better":
            return words("better than {other} by {numbers}", other=other, numbers=numbers)
        return words("worse than {other} by {numbers}", other=other, numbers=numbers)


@dataclass(frozen=True)
class Verdict:
    """What the report says first."""

    model: str
    comparisons: tuple[Comparison, ...]
    """Against the best baseline and against the best single source, where they exist."""
    best_source: str | None

    @property
    def headline(self) -> str:
        """The verdict in one English sentence."""
        return self.headline_in(ENGLISH_WORDS)

    def headline_in(self, words: Words) -> str:
        """Return the verdict in one sentence."""
        name = self.model[:1].upper() + self.model[1:]
        if not self.comparisons:
            return words("{name} was evaluated alone: there is nothing to compare it with.", name=name)
        others = {
            outcome: [words(c.role) for c in self.comparisons if c.outcome == outcome]
            for outcome in ("better", "worse", "equal")
        }
        unclear = words(" or ").join(others["equal"])
        if not others["better"] and not others["worse"]:
            return words(
                "No significant difference between {name} and {others}.", name=self.model, others=unclear
            )
        clauses: list[str] = []
        for outcome, template in (("better", "beats {others}"), ("worse", "loses to {others}")):
            if others[outcome]:
                clauses.append(words(template, others=words(" and ").join(others[outcome])))
        if unclear:
            clauses.append(words("its difference to {others} is not significant", others=unclear))
        return words("{name} {clauses}.", name=name, clauses=words(", but ").join(clauses))


def verdict(
    result: EvaluationResult,
    baselines: Mapping[str, EvaluationResult],
    members: Mapping[str, EvaluationResult],
    metric: str,
    *,
    role: str = "the best single source",
) -> Verdict:
    """Return the verdict on `result`; `role` is what the best of `members` stands for.

    It is compared with the best of the baselines, and with the best single source apart from them. Both are
    chosen by the same test events, which flatters them and not the model. No model is compared with itself.
    """
    sources = {name: found for name, found in members.items() if name not in baselines}
    floor, best = (best_of(others, metric, but=result.model) for others in (baselines, sources))
    comparisons: list[Comparison] = []
    if floor is not None:
        comparisons.append(Comparison(floor, floor, paired_difference(result, baselines[floor], metric)))
    if best is not None:
        difference = paired_difference(result, members[best], metric)
        comparisons.append(Comparison(role, best, difference))
    return Verdict(result.model, tuple(comparisons), best)


def best_of(results: Mapping[str, EvaluationResult], metric: str, *, but: str = "") -> str | None:
    """Return the name of the best by `metric`, `but` one; the first of equal ones, None of none."""
    others = [name for name in results if name != but]
    return max(others, key=lambda name: results[name].metrics[metric], default=None)


def signed(value: float) -> str:
    """Return a difference with its sign: three decimals, four below 0.01, never `-0.000`."""
    text = _signed(value, _decimals(value))
    return text if text.strip("+-0.") else "0.000"


def with_ends(interval: Interval) -> str:
    """Return a difference with the ends of its interval: +0.012 [0.004, 0.020]."""
    return f"{_signed(interval.mean, _shared_decimals(interval))} {bracketed(interval)}"


def bracketed(interval: Interval) -> str:
    """Return the ends of an interval: [0.004, 0.020].

    They have the decimals of the mean, and more where an end beside zero would be written as zero: whether
    zero is excluded can be read.
    """
    decimals = _shared_decimals(interval)
    ends = [f"{end:.{decimals}f}" for end in (interval.low, interval.high)]
    return "[" + ", ".join(end if end.strip("-0.") else end.lstrip("-") for end in ends) + "]"


def _signed(value: float, decimals: int) -> str:
    text = f"{value:+.{decimals}f}"
    return text if text.strip("+-0.") else f"{0:.{decimals}f}"


def _decimals(value: float) -> int:
    return 3 if abs(value) >= 0.00995 or value == 0 else 4


def _shared_decimals(interval: Interval) -> int:
    """Return with how many decimals mean and ends are written, so that no end is rounded to zero."""
    decimals = _decimals(interval.mean)
    while decimals < MOST_DECIMALS and any(
        round(end, MOST_DECIMALS) and not f"{end:.{decimals}f}".strip("-0.")
        for end in (interval.low, interval.high)
    ):
        decimals += 1
    return decimals
