"""A workspace: a user's folder with `sensorium.toml`, and what Sensorium makes, beneath `.sensorium`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from sensorium.catalog.catalog import ReadCatalog, read_catalog
from sensorium.catalog.events import Events, ReadEvents
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.rejected import Rejected
from sensorium.catalog.users import ReadUsers, Users, read_users
from sensorium.core.errors import DataError, NotReadyError
from sensorium.core.roles import Role
from sensorium.features.store import FeatureStore
from sensorium.media.web import WebAccess
from sensorium.workspace.event_files import all_events, read_event_files
from sensorium.workspace.item_batches import with_added_items
from sensorium.workspace.settings import Settings

SETTINGS_FILE = "sensorium.toml"
TRAIN_FILE = "train.csv"
MADE = ".sensorium"


def is_workspace(folder: Path) -> bool:
    """Return whether `folder` has settings."""
    return (folder / SETTINGS_FILE).is_file()


def is_split_folder(folder: Path) -> bool:
    """Return whether `folder` holds somebody's own split rather than a workspace."""
    return (folder / TRAIN_FILE).is_file() and not is_workspace(folder)


@dataclass(frozen=True)
class Tables:
    """What a workspace's files hold."""

    items: ReadCatalog
    events: tuple[ReadEvents, ...]
    """Those of each table; of an empty one where there is a catalogue alone."""

    @property
    def all_events(self) -> Events:
        """The events of all tables, one after another."""
        return all_events(self.events)

    @property
    def set_aside(self) -> dict[str, Rejected]:
        """`items` and `events`, or `events-NAME` for each of several tables -> the unusable rows."""
        return {"items": self.items.rejected} | dict(
            zip(rejected_names(self.events), (one.rejected for one in self.events), strict=True)
        )


def rejected_names(read: Sequence[ReadEvents]) -> list[str]:
    """Return what the files of bad rows of each table of events are called."""
    if len(read) == 1:
        return ["events"]
    stems = [Path(one.table.where).stem for one in read]
    return [
        f"events-{stem}" if stems.count(stem) == 1 else f"events-{n}-{stem}"
        for n, stem in enumerate(stems, start=1)
    ]


@dataclass(frozen=True)
class Workspace:
    """A folder with settings, data, and what was made of them."""

    folder: Path
    settings: Settings = field(repr=False)

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Return the workspace in `folder`.

        Raises
        ------
        NotReadyError
            If there is no `sensorium.toml`; the message says how to make one.
        ConfigError
            If it cannot be understood.
        """
        folder = Path(folder)
        file = folder / SETTINGS_FILE
        if not folder.is_dir():
            raise DataError(
                "there is no such folder", where=str(folder), remedy="Name the folder of a workspace"
            )
        if not file.is_file():
            raise NotReadyError(
                f"no {SETTINGS_FILE} in this folder",
                where=str(folder),
                remedy=f"Make one with: sensorium init {folder} --items ITEMS.csv --events EVENTS.csv; "
                "of a folder of media, or of items.csv and events.csv, its name alone will do",
            )
        return cls(folder, Settings.read(file))

    @property
    def made(self) -> Path:
        """The folder for everything that can be made again."""
        return self.folder / MADE

    @property
    def bundles(self) -> Path:
        """The folder of fitted models."""
        return self.made / "bundles"

    @property
    def segments(self) -> Path:
        """Where items that came after a bundle are kept for views, by bundle."""
        return self.made / "segments"

    def store(self) -> FeatureStore:
        """Return the store of encoded features."""
        return FeatureStore(self.made / "features")

    def catalog_table(self) -> ReadCatalog:
        """Read the items and those that `sensorium add-items` added; bad rows are set aside in a file."""
        settings = self.settings.catalog
        roles = {column: role for role in Role for column in settings.columns(role)}
        media = None if settings.media is None else self.folder / settings.media
        web = WebAccess(
            networks=settings.private_networks,
            cache=self.made / "web",
            cache_bytes=settings.web_cache_mb * 1_000_000,
        )
        read = read_catalog(
            self._existing(settings.items),
            id=settings.id,
            roles=roles,
            base=media,
            web=web,
            decimal=settings.decimal,
        )
        if not len(read.catalog):
            raise DataError(
                "the catalogue is empty: no usable row", where=settings.items, remedy="Give a file with items"
            )
        self.set_aside("items", read.rejected)
        return with_added_items(read, self.folder)

    def tables(self) -> Tables:
        """Read items and events; bad rows are set aside in files and counted."""
        items = self.catalog_table()
        settings = self.settings.events
        paths = [self._existing(name) for table in settings.tables for name in table.file]
        events = tuple(read_event_files(settings, paths, items.catalog.items))
        for name, one in zip(rejected_names(events), events, strict=True):
            self.set_aside(name, one.rejected)
        return Tables(items, events)

    def users_table(self) -> Users | None:
        """Return the users of `read_users_table`."""
        read = self.read_users_table()
        return None if read is None else read.users

    def read_users_table(self) -> ReadUsers | None:
        """Read the table of users; bad rows are set aside in a file. None where the settings name none."""
        settings = self.settings.users
        if settings.file is None:
            return None
        follows = None if settings.follows is None else self._existing(settings.follows)
        read = read_users(
            read_table(self._existing(settings.file)),
            id=settings.id,
            category=settings.category,
            number=settings.number,
            follows=follows,
        )
        self.set_aside("users", read.rejected)
        return read

    def rejected_file(self, table: str) -> Path:
        """Return where the bad rows of `table` are set aside."""
        return self.made / "rejected" / f"{table}.csv"

    def set_aside(self, table: str, rejected: Rejected) -> None:
        """Write the bad rows of `table` to their file; without any there is no file."""
        file = self.rejected_file(table)
        if len(rejected):
            rejected.write(file)
        else:
            file.unlink(missing_ok=True)

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            raise DataError(
                f"there is no {name}",
                where=str(self.folder / SETTINGS_FILE),
                remedy="Correct the path or bring the file",
            )
        return path
