"""A folder that somebody downloaded: which of the known layouts it has, its tables, and what is in them."""

from dataclasses import dataclass
from pathlib import Path

from sensorium.catalog.columns import as_text
from sensorium.catalog.guess import CatalogGuess, guess_roles
from sensorium.catalog.guess_events import EventsGuess, guess_events
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.media_folder import holds_media
from sensorium.catalog.readers.movielens import LAYOUTS, USERS
from sensorium.catalog.readers.table import Table
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary

EXTENSIONS = (
    ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".csv.gz", ".tsv.gz",
    ".json.gz", ".jsonl.gz",
)  # fmt: skip
ITEM_NAMES = ("items", "catalog", "catalogue", "products")
USER_NAMES = ("users", "customers", "members")
FOLLOW_NAMES = ("follows", "friends")
EVENT_NAMES = ("events", "interactions", "ratings", "log")
KINDS_OF_EVENTS = (
    "orders", "purchases", "sales", "transactions", "clicks", "views", "plays", "listens", "likes", "carts",
    "favorites", "favourites", "bookmarks", "reviews", "dislikes",
)  # fmt: skip
"""Names of tables that may stand beside each other, each with events of one kind."""


@dataclass(frozen=True)
class Layout:
    """Where the tables of a folder are."""

    name: str
    items: Path
    """A file, or the folder itself for a folder of media."""
    events: Path | None
    """None where there are only items."""
    users: Path | None = None
    """Who the users are; None where nothing says."""
    follows: Path | None = None
    """Whom they follow; None where nothing says."""
    more_events: tuple[Path, ...] = ()
    """More tables of events, each of another kind."""

    @property
    def all_events(self) -> tuple[Path, ...]:
        """All tables of events."""
        return () if self.events is None else (self.events, *self.more_events)


@dataclass(frozen=True)
class Dataset:
    """The tables of a folder, and what their columns seem to be for."""

    layout: Layout
    items: Table
    events: Table | None
    roles: CatalogGuess
    event_roles: EventsGuess | None


def find_layout(folder: Path) -> Layout:
    """Return where the items and events of a folder are.

    Known are the MovieLens layouts, RecBole atomic files, `items.*` with `events.*`, and a folder of media
    (with `events.*` in it, if there are events).

    Raises
    ------
    DataError
        If the folder is not there or has none of these layouts.
    """
    if not folder.is_dir():
        raise DataError("there is no such folder", where=str(folder), remedy="Check the path")
    for name, (items, events) in LAYOUTS.items():
        if (folder / items).is_file() and (folder / events).is_file():
            return Layout(name, folder / items, folder / events, _existing(folder, USERS.get(name)))
    atomic, logs = sorted(folder.glob("*.item")), sorted(folder.glob("*.inter"))
    if atomic:
        same = [path for path in logs if path.stem == atomic[0].stem]
        people = _existing(folder, f"{atomic[0].stem}.user")
        return Layout("RecBole", atomic[0], next(iter(same or logs), None), people)
    items, events = _table(folder, ITEM_NAMES), _table(folder, EVENT_NAMES)
    kinds = [path for name in KINDS_OF_EVENTS if (path := _table(folder, (name,))) is not None]
    first, *more = [events] if events is not None else kinds or [None]
    if items is not None:
        users, follows = _table(folder, USER_NAMES), _table(folder, FOLLOW_NAMES)
        name = "items and events" if first else "items"
        return Layout(name, items, first, users, follows, tuple(filter(None, more)))
    if holds_media(folder):
        return Layout("folder of media", folder, first, more_events=tuple(filter(None, more)))
    if logs:
        raise DataError(
            f"{logs[0].name} stands there without the items that it speaks of",
            where=str(folder),
            remedy=f"Bring a table of the items, such as {logs[0].stem}.item, or name the file with items",
        )
    raise DataError(
        "none of the known layouts",
        where=str(folder),
        remedy="Give the files with items and events by name, or call them items.csv and events.csv",
    )


def read_dataset(folder: Path) -> Dataset:
    """Return the tables of a folder with a known layout, and what their columns seem to be for."""
    layout = find_layout(folder)
    items = read_table(layout.items)
    roles = guess_roles(items.frame)
    if layout.events is None:
        return Dataset(layout, items, None, roles, None)
    events = read_table(layout.events)
    ids = as_text(items.frame[roles.id]).drop_nulls().unique(maintain_order=True)
    return Dataset(
        layout, items, events, roles, guess_events(events.frame, items=Vocabulary(ids), item_id=roles.id)
    )


def _existing(folder: Path, name: str | None) -> Path | None:
    return folder / name if name is not None and (folder / name).is_file() else None


def _table(folder: Path, names: tuple[str, ...]) -> Path | None:
    candidates = (folder / f"{name}{extension}" for name in names for extension in EXTENSIONS)
    return next((path for path in candidates if path.is_file()), None)
