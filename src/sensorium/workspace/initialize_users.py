"""A workspace's users: the table of them, whom they follow, and what the columns are for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sensorium.catalog.datasets import Layout
from sensorium.catalog.guess import CatalogGuess, ColumnGuess
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.users import flattened, guess_users
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.workspace.relative_path import relative_path
from sensorium.workspace.settings_before import LEFT_OUT_BEFORE, NOTHING_BEFORE, SET_BEFORE, Before
from sensorium.workspace.toml_values import set_value
from sensorium.workspace.user_settings import UserSettings


@dataclass(frozen=True)
class GuessedUsers:
    """What is known of users, if anything."""

    settings: UserSettings = field(default_factory=UserSettings)
    columns: CatalogGuess | None = None
    """What the columns of their table seem to be for."""
    n_users: int = 0
    names: tuple[str, ...] = ()
    """The columns of the table."""

    def reasons(self) -> dict[str, list[str]]:
        """Return setting, such as `users.category` -> why it was guessed, column by column."""
        found: dict[str, list[str]] = {}
        for column in () if self.columns is None else self.columns.columns:
            if column.role is not None:
                found.setdefault(f"users.{column.role.value}", []).append(f"{column.column}: {column.reason}")
        return found


def initialize_users(
    users: Path | None,
    follows: Path | None,
    layout: Layout | None,
    *,
    folder: Path,
    before: Before = NOTHING_BEFORE,
) -> GuessedUsers:
    """Return the settings of the tables `users` and `follows`, of those of `layout`, or as they were set.

    Paths are written relative to `folder`.

    Raises
    ------
    ConfigError
        Where whom users follow is given without their table, or another table is set already.
    """
    if layout is not None:
        users, follows = users or layout.users, follows or layout.follows
    known = before.settings.users
    users = _one_of(users, known.file, folder, setting="file", what="users")
    follows = _one_of(follows, known.follows, folder, setting="follows", what="whom they follow")
    if users is None and follows is not None:
        raise ConfigError(
            "whom users follow is given without a table of users",
            where=str(follows),
            remedy="Give the table of users, too; a column with their ids will do",
        )
    if users is None:
        return GuessedUsers()
    frame = flattened(read_table(users)).frame
    name = known.file or relative_path(users, folder)
    key = None if known.file is None else known.id
    set_roles = before.user_roles
    named = [*set_roles, *([] if key is None else [key])]
    taken_out = before.taken_out(name, named)
    if known.file is not None and name not in before.seen:  # an `init` that kept no record of users
        taken_out = set(frame.columns).difference(named)
    guess = guess_users(frame.drop(taken_out, strict=False), id=key)
    columns = tuple(_as_set(column, set_roles) for column in guess.columns)
    left_out = tuple(
        ColumnGuess(column, None, LEFT_OUT_BEFORE) for column in frame.columns if column in taken_out
    )
    guess = CatalogGuess(guess.id, (*columns, *left_out))
    settings = UserSettings(
        file=name,
        id=guess.id,
        category=tuple(guess.columns_of(Role.CATEGORY)),
        number=tuple(guess.columns_of(Role.NUMBER)),
        follows=None if follows is None else known.follows or relative_path(follows, folder),
    )
    return GuessedUsers(settings, guess, frame.height, tuple(frame.columns))


def _one_of(given: Path | None, known: str | None, folder: Path, *, setting: str, what: str) -> Path | None:
    """Return the table that is given or `known`; `ConfigError` if these are two."""
    if known is None:
        return given
    if given is not None and given.resolve() != (folder / known).resolve():
        raise ConfigError(
            f"{known} is set as the table of {what}",
            where=str(given),
            remedy=f"Change `{setting}` under [users] in sensorium.toml, or begin anew with --force",
        )
    return folder / known


def _as_set(column: ColumnGuess, roles: dict[str, Role]) -> ColumnGuess:
    role = roles.get(column.column)
    return column if role is None else ColumnGuess(column.column, role, SET_BEFORE)


def added_users(document: Any, before: Before, people: GuessedUsers) -> Iterator[str]:
    """Write into `document` what is new of users, beside what is set, and yield it in words."""
    import tomlkit

    known, wanted = before.settings.users, people.settings
    if wanted.file is None or people.columns is None:
        return
    if "users" not in document:
        document.add("users", tomlkit.table())
    place = document["users"]
    if known.file is None:
        set_value(place, "file", wanted.file, "")
        set_value(place, "id", wanted.id, "")
        yield f"users are read from {wanted.file}"
    for role in (Role.CATEGORY, Role.NUMBER):
        had = known.category if role is Role.CATEGORY else known.number
        new = [
            column for column in people.columns.columns if column.role is role and column.column not in had
        ]
        if new:
            why = "; ".join(f"{column.column}: {column.reason}" for column in new)
            set_value(place, role.value, [*had, *(column.column for column in new)], why)
        yield from (f"{column.column} is {role.value} of users: {column.reason}" for column in new)
    if wanted.follows != known.follows:
        set_value(place, "follows", wanted.follows, "")
        yield f"whom users follow is read from {wanted.follows}"
