"""What is wrong with the media of a catalogue: missing, unreadable, mislabelled, poor, twice the same."""

from collections.abc import Mapping

from sensorium.catalog.catalog import ReadCatalog
from sensorium.catalog.checks import sort_by_severity
from sensorium.catalog.media_findings import (
    DUPLICATE,
    EMPTY,
    MISLABELLED,
    MISSING,
    POOR,
    UNFETCHED,
    UNREADABLE,
    Findings,
    Inspect,
    inspect_media,
)
from sensorium.catalog.problems import Problem, Severity
from sensorium.core.progress import SILENT, Progress
from sensorium.core.roles import Role
from sensorium.media.reference import MediaRef


def check_media(
    read: ReadCatalog,
    *,
    inspect: Inspect | None = None,
    fetch_urls: bool = False,
    workers: int = 2,
    progress: Progress = SILENT,
) -> list[Problem]:
    """Return every problem of the media that the catalogue points to, the gravest first."""
    media_findings = inspect_media(
        read.catalog, inspect=inspect, fetch_urls=fetch_urls, workers=workers, progress=progress
    )
    return media_problems(read, media_findings)


def media_problems(read: ReadCatalog, media_findings: Mapping[str, Findings]) -> list[Problem]:
    """Return every problem that looking into the media showed, the gravest first."""
    found: list[Problem] = []
    for column, findings in media_findings.items():
        found += _column_problems(read, column, read.catalog.roles[column], findings)
    return sort_by_severity(found)


def _column_problems(read: ReadCatalog, column: str, role: Role, findings: Findings) -> list[Problem]:
    rows: dict[MediaRef, list[int]] = {}
    for reference, row in zip(read.catalog.media(column), read.rows, strict=True):
        if reference is not None:
            rows.setdefault(reference, []).append(row)
    by_kind: dict[str, list[tuple[int, str]]] = {}
    first_with: dict[str, str] = {}
    for reference, finding in findings.items():
        if finding.kind is not None:
            shown = f"{reference.location}: {finding.detail}" if finding.detail else reference.location
            by_kind.setdefault(finding.kind, []).extend((row, shown) for row in rows[reference])
        if finding.faults:
            shown = f"{reference.location}: {', '.join(finding.faults.values())}"
            by_kind.setdefault(POOR, []).extend((row, shown) for row in rows[reference])
        if finding.content_hash is not None:
            same = first_with.setdefault(finding.content_hash, reference.location)
            repeats = rows[reference][1:] if same == reference.location else rows[reference]
            shown = f"{reference.location} is {same}"
            by_kind.setdefault(DUPLICATE, []).extend((row, shown) for row in repeats)
    return [
        _problem(kind, sorted(cases), role, column, read.table.where)
        for kind, cases in by_kind.items()
        if cases
    ]


def _problem(kind: str, cases: list[tuple[int, str]], role: Role, column: str, where: str) -> Problem:
    severity, message, remedy = _TEXTS[kind]
    return Problem.at(
        severity,
        kind,
        where,
        f"{len(cases):,} of the {role} files in {column!r} {message}",
        remedy=remedy,
        column=column,
        rows=[row for row, _ in cases],
        samples=[shown for _, shown in cases],
    )


_TEXTS: Mapping[str, tuple[Severity, str, str]] = {
    MISSING: (Severity.WARNING, "are not there", "Check the paths; they start at the folder of the table"),
    EMPTY: (Severity.WARNING, "have no content", "Copy them again"),
    UNREADABLE: (Severity.WARNING, "cannot be read", "Export them again in a common format"),
    MISLABELLED: (Severity.NOTE, "are not what their names say; they are read by content", "Rename them"),
    DUPLICATE: (Severity.NOTE, "have the same content as another item's", "Check for stand-in media"),
    POOR: (Severity.NOTE, "are of poor quality", "Look at them; better ones make better features"),
    UNFETCHED: (
        Severity.NOTE,
        "are on the web and were not fetched",
        "Look into them too with: sensorium check --fetch",
    ),
}
