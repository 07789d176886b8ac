"""Plots of evaluation results, as matplotlib figures that also stand alone."""

import functools
import itertools
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sensorium.core.shorten import shorten
from sensorium.core.source_kind import SourceKind
from sensorium.evaluation.result import EvaluationResult
from sensorium.insight.ablation import Ablation
from sensorium.insight.glyphs import without_formulas
from sensorium.insight.palette import colour
from sensorium.insight.verdict import signed
from sensorium.insight.words import ENGLISH_WORDS, Words

P = ParamSpec("P")

WIDTH_INCHES = 7.4
HALF_WIDTH_INCHES = 4.6
"""Of plots that stand beside another one."""
NARROW_INCHES = 3.5
"""Of every plot on a telephone, where letters must not shrink."""
MAX_LABEL = 26
MAX_NARROW_LABEL = 19
NARROW_LINE = 32
"""Letters of a line beneath a narrow plot."""
POPULARITY_GROUPS: tuple[tuple[float, str], ...] = (
    (0.01, "top 1%"),
    (0.05, "1-5%"),
    (0.20, "5-20%"),
    (0.50, "20-50%"),
    (1.00, "50-100%"),
)
"""Upper end of each group as a share of the items used in training, most popular first, and its label."""

_MARKS = (("o", "-"), ("s", "--"), ("^", ":"))
"""The mark and the line of the first, second and third result of one colour."""

_STYLE: Mapping[Any, Any] = {
    "font.size": 9,
    "text.parse_math": False,  # titles may hold dollar signs
    "text.color": colour("ink"),
    "axes.edgecolor": colour("line"),
    "axes.labelcolor": colour("muted"),
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "grid.color": colour("line"),
    "grid.linewidth": 0.7,
    "xtick.color": colour("muted"),
    "ytick.color": colour("muted"),
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "lines.solid_capstyle": "round",
}


def with_house_style(plot: Callable[P, Figure]) -> Callable[P, Figure]:
    """Return `plot` run under the house style; the caller's matplotlib settings stay as they are."""

    @functools.wraps(plot)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context(dict(_STYLE)):
            return plot(*args, **kwargs)

    return drawn


@dataclass(frozen=True)
class Look:
    """How plots are drawn: in which language, and whether for a narrow screen."""

    words: Words = ENGLISH_WORDS
    narrow: bool = False

    def width(self, inches: float) -> float:
        """Return the width of a figure that has `inches` where there is room."""
        return NARROW_INCHES if self.narrow else inches

    def lines(self, text: str) -> str:
        """Return a text for beneath a plot, on several lines where it is narrow."""
        return textwrap.fill(text, NARROW_LINE) if self.narrow else text


PLAIN = Look()


def _figure(
    height_inches: float, width_inches: float = HALF_WIDTH_INCHES, *, look: Look = PLAIN
) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(look.width(width_inches), height_inches), layout="constrained")
    return figure, figure.add_subplot()


def _rows(axes: Axes, labels: Sequence[str], look: Look) -> None:
    """Label horizontal rows, the first on top."""
    longest = MAX_NARROW_LABEL if look.narrow else MAX_LABEL
    shown = [shorten_label(label, longest) for label in labels]
    axes.set_yticks(range(len(labels)), shown, color=colour("ink"))
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="x")


def shorten_label(label: str, width: int = MAX_LABEL) -> str:
    """Return a label that leaves room for the plot, as it is drawn: no formula, and in every legend."""
    return without_formulas(shorten(label, width)).lstrip("_") or "?"


def readable(metric: str) -> str:
    """Return a metric's name for people: NDCG@20, Hit rate@10."""
    name, _, k = metric.partition("@")
    words = {"ndcg": "NDCG", "map": "MAP", "mrr": "MRR", "f1": "F1", "hit_rate": "Hit rate"}
    return f"{words.get(name, name.replace('_', ' ').capitalize())}{'@' + k if k else ''}"


def source_colour(name: str, fusion: str, kinds: Mapping[str, SourceKind]) -> str:
    """Return the colour of the fusion itself, or of a source by its kind; grey where none is known."""
    return colour("fusion" if name == fusion else kinds.get(name, "muted"))


