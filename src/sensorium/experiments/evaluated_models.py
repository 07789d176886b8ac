"""What `sensorium.evaluate` returns: every model's numbers, their intervals and their differences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import IntVector
from sensorium.core.errors import UnknownIdError
from sensorium.core.item_list import pandas_frame
from sensorium.encoders.report import EncodeReport
from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.experiments.evaluate import Evaluation
from sensorium.experiments.evaluation_report import write_comparison_report, write_evaluation_report
from sensorium.insight.tables import html_table, number, text_table
from sensorium.insight.verdict import best_of, bracketed, with_ends
from sensorium.ranking.seen_items import ALL

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class EvaluatedModels:
    """How models did on the same test interactions of the same users."""

    results: Mapping[str, EvaluationResult]
    """Label -> all numbers, in the order in which the models were given."""
    baselines: Mapping[str, EvaluationResult]
    """What every model has to beat: `popularity`, and `recent-popularity` where events have times."""
    metrics: tuple[str, ...]
    """The metrics that were asked for."""
    metric: str
    """The one that orders and compares."""
    against: str
    """The model or baseline that all others are compared with."""
    evaluations: Mapping[str, Evaluation]
    """Label -> the whole evaluation of each model that was tuned here, with its sources and ablations."""
    ratings: Mapping[str, float]
    """`rmse`, `mae` and more of predicted ratings, and of their baseline; empty unless asked for."""
    fit_seconds: Mapping[str, float]
    """Label -> seconds of tuning and fitting; not of models that were fitted before."""
    catalog: Catalog = field(repr=False)
    encoding: EncodeReport = field(repr=False)
    popularity: IntVector = field(repr=False)
    """[n_items] how many training users liked each item."""

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row a model, the best first, then the baselines.

        Columns: `model`; `role`, which is `model` or `baseline`; `n_users`; each metric and, where it has a
        value for each user, `_low` and `_high`, the ends of its 95% interval; `difference`, `difference_low`,
        `difference_high` and `p_value` of `metric` to `against`, paired by user; `fit_seconds`.
        """
        return pl.DataFrame([self._row(label) for label in self._ordered], infer_schema_length=None)

    def to_frame(self) -> pl.DataFrame:
        """Return `frame`."""
        return self.frame

    def to_pandas(self) -> "pd.DataFrame":
        """Return `frame` as a pandas frame; pandas must be installed, pyarrow need not."""
        return pandas_frame(self.frame)

    @property
    def best(self) -> str:
        """The label of the model with the highest `metric`; baselines do not count."""
        return max(self.results, key=lambda label: self.results[label].metrics[self.metric])

    def difference(self, model: str, other: str, metric: str | None = None) -> Interval:
        """Return `model` minus `other`, paired by user; both are labels or baselines."""
        return paired_difference(self._of(model), self._of(other), metric or self.metric)

    def report(self, path: str | Path, *, title: str = "Evaluation", language: str = "en") -> Path:
        """Write a self-contained HTML page to `path`, in English (`en`) or Chinese (`zh`), and return it.

        About the model; of several about the best, beside all others.
        """
        page, label = Path(path), self.best
        evaluation = self.evaluations.get(label)
        if evaluation is not None and len(self.results) == 1:
            return write_evaluation_report(
                page, title, evaluation, self.catalog, self.encoding, language=language
            )
        others = {name: result for name, result in self.results.items() if name != label}
        return write_comparison_report(
            page,
            title,
            self.results[label],
            self.baselines,
            others,
            self.catalog,
            self.encoding,
            metric=self.metric,
            popularity=self.popularity,
            evaluation=evaluation,
            language=language,
        )

    def __repr__(self) -> str:
        return text_table(self._headline(), self._cells())

    def _repr_html_(self) -> str:
        return html_table(self._headline(), self._cells())

    def _headline(self) -> str:
        first = next(iter(self.results.values()))
        split, seen = first.protocol["split"], first.protocol.get("seen", ALL)
        return (
            f"{split} split, {first.n_users:,} users with {first.n_relevant:,} test interactions"
            f"{'' if seen == ALL else ', repeats among them'}; difference to {self.against}"
        )

    def _cells(self) -> list[list[str]]:
        """Return a line of text for each model, the head first."""
        others = [name for name in self.metrics if name != self.metric]
        found = [["model", self.metric, "95%", "difference", *others]]
        for label in self._ordered:
            result = self._of(label)
            interval = result.intervals[self.metric]
            difference = "" if label == self.against else with_ends(self.difference(label, self.against))
            named = label if label in self.results else f"{label} (baseline)"
            values = [number(_value(result, name)) for name in others]
            found.append([named, number(interval.mean), bracketed(interval), difference, *values])
        return found

    @property
    def _ordered(self) -> list[str]:
        """Labels of the models, the best first, then the baselines."""

        def order(part: Mapping[str, EvaluationResult]) -> list[str]:
            return sorted(part, key=lambda label: -part[label].metrics[self.metric])

        return [*order(self.results), *order(self.baselines)]

    def _row(self, label: str) -> dict[str, object]:
        result = self._of(label)
        row: dict[str, object] = {
            "model": label,
            "role": "model" if label in self.results else "baseline",
            "n_users": result.n_users,
        }
        for name in self.metrics:
            row[name] = _value(result, name)
            if name in result.intervals:
                row |= {
                    f"{name}_low": result.intervals[name].low,
                    f"{name}_high": result.intervals[name].high,
                }
        difference = None if label == self.against else self.difference(label, self.against)
        return row | {
            "difference": None if difference is None else difference.mean,
            "difference_low": None if difference is None else difference.low,
            "difference_high": None if difference is None else difference.high,
            "p_value": None if difference is None else difference.p_value,
            "fit_seconds": self.fit_seconds.get(label),
        }

    def _of(self, label: str) -> EvaluationResult:
        known = {**self.baselines, **self.results}
        if label not in known:
            raise UnknownIdError(f"unknown model {label!r}", remedy=f"Evaluated were: {', '.join(known)}")
        return known[label]


def reference(
    results: Mapping[str, EvaluationResult], baselines: Mapping[str, EvaluationResult], metric: str
) -> str:
    """Return what is compared with if nobody says: the first of several models, of one the best baseline."""
    first = next(iter(results))
    return first if len(results) > 1 else best_of(baselines, metric, but=first) or first


def _value(result: EvaluationResult, name: str) -> float:
    return result.metrics[name] if name in result.metrics else result.beyond[name]
