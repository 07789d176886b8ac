"""Every problem of a workspace at once: tables, media, and what follows for recommending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.catalog.availability_checks import availability_facts, availability_problems
from sensorium.catalog.checks import check_catalog, check_events, sort_by_severity
from sensorium.catalog.events import Events, ReadEvents
from sensorium.catalog.media_checks import media_problems
from sensorium.catalog.problems import Problem, Severity
from sensorium.catalog.repeats import repeat_problems
from sensorium.catalog.strength_checks import strengths_in_words
from sensorium.core.errors import ConfigError
from sensorium.core.progress import SILENT, Progress
from sensorium.core.roles import Role
from sensorium.duplicates.items import Duplicates, find_duplicates
from sensorium.duplicates.problems import duplicate_problems
from sensorium.ranking.seen_items import ALL, require_seen
from sensorium.workspace.event_batches import read_updates, with_updates
from sensorium.workspace.media_inspection import inspect_workspace_media
from sensorium.workspace.media_quality import MediaQuality, media_quality
from sensorium.workspace.user_checks import user_problems
from sensorium.workspace.workspace import Tables, Workspace


@dataclass(frozen=True)
class WorkspaceCheck:
    """What a workspace holds, and what is wrong with it."""

    facts: Mapping[str, int | str]
    """Counts, in the words of the command line."""
    problems: tuple[Problem, ...]
    """The gravest first."""
    set_aside: Mapping[str, Path]
    """Table -> the file with its bad rows, where there are any."""
    quality: MediaQuality | None = None
    """How good the media are; None if none was looked into."""
    duplicates: Duplicates | None = None
    """Which items are nearly the same in all that both of them have."""
    duplicates_file: Path | None = None
    """Where they stand; None if there are none."""

    @property
    def usable(self) -> bool:
        """Whether the work can go on."""
        return not any(problem.severity is Severity.ERROR for problem in self.problems)

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium check --json` prints."""
        return {
            "usable": self.usable,
            "facts": dict(self.facts),
            "problems": [problem.to_json() for problem in self.problems],
            "set_aside": {table: str(file) for table, file in self.set_aside.items()},
            "quality": None if self.quality is None else self.quality.to_json(),
            "duplicates": [] if self.duplicates is None else self.duplicates.to_json(),
        }


def check_workspace(
    workspace: Workspace, *, fetch: bool = False, thorough: bool = False, progress: Progress = SILENT
) -> WorkspaceCheck:
    """Return every problem of the tables and media, how good the media are, and which items are one.

    Events are those of the table and of the workspace's updates, from which `fit` learns alike.
    Rows set aside, scores of quality and groups of duplicates are written beneath `.sensorium`; what was
    found in a medium is kept there too, so that another check does not decode it again. Media on the web
    are looked into, and kept, only with `fetch`; costly scores of quality are found only if `thorough`.
    """
    tables = workspace.tables()
    catalog = tables.items.catalog
    read = tables.all_events
    updates = read_updates(workspace, read)
    events = with_updates(read, updates)
    media_findings = inspect_workspace_media(
        workspace, catalog, fetch=fetch, thorough=thorough, progress=progress
    )
    duplicates = find_duplicates(catalog, media_findings=media_findings)
    problems = [
        *check_catalog(tables.items),
        *availability_problems(tables.items),
        *_event_problems(tables, updates, events),
        *media_problems(tables.items, media_findings),
        *duplicate_problems(tables.items, duplicates),
        *user_problems(workspace, events),
        *_ranking_problems(workspace, events, tables.events[0].table.where),
    ]
    aside = {table: workspace.rejected_file(table) for table, rows in tables.set_aside.items() if len(rows)}
    if (users := workspace.rejected_file("users")).is_file():
        aside["users"] = users
    quality = media_quality(catalog, media_findings, workspace.made / "quality" / "scores.csv")
    file = _kept(duplicates, workspace.made / "duplicates.csv")
    facts = _facts(tables, events, updates)
    return WorkspaceCheck(facts, tuple(sort_by_severity(problems)), aside, quality, duplicates, file)


def _ranking_problems(workspace: Workspace, events: Events, where: str) -> list[Problem]:
    """Return what is wrong with `[ranking] seen`, or a note where another rule suits the events better."""
    seen = workspace.settings.ranking.seen
    if seen == ALL:
        return repeat_problems(events, where)
    try:
        require_seen(seen, events, "ranking.seen")
    except ConfigError as error:
        return [Problem(Severity.ERROR, "unknown type", where, error.what, error.remedy or "")]
    return []


def _event_problems(tables: Tables, updates: Sequence[ReadEvents], events: Events) -> list[Problem]:
    """Return what is wrong with the events; where there are none, what a catalogue alone cannot do."""
    first, *others = tables.events
    if len(events) or any(len(one.rejected) for one in (*tables.events, *updates)):
        return check_events(first, later=[*others, *updates], whole=events)
    catalog = tables.items.catalog
    roles = {column: role for column, role in catalog.roles.items() if role.makes_features}
    comparable = any(_present(tables, column, role) for column, role in roles.items())
    severity, message = (
        (Severity.NOTE, "items are compared by their content alone, and nothing can be evaluated")
        if comparable
        else (Severity.ERROR, "and no column tells which items are alike")
    )
    remedy = "Name a table of who did what with which item under [events], if there is one"
    return [Problem(severity, "no events", first.table.where, f"there are no events: {message}", remedy)]


def _kept(duplicates: Duplicates, file: Path) -> Path | None:
    """Write the groups to `file`; where there are none, remove what an earlier check wrote."""
    if not duplicates.groups:
        file.unlink(missing_ok=True)
        return None
    duplicates.write(file)
    return file


def _facts(tables: Tables, events: Events, updates: Sequence[ReadEvents]) -> dict[str, int | str]:
    catalog = tables.items.catalog
    facts: dict[str, int | str] = {
        "items": len(catalog),
        "users": len(events.users),
        "events": len(events),
        "liked": int(events.positive.sum()),
    }
    facts |= {f"  {kind}": words for kind, words in strengths_in_words(events).items()}
    if events.searches is not None:
        many, asking = len(events.searches), len(np.unique(events.searches.user))
        facts["searches"] = f"{many:,} by {asking:,} user{'s' * (asking != 1)}"
    if updates:
        fresh = len(events) - len(tables.all_events)
        files = f"{len(updates):,} {'file' if len(updates) == 1 else 'files'}"
        facts["brought by updates"] = f"{fresh:,} of the events, in {files}"
    if events.has_times:
        known = events.time[np.isfinite(events.time)]
        first, last = (
            str(np.datetime64(int(moment), "s").astype("datetime64[D]"))
            for moment in (known.min(), known.max())
        )
        facts["from"], facts["to"] = first, last
    for column, role in catalog.roles.items():
        if role.makes_features:
            facts[f"{role.value}:{column}"] = f"{_present(tables, column, role):,} of {len(catalog):,} items"
    facts |= availability_facts(catalog)
    for table, rows in tables.set_aside.items():
        facts[f"{table}: rows set aside"] = len(rows)
    return facts


def _present(tables: Tables, column: str, role: Role) -> int:
    catalog = tables.items.catalog
    if role is Role.NUMBER:
        return int(np.isfinite(catalog.numbers(column)).sum())
    values = catalog.categories(column) if role is Role.CATEGORY else catalog.texts(column)
    return sum(value is not None for value in values)
