"""The tables of the report: rows of ready text, with the best marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from sensorium.core.source_kind import SourceKind
from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult
from sensorium.insight.figures import readable
from sensorium.insight.slice_names import slice_name
from sensorium.insight.words import ENGLISH_WORDS, Words

_HIGHER_IS_BETTER = ("ndcg", "recall", "precision", "f1", "hit_rate", "map", "mrr", "coverage", "novelty")


@dataclass(frozen=True)
class Cell:
    """One number of a table."""

    text: str
    is_best: bool = False
    interval: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    name: str
    group: str
    """`model`, `baseline` or `source`; or what a slice divides."""
    kind: str
    """What colours the row's mark: `fusion` or a kind of source; empty: no mark."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ReportTable:
    """A table with its head."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def numbers_table(
    result: EvaluationResult,
    baselines: Mapping[str, EvaluationResult],
    members: Mapping[str, EvaluationResult],
    kinds: Mapping[str, SourceKind],
    metric: str,
    words: Words = ENGLISH_WORDS,
) -> ReportTable:
    """Return the metrics at the k of `metric`, with coverage and novelty, for every model.

    `kinds` say what kind of source each member and baseline is.
    """
    k = metric.partition("@")[2]
    names = [name for name in result.metrics if name.endswith(f"@{k}") and not name.startswith("f1")]
    names.sort(key=lambda name: (name != metric, not name.startswith("recall")))
    beyond = [f"{name}@{k}" for name in ("coverage", "novelty") if f"{name}@{k}" in result.beyond]
    listed = [(result.model, "model", result)]
    listed += [(n, "baseline", r) for n, r in baselines.items() if n != result.model]
    others = sorted(members.items(), key=lambda member: -member[1].metrics[metric])
    listed += [(name, "source", found) for name, found in others if name not in {*baselines, result.model}]
    best = {name: _largest([_value(found, name) for _, _, found in listed]) for name in (*names, *beyond)}
    rows = [
        Row(
            name,
            group,
            "fusion" if group == "model" else str(kinds.get(name, "")),
            tuple(_cell(found, column, best[column], column == metric) for column in (*names, *beyond)),
        )
        for name, group, found in listed
    ]
    heads = tuple(words(readable(name).partition("@")[0]) for name in (*names, *beyond))
    return ReportTable(heads, tuple(rows))


def slices_table(
    results: Mapping[str, EvaluationResult], metric: str, words: Words = ENGLISH_WORDS
) -> ReportTable:
    """Return `metric` in every slice with users, a column for each of `results`; counts are of the first."""
    first = next(iter(results.values()))
    rows: list[Row] = []
    for name, part in first.slices.items():
        if not part.n_users:
            continue
        intervals = [
            r.slices[name].intervals.get(metric) if name in r.slices else None for r in results.values()
        ]
        best = _largest([i.mean for i in intervals if i is not None])
        counts = (Cell(f"{part.n_users:,}"), Cell(f"{part.n_relevant:,}"))
        rows.append(
            Row(slice_name(name, words), "", "", counts + tuple(_interval_cell(i, best) for i in intervals))
        )
    return ReportTable((words("users"), words("test interactions"), *results), tuple(rows))


def every_number(results: Sequence[tuple[str, EvaluationResult]]) -> ReportTable:
    """Return every metric and quality as a row, and each result as a column."""
    names = dict.fromkeys(name for _, found in results for name in (*found.metrics, *found.beyond))
    rows = [
        Row(name, "", "", tuple(Cell(number(_value(found, name))) for _, found in results)) for name in names
    ]
    return ReportTable(tuple(name for name, _ in results), tuple(rows))


def text_table(headline: str, cells: Sequence[Sequence[str]], *, n_names: int = 1) -> str:
    """Return `cells`, the head first, as lines of text beneath a headline; the first `n_names` stand left."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [headline]
    for row in cells:
        named = [cell.ljust(width) for cell, width in zip(row[:n_names], widths[:n_names], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(row[n_names:], widths[n_names:], strict=True)]
        lines.append("  ".join([*named, *right]).rstrip())
    return "\n".join(lines)


def html_table(headline: str, cells: Sequence[Sequence[str]]) -> str:
    """Return `cells`, the head first, as an HTML table beneath a headline, for a notebook."""
    head, *rows = [[escape(cell) for cell in row] for row in cells]
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<p>{escape(headline)}</p><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def number(value: float) -> str:
    """Return a metric for a table: three decimals, or more for the very small; a dash for none."""
    if not np.isfinite(value):
        return "–"
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.4f}"


def _largest(values: Sequence[float]) -> float:
    """Return the largest value; NaN, which marks nothing, where all are equal."""
    return max(values) if len(set(values)) > 1 else float("nan")


def _value(result: EvaluationResult, name: str) -> float:
    return result.metrics.get(name, result.beyond.get(name, float("-inf")))


def _cell(result: EvaluationResult, name: str, best: float, with_interval: bool) -> Cell:
    value, interval = _value(result, name), result.intervals.get(name)
    shown = (
        f"{number(interval.low)}–{number(interval.high)}" if interval is not None and with_interval else ""
    )
    marked = value == best and name.partition("@")[0] in _HIGHER_IS_BETTER
    return Cell(number(value), marked, shown)


def _interval_cell(interval: Interval | None, best: float) -> Cell:
    if interval is None:
        return Cell("–")
    return Cell(
        number(interval.mean), interval.mean == best, f"{number(interval.low)}–{number(interval.high)}"
    )
