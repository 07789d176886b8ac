"""What reading each medium of a catalogue shows: whether it can be used, how good it is, how it looks."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import MediaError
from sensorium.core.hashing import hash_bytes
from sensorium.core.progress import SILENT, Progress
from sensorium.core.roles import Role
from sensorium.media.inspection_result import InspectionResult
from sensorium.media.limits import MAX_BYTES_OF
from sensorium.media.quality.measures import find_faults
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
    with _open_inspector(workers) if inspect is None else nullcontext(inspect) as judge:
        for column, references in media.items():
            role = catalog.roles[column]

            def find(reference: MediaRef, role: Role = role) -> MediaFinding:
                return _read_and_inspect(reference, role, judge, fetch_urls=fetch_urls)

            by_reference: dict[MediaRef, MediaFinding] = {}
            with progress.stage(f"checking {column}", len(references), unit="files") as stage:
                for reference, finding in zip(
                    references, _map_in_order(find, references, workers), strict=True
                ):
                    by_reference[reference] = finding
                    stage.advance()
            found[column] = by_reference
    return found


def _read_and_inspect(reference: MediaRef, role: Role, judge: Inspect, *, fetch_urls: bool) -> MediaFinding:
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
    wrong_name = _describe_wrong_name(reference, content)
    kind = MISLABELLED if wrong_name else None
    wrong = find_faults(role, found.scores)
    return MediaFinding(kind, wrong_name or "", hash_bytes(content), found.scores, wrong, found.fingerprint)


def _map_in_order(
    find: Callable[[MediaRef], MediaFinding], references: Iterable[MediaRef], workers: int
) -> Iterator[MediaFinding]:
    """Yield the finding of each reference in order, a bounded number of them at a time."""
    waiting = iter(references)
    with ThreadPoolExecutor(workers) as pool:
        while batch := list(islice(waiting, workers * AHEAD)):
            yield from pool.map(find, batch)


def _open_inspector(workers: int) -> AbstractContextManager[Inspect]:
    from sensorium.media.inspection import IsolatedInspector  # decoders load only where media are checked

    return IsolatedInspector(workers)


def _describe_wrong_name(reference: MediaRef, content: bytes) -> str | None:
    from sensorium.media.sniff import describe_wrong_name

    return describe_wrong_name(f"media{reference.suffix}", content)
