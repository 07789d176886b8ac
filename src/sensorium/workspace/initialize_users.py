"""A new workspace's users: the table of them, whom they follow, and what the columns are for."""

from dataclasses import dataclass, field
from pathlib import Path

from sensorium.catalog.datasets import Layout
from sensorium.catalog.guess import CatalogGuess
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.users import flattened, guess_users
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.workspace.relative_path import relative_path
from sensorium.workspace.user_settings import UserSettings


@dataclass(frozen=True)
class GuessedUsers:
    """What is known of users, if anything."""

    settings: UserSettings = field(default_factory=UserSettings)
    columns: CatalogGuess | None = None
    """What the columns of their table seem to be for."""
    n_users: int = 0
    reasons: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Setting, such as `users.category` -> why it was guessed, column by column."""


def initialize_users(
    users: Path | None, follows: Path | None, layout: Layout | None, *, folder: Path
) -> GuessedUsers:
    """Return the settings of the tables `users` and `follows`, or of those of `layout`.

    Paths are written relative to `folder`. `ConfigError` where whom users follow is given without their
    table.
    """
    if layout is not None:
        users, follows = users or layout.users, follows or layout.follows
    if users is None and follows is not None:
        raise ConfigError(
            "whom users follow is given without a table of users",
            where=str(follows),
            remedy="Give the table of users, too; a column with their ids will do",
        )
    if users is None:
        return GuessedUsers()
    frame = flattened(read_table(users)).frame
    guess = guess_users(frame)
    settings = UserSettings(
        file=relative_path(users, folder),
        id=guess.id,
        category=tuple(guess.columns_of(Role.CATEGORY)),
        number=tuple(guess.columns_of(Role.NUMBER)),
        follows=None if follows is None else relative_path(follows, folder),
    )
    reasons: dict[str, list[str]] = {}
    for column in guess.columns:
        if column.role is not None:
            reasons.setdefault(f"users.{column.role.value}", []).append(f"{column.column}: {column.reason}")
    return GuessedUsers(settings, guess, frame.height, reasons)
