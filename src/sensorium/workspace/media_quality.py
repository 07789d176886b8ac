"""The quality of a workspace's media: all scores in a file, and what they come to in each column."""

import csv
import io
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.media_findings import Findings, MediaFinding
from sensorium.core.files import write_text
from sensorium.media.quality.measures import MEASURES, Measure

_FIRST = ("item_id", "column", "location", "faults")


@dataclass(frozen=True)
class ScoreSummary:
    """What one score comes to over the media of one column."""

    score: str
    meaning: str
    n: int
    """How many media have it."""
    median: float
    worst: float
    worst_at: str
    """The location of the medium with the worst."""
    limit: float | None
    """Beyond it a medium is noted; None if there is no such limit."""
    noted: int
    better: str
    """`higher` or `lower`: in which direction media get better."""


@dataclass(frozen=True)
class MediaQuality:
    """The scores of all media of a workspace."""

    file: Path
    """Where the scores of each item stand."""
    columns: Mapping[str, tuple[ScoreSummary, ...]]
    """Column -> its scores."""

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium check --json` prints of it."""
        columns = {
            column: {each.score: _drop_key(asdict(each), "score") for each in summaries}
            for column, summaries in self.columns.items()
        }
        return {"file": str(self.file), "columns": columns}


def media_quality(
    catalog: Catalog, media_findings: Mapping[str, Findings], file: Path
) -> MediaQuality | None:
    """Return the quality of what was looked into, and write all scores to `file`; None if there are none."""
    found = {column: findings for column, findings in media_findings.items() if _with_scores(findings)}
    if not found:
        file.unlink(missing_ok=True)
        return None
    _write(catalog, found, file)
    columns = {
        column: tuple(_summarize(MEASURES[catalog.roles[column]], findings))
        for column, findings in found.items()
    }
    return MediaQuality(file, columns)


def _with_scores(findings: Findings) -> dict[str, MediaFinding]:
    """Return location -> finding of the media with scores."""
    return {reference.location: finding for reference, finding in findings.items() if finding.scores}


def _summarize(measures: Sequence[Measure], findings: Findings) -> list[ScoreSummary]:
    scored, summaries = _with_scores(findings), list[ScoreSummary]()
    for measure in measures:
        scores = {place: f.scores[measure.name] for place, f in scored.items() if measure.name in f.scores}
        if not scores:
            continue
        worst_at = (max if measure.worse == "higher" else min)(scores, key=lambda place: scores[place])
        noted = sum(measure.name in finding.faults for finding in scored.values())
        median = statistics.median(scores.values())
        summaries.append(
            ScoreSummary(
                measure.name,
                measure.meaning,
                len(scores),
                median,
                scores[worst_at],
                worst_at,
                measure.limit,
                noted,
                measure.better,
            )
        )
    return summaries


def _write(catalog: Catalog, found: Mapping[str, Findings], file: Path) -> None:
    names = dict.fromkeys(measure.name for column in found for measure in MEASURES[catalog.roles[column]])
    text = io.StringIO()
    rows = csv.DictWriter(text, [*_FIRST, *names], lineterminator="\n")
    rows.writeheader()
    for column, findings in found.items():
        for item_id, reference in zip(catalog.items.ids, catalog.media(column), strict=True):
            finding = None if reference is None else findings.get(reference)
            if reference is None or finding is None or not finding.scores:
                continue
            first = (item_id, column, reference.location, "; ".join(finding.faults.values()))
            scores = {name: f"{score:.6g}" for name, score in finding.scores.items()}
            rows.writerow(dict(zip(_FIRST, first, strict=True)) | scores)
    write_text(file, text.getvalue())


def _drop_key(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
