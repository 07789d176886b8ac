"""The verdict in plain words, with no more than the intervals allow."""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult, paired_difference


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

    def in_words(self) -> str:
        """Return for example: better than popularity by +0.012 [0.004, 0.020]."""
        numbers = with_ends(self.difference)
        other = self.role if self.role == self.other else f"{self.role} ({self.other})"
        if self.outcome == "equal":
            return f"no significant difference to {other}: {numbers}"
        return f"{self.outcome} than {other} by {numbers}"


@dataclass(frozen=True)
class Verdict:
    """What the report says first."""

    headline: str
    comparisons: tuple[Comparison, ...]
    """Against popularity (or the first baseline) and against the best single source, where they exist."""
    best_source: str | None


def verdict(
    result: EvaluationResult,
    baselines: Mapping[str, EvaluationResult],
    members: Mapping[str, EvaluationResult],
    metric: str,
    *,
    role: str = "the best single source",
) -> Verdict:
    """Return the verdict on `result`; `role` is what the best of `members` stands for.

    The best single source, apart from the baselines, is chosen by the same test events, which flatters
    it and not the fusion. No model is compared with itself.
    """
    sources = [name for name in members if name not in baselines and name != result.model]
    best = max(sources, key=lambda name: members[name].metrics[metric], default=None)
    floors = [name for name in baselines if name != result.model]
    floor = "popularity" if "popularity" in floors else next(iter(floors), None)
    comparisons: list[Comparison] = []
    if floor is not None:
        comparisons.append(Comparison(floor, floor, paired_difference(result, baselines[floor], metric)))
    if best is not None:
        difference = paired_difference(result, members[best], metric)
        comparisons.append(Comparison(role, best, difference))
    return Verdict(_headline(result.model, comparisons), tuple(comparisons), best)


def _headline(model: str, comparisons: list[Comparison]) -> str:
    name = model[:1].upper() + model[1:]
    if not comparisons:
        return f"{name} was evaluated alone: there is nothing to compare it with."
    beaten = [c.role for c in comparisons if c.outcome == "better"]
    unclear = [c.role for c in comparisons if c.outcome == "equal"]
    lost = [c.role for c in comparisons if c.outcome == "worse"]
    clauses = [f"beats {' and '.join(beaten)}"] if beaten else []
    clauses += [f"loses to {' and '.join(lost)}"] if lost else []
    clauses += [f"its difference to {' or '.join(unclear)} is not significant"] if unclear else []
    if not beaten and not lost:
        return f"No significant difference between {model} and {' or '.join(unclear)}."
    return f"{name} {', but '.join(clauses)}."


def signed(value: float) -> str:
    """Return a difference with its sign: three decimals, four below 0.01, never `-0.000`."""
    text = f"{value:+.{_decimals(value)}f}"
    return text if text.strip("+-0.") else "0.000"


def with_ends(interval: Interval) -> str:
    """Return a difference with the ends of its interval: +0.012 [0.004, 0.020]."""
    return f"{signed(interval.mean)} {bracketed(interval)}"


def bracketed(interval: Interval) -> str:
    """Return the ends of an interval, with the decimals of its mean: [0.004, 0.020]."""
    ends = [f"{end:.{_decimals(interval.mean)}f}" for end in (interval.low, interval.high)]
    return "[" + ", ".join(end if end.strip("-0.") else end.lstrip("-") for end in ends) + "]"


def _decimals(value: float) -> int:
    return 3 if abs(value) >= 0.00995 or value == 0 else 4
