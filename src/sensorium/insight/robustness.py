"""How accuracy falls as a modality goes missing: what was measured, and its plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from sensorium.core.source_kind import SourceKind
from sensorium.evaluation.intervals import Interval
from sensorium.insight.figures import PLAIN, WIDTH_INCHES, Look, readable, with_house_style
from sensorium.insight.palette import colour

PANELS, NARROW_PANELS = 3, 1
"""Beside each other, at most; on a narrow screen."""


@dataclass(frozen=True)
class Removal:
    """The accuracy with a share of one modality removed at random, before fitting."""

    modality: str
    share: float
    """Of the items that have it, from 0 to 1."""
    imputed: bool
    """Whether what is missing is filled from behaviour; if not, weights are renormalised."""
    reached: Interval
    """The metric."""
    lost: Interval
    """With all there minus with the share removed, both imputed or neither, paired by user."""

    def to_json(self) -> dict[str, Any]:
        """Return the removal as JSON."""
        return {
            "modality": self.modality,
            "share": self.share,
            "imputed": self.imputed,
            "reached": self.reached.to_json(),
            "lost": self.lost.to_json(),
        }


@dataclass(frozen=True)
class Robustness:
    """All removals, and what there is with nothing removed."""

    metric: str
    whole: Interval
    """With nothing removed and nothing imputed."""
    removals: tuple[Removal, ...]
    whole_imputed: Interval
    """With nothing removed, and imputed what the data lacks by itself."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that were removed."""
        return tuple(dict.fromkeys(removal.modality for removal in self.removals))

    def curve(self, modality: str, *, imputed: bool) -> Sequence[Removal]:
        """Return the removals of a modality, the smallest share first."""
        return [one for one in self.removals if one.modality == modality and one.imputed == imputed]

    def to_json(self) -> dict[str, Any]:
        """Return what stands under `robustness` in `sensorium evaluate --json`."""
        return {
            "metric": self.metric,
            "whole": self.whole.to_json(),
            "whole_imputed": self.whole_imputed.to_json(),
            "removals": [removal.to_json() for removal in self.removals],
        }


@with_house_style
def plot_robustness(robustness: Robustness, *, look: Look = PLAIN) -> Figure:
    """Return a panel for each modality: the metric against the share removed, with 95% intervals."""
    names = robustness.modalities
    n_rows = -(-len(names) // (NARROW_PANELS if look.narrow else PANELS))
    beside = -(-len(names) // n_rows)
    figure = Figure(figsize=(look.width(WIDTH_INCHES), 0.5 + 2.2 * n_rows), layout="constrained")
    axes = list(figure.subplots(n_rows, beside, sharey=True, squeeze=False).ravel())
    for unused in axes[len(names) :]:
        unused.remove()
    whole = robustness.whole
    for panel, name in zip(axes, names, strict=False):
        drawn = colour(SourceKind.of_modality(name))
        panel.axhline(whole.mean, color=colour("muted"), linewidth=1, linestyle=":")
        for imputed, style, treatment in ((False, "-", "weights renormalised"), (True, "--", "imputed")):
            removals = robustness.curve(name, imputed=imputed)
            if not removals:
                continue
            shares = [0.0, *(100 * removal.share for removal in removals)]
            start = robustness.whole_imputed if imputed else whole
            reached = [start.mean, *(removal.reached.mean for removal in removals)]
            panel.plot(
                shares, reached, style, marker="o", markersize=4, color=drawn, label=look.words(treatment)
            )
            for removal in removals if not imputed else ():
                x, ends = 100 * removal.share, (removal.reached.low, removal.reached.high)
                panel.plot([x, x], ends, color=drawn, linewidth=1.6, alpha=0.35)
        panel.set_title(look.words(name), fontsize=9, color=colour("ink"))
        panel.set_xlabel(look.words("% of items without it"))
        panel.set_xticks([0, 50, 100])
        panel.grid(axis="y")
    for first in axes[: len(names) : beside]:
        first.set_ylabel(readable(robustness.metric))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=1 if look.narrow else 2)
    return figure
