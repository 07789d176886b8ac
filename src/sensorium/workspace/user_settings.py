"""`[users]` of a `sensorium.toml`, and the type of settings that name one column or several."""

import posixpath
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from sensorium.core.config import Config
from sensorium.core.errors import ConfigError


def several(value: object) -> object:
    """Return one text as a list of one."""
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(several)]
"""The name of a column, or several."""


def _each_once(files: tuple[str, ...]) -> tuple[str, ...]:
    plain = [posixpath.normpath(file) for file in files]
    for place, file in enumerate(plain):
        if file in plain[:place]:
            raise ConfigError(
                f"{files[place]!r} stands there twice",
                where="events.file",
                remedy="Name each file once: what is said twice counts twice",
            )
    return files


Files = Annotated[Columns, AfterValidator(_each_once)]
"""The path of a file, or several, each once."""


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
