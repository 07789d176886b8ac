"""`[users]` of a `sensorium.toml`, and the type of settings that name one column or several."""

from typing import Annotated

from pydantic import BeforeValidator

from sensorium.core.config import Config


def several(value: object) -> object:
    """Return one text as a list of one."""
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(several)]
"""The name of a column, or several."""


class UserSettings(Config):
    """`[users]`: who the users are."""

    file: str | None = None
    """The table of users: .csv, .tsv, .jsonl, .parquet, RecBole .user, MovieLens' u.user or users.dat."""
    id: str = "user_id"
    """The column that identifies a user, as in the events."""
    category: Columns = ()
    """Attributes with labels, such as an occupation; `|` separates several."""
    number: Columns = ()
    """Attributes with quantities, such as an age."""
    follows: str | None = None
    """A table with two columns: a user, and whom that user follows."""
