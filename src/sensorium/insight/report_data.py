"""What a report is made of: plain values, which an evaluation fills in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sensorium.core.arrays import IntVector
from sensorium.core.item_list import Reason
from sensorium.core.source_kind import SourceKind
from sensorium.evaluation.result import EvaluationResult
from sensorium.insight.robustness import Robustness


@dataclass(frozen=True)
class ReportItem:
    """An item as the report shows it."""

    item_id: str
    title: str = ""
    """What people call it; empty: the id."""
    picture: str | None = None
    """A `data:image/...` URI, from `insight.thumbnails`; None where there is no picture."""
    detail: str = ""
    """One line beneath the title, for example categories and year."""


@dataclass(frozen=True)
class RecommendedItem:
    """An item in a recommendation list, and why it stands there."""

    item: ReportItem
    score: float
    reasons: tuple[Reason, ...] = ()
    """The parts that add up to the score; history items are named by id."""
    chosen: bool = False
    """Whether the user did choose it in the held-back events."""
    path: str = ""
    """How the item got its score, for example `fusion` or `content`."""


@dataclass(frozen=True)
class Example:
    """One user's history and what the model recommends."""

    user_id: str
    history: tuple[ReportItem, ...]
    """What the user liked, most recent first; a dozen is plenty."""
    recommended: tuple[RecommendedItem, ...]
    note: str = ""
    """Why this user is shown, for example `a user with a short history`."""


@dataclass(frozen=True)
class MediaFacts:
    """One column of the catalogue that encoders read."""

    name: str
    """The block, for example `image:poster`."""
    n_present: int
    n_missing: int = 0
    """Items without this medium."""
    n_failed: int = 0
    """Items whose medium could not be encoded."""


@dataclass(frozen=True)
class Failure:
    """One medium that could not be encoded."""

    item_id: str
    location: str
    reason: str


@dataclass(frozen=True)
class ReportData:
    """All that `write_report` draws: `title` and `result`, and more parts for more data."""

    title: str
    """What was evaluated: the name of the workspace or split folder."""
    result: EvaluationResult
    """The judged model."""
    baselines: Mapping[str, EvaluationResult] = field(default_factory=dict[str, EvaluationResult])
    """Floors such as `popularity`, judged on the same users."""
    members: Mapping[str, EvaluationResult] = field(default_factory=dict[str, EvaluationResult])
    """Each source of the fusion by itself, judged on the same users."""
    without: Mapping[str, EvaluationResult] = field(default_factory=dict[str, EvaluationResult])
    """Modality -> the fusion learnt without it, judged on the same users."""
    without_columns: Mapping[str, EvaluationResult] = field(default_factory=dict[str, EvaluationResult])
    """Block -> the fusion learnt without it, where a modality has several columns."""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Modality of one column alone -> that column."""
    folder: str = ""
    """The workspace, for commands that the page advises; empty outside of one."""
    language: str = "en"
    """Of the page and its figures: `en` or `zh`."""
    kinds: Mapping[str, SourceKind] = field(default_factory=dict[str, SourceKind])
    """Name of a source or baseline -> what kind of source it is."""
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """Source -> its weight in the fusion, 0 or more."""
    cold_weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """Source -> its weight for items without events; empty if there is no second set."""
    popularity: IntVector = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """[n_items] number of training events of each item; empty leaves the popularity plot out."""
    examples: Sequence[Example] = ()
    """Users whose recommendations are shown."""
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    """Item id -> title, for items that reasons name and that `examples` do not show."""
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    """What was tuned -> what was chosen, in words, for example `ease.regularization` -> `300`."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict[str, str | int | float])
    """Counts of the data and of the run, for example `users` -> 943, `fit seconds` -> 12.5."""
    media: Sequence[MediaFacts] = ()
    """Each encoded column: how many items have it, lack it, failed."""
    failures: Sequence[Failure] = ()
    """Media that could not be encoded; the first hundred are listed."""
    rivals: Literal["sources", "models"] = "sources"
    """What `members` are: sources of the judged model, or other models."""
    metric: str = "ndcg@20"
    """The metric of the verdict and of the plots."""
    robustness: Robustness | None = None
    """How the metric falls as modalities go missing; None if that was not measured."""
