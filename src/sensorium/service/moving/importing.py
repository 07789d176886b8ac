"""Files of rows taken into the database, in short transactions; a row that cannot be used harms no other."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, cast

from pydantic import BaseModel, Field, ValidationError

from sensorium.core.errors import DataError
from sensorium.core.progress import Progress
from sensorium.service.api.events import EventInput
from sensorium.service.api.fields import Id, Input, Word
from sensorium.service.api.item_rows import ItemInput
from sensorium.service.api.problems import details_of
from sensorium.service.api.users import UserInput
from sensorium.service.moving import stores
from sensorium.service.moving.files import ROWS_AT_ONCE, Line, line_of, read_rows
from sensorium.service.moving.gorse import gorse_table, of_gorse
from sensorium.service.moving.tables import TABLES, Table
from sensorium.service.tenants.models import Tenant

SUFFIXES = (".jsonl", ".ndjson", ".parquet")
NAMES: Mapping[str, Table] = {**{table: table for table in TABLES}, "feedback": "events"}
"""Name of a file without its ending -> its table; `feedback` is Gorse's."""
MOST_REPORTED = 100


class UserRow(UserInput):
    """A user."""

    id: Id


class MediaRow(Input):
    """A medium whose bytes lie beside the file, under `media/`."""

    item_id: Id
    column: Word
    type: str = Field(max_length=100)
    bytes: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


ROW: Mapping[Table, type[BaseModel]] = {
    "items": ItemInput,
    "media": MediaRow,
    "users": UserRow,
    "events": EventInput,
}


@dataclass(frozen=True)
class BadRow:
    """A row that could not be used."""

    where: str
    """File and line."""
    why: str


@dataclass
class Taken:
    """What became of a table's rows."""

    rows: int = 0
    changed: int = 0
    """Rows that the database did not hold as they are."""
    failed: int = 0
    bad: list[BadRow] = field(default_factory=list[BadRow])
    """The first 100 that failed."""

    def to_json(self) -> dict[str, Any]:
        """Return the counts and the first bad rows."""
        return asdict(self)

    def add_bad(self, line: Line, why: str) -> None:
        """Count a row that could not be used."""
        self.failed += 1
        if len(self.bad) < MOST_REPORTED:
            self.bad.append(BadRow(f"{line.file.name}, line {line.number}", why))


Usable: TypeAlias = list[tuple[Line, Any]]


def import_everything(tenant: Tenant, sources: Sequence[Path], progress: Progress) -> dict[str, Taken]:
    """Take in the files, or those of folders: ours as an export writes them, or Gorse's.

    An item or user of a file replaces the one of the same id; an event counts once, however often its file is
    read. Stopped, it can be done again: what was taken in changes nothing.

    Raises
    ------
    DataError
        If a file is not named after a table, or there is none.
    """
    taken: dict[str, Taken] = {}
    for table, file in _in_order(sources):
        done = taken.setdefault(table, Taken())
        with progress.stage(f"importing {file.name}", unit="rows") as stage:
            lines = read_rows(file)
            while some := list(islice(lines, ROWS_AT_ONCE)):
                done.rows += len(some)
                usable = list(_usable(table, some, done))
                done.changed += _stored(tenant, table, usable, done)
                stage.advance(len(some))
    return taken


def _in_order(sources: Sequence[Path]) -> list[tuple[Table, Path]]:
    """Return files with their tables, items before their media."""
    found: list[tuple[Table, Path]] = []
    for source in sources:
        named = [file for file in sorted(source.glob("*")) if file.stem in NAMES and file.suffix in SUFFIXES]
        files = named if source.is_dir() else [source]
        if not files:
            what = "holds no file that is named after a table"
            raise DataError(what, where=str(source), remedy=f"Name one {_NAMED}")
        for file in files:
            if file.stem not in NAMES or file.suffix not in SUFFIXES:
                raise DataError("is not named after a table", where=str(file), remedy=f"Name it {_NAMED}")
            if not file.is_file():
                raise DataError("is not there", where=str(file), remedy="Check the path")
            found.append((NAMES[file.stem], file))
    return sorted(found, key=lambda pair: TABLES.index(pair[0]))


_NAMED = "items, media, users, events or feedback, with .jsonl or .parquet"


def _usable(table: Table, lines: Sequence[Line], done: Taken) -> Iterator[tuple[Line, Any]]:
    """Yield the rows that are as they must be, and count the others."""
    for line in lines:
        try:
            if line.row is None:
                raise ValueError(line.why)
            yield line, ROW[table].model_validate(_ours(table, line.row))
        except ValidationError as error:
            first = details_of(error.errors(include_url=False, include_context=False))[0]
            done.add_bad(line, f"{first['where']}: {first['detail']}")
        except (ValueError, KeyError) as error:
            done.add_bad(line, str(error))


def _ours(table: Table, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row by our names; an event without an id gets one that is made of what it says."""
    theirs = gorse_table(row)
    if theirs is not None:
        if theirs != table:
            raise ValueError(f"is a row of Gorse's {theirs}")
        row = of_gorse(row)
    if table == "events" and row.get("event_id") is None:
        digest = hashlib.blake2b(line_of(row).encode("utf-8", "surrogatepass"), digest_size=12)
        row = {**row, "event_id": f"file:{digest.hexdigest()}"}
    return row


def _stored(tenant: Tenant, table: Table, usable: Usable, done: Taken) -> int:
    """Store rows in one transaction; return how many changed something."""
    rows = [row for _, row in usable]
    if not rows:
        return 0
    if table == "items":
        return stores.store_items(tenant, cast(list[ItemInput], rows))
    if table == "users":
        return stores.store_users(tenant, cast(list[UserRow], rows))
    if table == "events":
        return stores.store_new_events(tenant, cast(list[EventInput], rows))
    changed = 0
    for line, row in usable:
        try:
            changed += stores.store_medium(tenant, line.file.parent, row)
        except ValueError as error:
            done.add_bad(line, str(error))
    return changed
