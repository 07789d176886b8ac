"""The arguments and options that several commands share, each worded once."""

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sensorium.core.errors import ConfigError

if TYPE_CHECKING:
    from sensorium.catalog.catalog import Catalog

Folder: TypeAlias = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="The workspace: a folder with a sensorium.toml.", show_default=False),
]
WorkspaceOrSplit: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="A workspace, or a folder with train.csv, validation.csv, test.csv.",
        show_default=False,
    ),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout; progress and notes stay on stderr.")
]
Tenant: TypeAlias = Annotated[str, typer.Option("--tenant", metavar="NAME", help="Whose items and events.")]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", help="Also the settings of each source, and why these.")
]
Count: TypeAlias = Annotated[
    int, typer.Option("-k", "--count", metavar="N", min=1, help="How many items to show.")
]
Where: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Only items that meet it, such as genres=Comedy or 'year>=1990'; may be repeated.",
    ),
]
Deny: TypeAlias = Annotated[
    list[str] | None, typer.Option("--deny", metavar="ITEM", help="Leave this item out; may be repeated.")
]
Allow: TypeAlias = Annotated[
    list[str] | None, typer.Option("--allow", metavar="ITEM", help="Only this item; may be repeated.")
]
Seconds: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seconds",
        metavar="N",
        min=1,
        help="Seconds that a fit may take once features are there; if left out, those of sensorium.toml, "
        "else 120, and more beyond four million events.",
    ),
]
RepeatedPlan: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="BUNDLE",
        help="Try the same settings as for this bundle, whatever the time: its name, its folder, or last.",
    ),
]
Model: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="auto, or one model such as ease; if left out, that of sensorium.toml, else auto.",
    ),
]
Mask: TypeAlias = Annotated[
    str,
    typer.Option(
        "--mask",
        metavar="WHAT",
        help="The users' known interactions, which are not ranked: train+validation, or train alone.",
    ),
]
Seen: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--seen",
        metavar="all|none|TYPES",
        help="Which events take an item off a user's lists: all, none, or types such as view,purchase; "
        "if left out, as sensorium.toml says, else all.",
    ),
]
Explain: TypeAlias = Annotated[
    bool, typer.Option("--explain", help="Give the reasons of each item; they add up to its score.")
]
Language: TypeAlias = Annotated[
    str, typer.Option("--language", metavar="CODE", help="The language of what is printed: en or zh.")
]
User: TypeAlias = Annotated[
    str | None, typer.Option("--user", metavar="USER", help="The id of a user in the events.")
]
Everybody: TypeAlias = Annotated[bool, typer.Option("--all", help="Recommend to all users of the events.")]
Users: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--users",
        metavar="FILE",
        help="Recommend to these users: one id a line, or a table with their column.",
    ),
]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="With --all or --users: write a .parquet or .csv file."),
]
History: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--history",
        metavar="A,B",
        help="Ids of liked items, with commas, for a user without events; quote an id that holds a comma.",
    ),
]


Like: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--like",
        metavar="COLUMN=LABEL",
        help="A label that the user likes, such as genres=Comedy; may be repeated.",
    ),
]
Dislike: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--dislike",
        metavar="COLUMN=LABEL",
        help="A label that the user does not like; may be repeated.",
    ),
]
Steer: TypeAlias = Annotated[
    float,
    typer.Option(
        "--steer",
        metavar="SHARE",
        help="How far likes decide, 0 to 1: the share of the answer, at least, that has what is liked.",
    ),
]
LikedText: TypeAlias = Annotated[
    str | None, typer.Option("--text", metavar="WORDS", help="What the user likes, in words.")
]
LikedImage: TypeAlias = Annotated[
    Path | None, typer.Option("--image", metavar="FILE", help="A picture that the user likes.")
]
LikedAudio: TypeAlias = Annotated[
    Path | None, typer.Option("--audio", metavar="FILE", help="A sound that the user likes.")
]
LikedVideo: TypeAlias = Annotated[
    Path | None, typer.Option("--video", metavar="FILE", help="A clip that the user likes.")
]


UserAttribute: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--user-attribute",
        metavar="COLUMN=VALUE",
        help="Who the user is, such as age=25,occupation=student; may be repeated.",
    ),
]
Context: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        metavar="COLUMN=VALUE",
        help="The circumstances, such as hour=21,device=tv; may be repeated.",
    ),
]
Searched: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--searched",
        metavar="WORDS",
        help="What the user has just searched for, in words; may be repeated, the latest last.",
    ),
]
UsersWhere: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--users-where",
        metavar="CONDITION",
        help="With --all or --users: only users who meet it, such as 'age>=30'; may be repeated.",
    ),
]


def seen_choice(seen: str | None) -> str | list[str] | None:
    """Return what `--seen` says, as the library takes it; None without it."""
    if seen is None or seen.strip().lower() in ("all", "none"):
        return seen
    return [name.strip() for row in csv.reader([seen]) for name in row if name.strip()]


def history_ids(user: str | None, history: list[str] | None) -> list[str] | None:
    """Return the ids in `--history` as written, each option a row of a CSV file; None without it.

    `known_ids` tells which spaces belong to ids.

    Raises
    ------
    ConfigError
        If `--user` is given too, or no item is named.
    """
    if user is not None and history is not None:
        raise ConfigError("--user and --history together", remedy="Give one of the two")
    if history is None:
        return None
    quoted = (bool(re.search(r'(^|,)\s+"', row)) for row in history)
    rows = (
        csv.reader([row], skipinitialspace=is_quoted) for row, is_quoted in zip(history, quoted, strict=True)
    )
    ids = [item for reader in rows for row in reader for item in row if item.strip()]
    if not ids:
        raise ConfigError(
            "no item is named", where="--history", remedy="Write item ids with commas: --history A,B"
        )
    return ids


def known_ids(catalog: "Catalog", ids: list[str] | None) -> list[str] | None:
    """Return ids as the catalogue spells them: see `catalog.item_lookup.as_spelt`."""
    from sensorium.catalog.item_lookup import as_spelt

    return None if ids is None else as_spelt(catalog, ids)
