"""What is wrong with the media of a catalogue: missing, unreadable, mislabelled, poor, twice the same."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice

from sensorium.catalog.catalog import Catalog, ReadCatalog
from sensorium.catalog.checks import by_severity
from sensorium.catalog.problems import Problem, Severity
from sensorium.core.errors import MediaError
from sensorium.core.hashing import hash_bytes
from sensorium.core.progress import SILENT, Progress
from sensorium.core.roles import Role
from sensorium.media.inspection_result import InspectionResult
from sensorium.media.limits import MAX_BYTES_OF
from sensorium.media.quality.measures import faults
from sensorium.media.reference import MediaRef

Findings = Mapping[MediaRef, "MediaFinding"]
"""What reading each medium of one column showed."""
Inspect = Callable[[bytes, Role], InspectionResult]
"""Says whether content can serve a role, and how good it is."""
MISSING, EMPTY, UNREADABLE = "missing media", "empty media", "unreadable media"
MISLABELLED, DUPLICATE, UNFETCHED = "mislabelled media", "duplicate media", "unfetched media"
POOR = "poor media"
AHEAD = 4
"""How many media each worker may read ahead; bounds the memory."""


@dataclass(frozen=True)
class MediaFinding:
    """What reading one medium showed."""

    kind: str | None = None
    detail: str = ""
    content_hash: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    fingerprint: bytes | None = None


def check_media(
    read: ReadCatalog,
    *,
    inspect: Inspect | None = None,
    fetch_urls: bool = False,
    workers: int = 2,
    progress: Progress = SILENT,
) -> list[Problem]:
    """Return every problem of the media that the catalogue points to, the gravest first."""
    looks = inspect_media(
        read.catalog, inspect=inspect, fetch_urls=fetch_urls, workers=workers, progress=progress
    )
    return media_problems(read, looks)


def inspect_media(
    catalog: Catalog,
    *,
    inspect: Inspect | None = None,
    fetch_urls: bool = False,
    workers: int = 2,
    progress: Progress = SILENT,
) -> dict[str, Findings]:
    """Return what reading the media of each column showed; each is read once, however many items share it.

    Parameters
    ----------
    catalog
        The items.
    inspect
        Looks into the content; if not given, `examine` of `media.inspection` does, in processes of
        their own.
    fetch_urls
        Whether to download what is on the web; otherwise it is only counted.
    workers
        How many media are read at a time.
    progress
        Told of each medium.
    """
    media = {
        column: list(dict.fromkeys(reference for reference in catalog.media(column) if reference is not None))
        for column, role in catalog.roles.items()
        if role.is_media
    }
    if not any(media.values()):
        return {column: {} for column in media}
    found: dict[str, Findings] = {}
    with _probe(workers) if inspect is None else nullcontext(inspect) as judge:
        for column, references in media.items():
            role = catalog.roles[column]

            def find(reference: MediaRef, role: Role = role) -> MediaFinding:
                return _finding(reference, role, judge, fetch_urls=fetch_urls)

            by_reference: dict[MediaRef, MediaFinding] = {}
            with progress.stage(f"checking {column}", len(references), unit="files") as stage:
                for reference, finding in zip(references, _in_order(find, references, workers), strict=True):
                    by_reference[reference] = finding
                    stage.advance()
            found[column] = by_reference
    return found


def media_problems(read: ReadCatalog, looks: Mapping[str, Findings]) -> list[Problem]:
    """Return every problem that looking into the media showed, the gravest first."""
    found: list[Problem] = []
    for column, findings in looks.items():
        found += _column_problems(read, column, read.catalog.roles[column], findings)
    return by_severity(found)


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


def _finding(reference: MediaRef, role: Role, judge: Inspect, *, fetch_urls: bool) -> MediaFinding:
    if reference.is_url and not fetch_urls:
        return MediaFinding(UNFETCHED if reference.exists() else MISSING)
    try:
        content = reference.read(MAX_BYTES_OF[role])
    except MediaError as error:
        return MediaFinding(UNREADABLE if reference.exists() else MISSING, error.reason)
    if not content:
        return MediaFinding(EMPTY)
    found = judge(content, role)
    if found.problem is not None:
        return MediaFinding(UNREADABLE, found.problem)
    wrong_name = _mislabelled(reference, content)
    kind = MISLABELLED if wrong_name else None
    wrong = faults(role, found.scores)
    return MediaFinding(kind, wrong_name or "", hash_bytes(content), found.scores, wrong, found.fingerprint)


def _in_order(
    find: Callable[[MediaRef], MediaFinding], references: Iterable[MediaRef], workers: int
) -> Iterator[MediaFinding]:
    """Yield the finding of each reference in order, a bounded number of them at a time."""
    waiting = iter(references)
    with ThreadPoolExecutor(workers) as pool:
        while batch := list(islice(waiting, workers * AHEAD)):
            yield from pool.map(find, batch)


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


def _probe(workers: int) -> AbstractContextManager[Inspect]:
    from sensorium.media.inspection import IsolatedInspector  # decoders load only where media are checked

    return IsolatedInspector(workers)


def _mislabelled(reference: MediaRef, content: bytes) -> str | None:
    from sensorium.media.sniff import mislabelled

    return mislabelled(f"media{reference.suffix}", content)