@with_house_style
def plot_sources(
    results: Mapping[str, EvaluationResult],
    kinds: Mapping[str, SourceKind],
    metric: str = "ndcg@20",
    *,
    fusion: str = "fusion",
    look: Look = PLAIN,
) -> Figure:
    """Return each result's metric with its 95% interval, the best on top; `fusion` is stressed.

    `kinds`, by the names of the results, give the colours.
    """
    names = sorted(results, key=lambda name: -results[name].metrics[metric])
    figure, axes = _figure(0.9 + 0.3 * len(names), WIDTH_INCHES, look=look)
    _rows(axes, names, look)
    for row, name in enumerate(names):
        interval = results[name].intervals[metric]
        drawn = source_colour(name, fusion, kinds)
        width = 3.2 if name == fusion else 2.0
        axes.plot([interval.low, interval.high], [row, row], color=drawn, linewidth=width, alpha=0.55)
        axes.plot([interval.mean], [row], "o", color=drawn, markersize=8 if name == fusion else 6)
        axes.annotate(
            f"{interval.mean:.3f}",
            (interval.high, row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=colour("ink") if name == fusion else colour("muted"),
        )
    axes.set_xlim(left=0)
    axes.margins(x=0.1)
    axes.locator_params(axis="x", nbins=4 if look.narrow else 8)
    said = look.words("{metric}, mean over users with 95% interval", metric=readable(metric))
    axes.set_xlabel(look.lines(said))
    return figure


@with_house_style
def plot_ablation(ablations: Sequence[Ablation], metric: str = "ndcg@20", *, look: Look = PLAIN) -> Figure:
    """Return the change of the metric without each modality, with 95% paired intervals."""
    figure, axes = _figure(0.9 + 0.36 * len(ablations), look=look)
    without = [look.words("without {name}", name=look.words(ablation.modality)) for ablation in ablations]
    _rows(axes, without, look)
    axes.axvline(0, color=colour("muted"), linewidth=1)
    for row, ablation in enumerate(ablations):
        gain, drawn = ablation.gain, colour(SourceKind.of_modality(ablation.modality))
        significant = ablation.matters or ablation.harms
        axes.barh(row, -gain.mean, height=0.55, color=drawn, alpha=0.85 if significant else 0.35)
        axes.plot([-gain.high, -gain.low], [row, row], color=colour("ink"), linewidth=1.2)
        axes.annotate(
            signed(-gain.mean),
            (max(-gain.low, 0), row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=colour("ink") if significant else colour("muted"),
        )
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=4)
    said = look.words("change of {metric}; solid bars: significant", metric=readable(metric))
    axes.set_xlabel(look.lines(said))
    return figure


@with_house_style
def plot_popularity(
    exposure: NDArray[np.int64], popularity: NDArray[np.int64], *, look: Look = PLAIN
) -> Figure:
    """Return how recommendations spread over popular and rare items, against how training events did.

    `exposure` and `popularity` [n_items] count recommendations and training events of each item.
    """
    labels, recommended, trained = popularity_groups(exposure, popularity)
    words = look.words
    figure, axes = _figure(3.0, look=look)
    places = np.arange(len(labels))
    axes.bar(places - 0.2, trained, 0.36, color=colour("popularity"), label=words("training events"))
    axes.bar(places + 0.2, recommended, 0.36, color=colour("fusion"), label=words("recommendations"))
    for x, values in ((-0.2, trained), (0.2, recommended)):
        for place, value in zip(places, values, strict=True):
            axes.annotate(
                f"{value:.0%}",
                (place + x, value),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=colour("muted"),
            )
    size = 7 if look.narrow else None
    axes.set_xticks(places, [words(label) for label in labels], color=colour("ink"), fontsize=size)
    axes.set_yticks([])
    axes.margins(y=0.15)
    axes.set_xlabel(look.lines(words("items, from the most to the least popular in training")))
    figure.legend(loc="outside upper left", ncols=2)
    return figure


def popularity_groups(
    exposure: NDArray[np.int64], popularity: NDArray[np.int64]
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Return the labels of the groups of items, and each group's share of recommendations and of events."""
    order = np.argsort(-popularity, kind="stable")
    n_used = int(np.sum(popularity > 0))
    ends = [max(round(share * n_used), 1) for share, _ in POPULARITY_GROUPS]
    labels, bounds = [label for _, label in POPULARITY_GROUPS], [0, *ends]
    if n_used < len(popularity):
        labels, bounds = [*labels, "no event"], [*bounds, len(popularity)]
    spans = list(itertools.pairwise(bounds))

    def spread(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        total = max(int(counts.sum()), 1)
        return np.array([counts[order[start:stop]].sum() / total for start, stop in spans])

    return labels, spread(exposure), spread(popularity)


@with_house_style
def plot_history(
    results: Mapping[str, EvaluationResult],
    kinds: Mapping[str, SourceKind],
    metric: str = "ndcg@20",
    *,
    fusion: str = "fusion",
    look: Look = PLAIN,
) -> Figure:
    """Return the metric of each result for users with short and with long histories, with 95% intervals.

    Results of one colour differ in how their means are marked.
    """
    buckets = history_buckets(results)
    colours = [source_colour(name, fusion, kinds) for name in results]
    figure, axes = _figure(3.0, look=look)
    words, width = look.words, 0.12
    for number, (name, result) in enumerate(results.items()):
        x = np.arange(len(buckets)) + (number - (len(results) - 1) / 2) * width
        parts = [result.slices[bucket].intervals[metric] for bucket in buckets]
        drawn = colours[number]
        marker, line = _MARKS[colours[:number].count(drawn) % len(_MARKS)]
        for place, part in zip(x, parts, strict=True):
            axes.plot([place, place], [part.low, part.high], color=drawn, linewidth=1.8, alpha=0.5)
        axes.plot(
            x,
            [part.mean for part in parts],
            marker=marker,
            linestyle=line,
            color=drawn,
            label=shorten_label(name),
            linewidth=1.2,
            markersize=5,
        )
    sizes = next(iter(results.values())).slices
    users = [words("{n:,} users", n=sizes[bucket].n_users) for bucket in buckets]
    labels = [f"{words(_bucket_label(name))}\n{many}" for name, many in zip(buckets, users, strict=True)]
    axes.set_xticks(range(len(buckets)), labels, color=colour("ink"))
    axes.set_xlim(-0.5, len(buckets) - 0.5)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.set_xlabel(words("events in the user's history"))
    axes.set_ylabel(readable(metric))
    figure.legend(loc="outside upper left", ncols=1 if look.narrow else 3)
    return figure


def history_buckets(results: Mapping[str, EvaluationResult]) -> list[str]:
    """Return the slices by history length in which every result has users."""
    names = ["cold_users", *(n for n in next(iter(results.values())).slices if n.startswith("history:"))]
    return [n for n in names if all(n in r.slices and r.slices[n].n_users for r in results.values())]


def _bucket_label(bucket: str) -> str:
    return "none" if bucket == "cold_users" else bucket.removeprefix("history:").replace("-", " to ")


@with_house_style
def plot_weights(
    weights: Mapping[str, float],
    kinds: Mapping[str, SourceKind],
    cold_weights: Mapping[str, float] | None = None,
    *,
    look: Look = PLAIN,
) -> Figure:
    """Return the fusion's weights as shares; the second set, if any, is the one for items without events.

    `kinds`, by the names of the sources, give the colours. A source without weight in any set is not drawn.
    """
    words = look.words
    sets = [(words("items with events"), weights)]
    sets += [(words("new items"), cold_weights)] if cold_weights else []
    totals = [max(sum(values.values()), 1e-12) for _, values in sets]
    used = {name for _, values in sets for name, weight in values.items() if weight}
    names = sorted(used, key=lambda name: (-weights.get(name, 0.0), name))
    figure, axes = _figure(0.9 + 0.3 * len(names), look=look)
    _rows(axes, names, look)
    height = 0.7 / len(sets)
    for number, ((_, values), total) in enumerate(zip(sets, totals, strict=True)):
        for row, name in enumerate(names):
            if name not in values:
                continue
            share = values[name] / total
            place = row + (number - (len(sets) - 1) / 2) * height
            drawn = source_colour(name, "", kinds)
            axes.barh(place, share, height * 0.86, color=drawn, alpha=1 if number == 0 else 0.45)
            axes.annotate(
                f"{share:.0%}",
                (share, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=colour("muted"),
            )
    axes.margins(x=0.15)
    axes.set_xticks([])
    axes.grid(visible=False)
    if len(sets) > 1:
        shades = [Patch(color=colour("muted"), alpha=alpha) for alpha in (1, 0.45)]
        figure.legend(shades, [label for label, _ in sets], loc="outside upper left", ncols=2)
    return figure
