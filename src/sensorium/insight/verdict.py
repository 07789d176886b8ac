"""The verdict in plain words, with no more than the intervals allow."""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult, paired_difference


@dataclass(frozen=True)
class Comparison:
    """A model against another, paired by user."""

    other: str
    difference: Interval

    @property
    def outcome(self) -> str:
        """`better`, `worse` or `equal`: what the interval of the difference allows to say."""
        if not self.difference.excludes_zero:
            return "equal"
        return "better" if self.difference.mean > 0 else "worse"

    def in_words(self) -> str:
        """Return for example: better than popularity by +0.012 [0.004, 0.020]."""
        numbers = f"{signed(self.difference.mean)} {bracketed(self.difference)}"
        if self.outcome == "equal":
            return f"no difference to {self.other} can be shown: {numbers}"
        return f"{self.outcome} than {self.other} by {numbers}"


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
) -> Verdict:
    """Return the verdict on `result`.

    The best single source is chosen by the same test events, which flatters it and not the fusion.
    """
    best = max(members, key=lambda name: members[name].metrics[metric], default=None)
    floor = "popularity" if "popularity" in baselines else next(iter(baselines), None)
    comparisons: list[Comparison] = []
    if floor is not None:
        comparisons.append(Comparison(floor, paired_difference(result, baselines[floor], metric)))
    if best is not None and best != floor:
        comparisons.append(
            Comparison(f"the best single source, {best},", paired_difference(result, members[best], metric))
        )
    return Verdict(_headline(result.model, comparisons), tuple(comparisons), best)


def _headline(model: str, comparisons: list[Comparison]) -> str:
    name = model[:1].upper() + model[1:]
    if not comparisons:
        return f"{name} was judged alone: there is nothing to compare it with."
    beaten = [short(c.other) for c in comparisons if c.outcome == "better"]
    unclear = [short(c.other) for c in comparisons if c.outcome == "equal"]
    lost = [short(c.other) for c in comparisons if c.outcome == "worse"]
    clauses = [f"beats {' and '.join(beaten)}"] if beaten else []
    clauses += [f"loses to {' and '.join(lost)}"] if lost else []
    clauses += [f"no difference to {' or '.join(unclear)} can be shown"] if unclear else []
    if not beaten and not lost:
        return f"For {model}, {clauses[0]}."
    return f"{name} {', but '.join(clauses)}."


def short(other: str) -> str:
    """Return the name of a comparison without the source's own name."""
    return other.partition(",")[0]


def signed(value: float) -> str:
    """Return a difference with its sign and three decimals, never `-0.000`."""
    rounded = round(value, 3) + 0.0
    return f"{rounded:+.3f}" if rounded else "0.000"


def bracketed(interval: Interval) -> str:
    """Return the ends of an interval: [0.004, 0.020]."""
    return f"[{interval.low + 0.0:.3f}, {interval.high + 0.0:.3f}]".replace("-0.000", "0.000")
