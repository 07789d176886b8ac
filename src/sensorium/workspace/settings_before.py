"""What an earlier `init` and the user have set: it stays when `init` looks at the tables again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sensorium.core.files import write_text
from sensorium.core.roles import Role
from sensorium.workspace.settings import Settings

RECORD = Path(".sensorium") / "init.json"
"""Where the columns are kept that `init` has seen, so that one taken out by hand is not taken for new."""


@dataclass(frozen=True)
class Before:
    """What is set already, and which columns there were."""

    settings: Settings
    seen: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Table, as the settings name it -> its columns when it was last looked at."""

    @classmethod
    def read(cls, file: Path) -> "Before":
        """Return what stands in the `sensorium.toml` called `file`, and in the record of its workspace."""
        record = file.parent / RECORD
        seen = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
        return cls(Settings.read(file), seen)

    @property
    def roles(self) -> dict[str, Role]:
        """Column of the items -> its role."""
        catalog = self.settings.catalog
        return {column: role for role in Role for column in catalog.columns(role)}

    def every(self, table: str) -> str | None:
        """Return what each event of a table is said to be."""
        return next((part.every for part in self.settings.events.tables if part.file == (table,)), None)

    def columns_of(self, table: str) -> dict[str, str]:
        """Return what is set of a table of events: role -> column."""
        found = next((part for part in self.settings.events.tables if part.file == (table,)), None)
        given = {} if found is None else found.model_dump(exclude={"file", "every", "time_format"})
        return {role: column for role, column in given.items() if isinstance(column, str)}

    def context_of(self, table: str) -> tuple[str, ...]:
        """Return the circumstances that are set of a table of events."""
        return next((part.context for part in self.settings.events.tables if part.file == (table,)), ())

    @property
    def user_roles(self) -> dict[str, Role]:
        """Column of the table of users -> its role."""
        users = self.settings.users
        return dict.fromkeys(users.category, Role.CATEGORY) | dict.fromkeys(users.number, Role.NUMBER)

    def taken_out(self, table: str, named: Sequence[str]) -> set[str]:
        """Return the columns of a table that were seen before and are not `named`: they stay left out.

        None of a table that the settings no longer name: it comes anew.
        """
        settings = self.settings
        tables = [settings.catalog.items, settings.users.file]
        tables += [file for part in settings.events.tables for file in part.file]
        return set(self.seen.get(table, ())).difference(named) if table in tables else set()


def record_columns(folder: Path, seen: Mapping[str, Sequence[str]]) -> None:
    """Write which columns the tables have, by the tables' names in the settings."""
    write_text(folder / RECORD, json.dumps(seen, ensure_ascii=False))


NOTHING_BEFORE = Before(Settings.model_validate({"catalog": {"items": ""}}))
LEFT_OUT_BEFORE = "was left out before"
"""The reason for a column that was seen and has no part."""
SET_BEFORE = "as it was set"
"""The reason for what stands in the settings."""
