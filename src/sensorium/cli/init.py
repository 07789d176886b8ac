"""`sensorium init`: guesses what the columns are for and writes `sensorium.toml`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sensorium.cli.console import OUT, counted, next_step, print_done, print_json, styled
from sensorium.cli.options import AsJson
from sensorium.core.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from sensorium.catalog.guess import CatalogGuess
    from sensorium.workspace.initialize import NewWorkspace

NewFolder: TypeAlias = Annotated[
    Path, typer.Argument(metavar="DIR", help="Where to make the workspace.", show_default=False)
]
Items: TypeAlias = Annotated[
    Path | None, typer.Option("--items", metavar="FILE", help="The table of items, or a folder of media.")
]
EventsFile: TypeAlias = Annotated[
    Path | None, typer.Option("--events", metavar="FILE", help="The table of events.")
]
UsersFile: TypeAlias = Annotated[
    Path | None, typer.Option("--users", metavar="FILE", help="The table of users, if there is one.")
]
FollowsFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--follows", metavar="FILE", help="Whom users follow: a user and a followed one a row."),
]
Source: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FOLDER",
        help="Instead of both: a MovieLens or RecBole folder, or items.csv beside events.csv.",
    ),
]
Id: TypeAlias = Annotated[
    str | None, typer.Option("--id", metavar="COLUMN", help="The column with the item ids.")
]
Columns: TypeAlias = list[str] | None
Text: TypeAlias = Annotated[Columns, typer.Option("--text", metavar="COLUMN", help="A column of text.")]
Image: TypeAlias = Annotated[Columns, typer.Option("--image", metavar="COLUMN", help="A column of pictures.")]
Audio: TypeAlias = Annotated[Columns, typer.Option("--audio", metavar="COLUMN", help="A column of sounds.")]
Video: TypeAlias = Annotated[Columns, typer.Option("--video", metavar="COLUMN", help="A column of clips.")]
Category: TypeAlias = Annotated[
    Columns, typer.Option("--category", metavar="COLUMN", help="A column of labels.")
]
Number: TypeAlias = Annotated[
    Columns, typer.Option("--number", metavar="COLUMN", help="A column of numbers.")
]
Ignore: TypeAlias = Annotated[
    Columns, typer.Option("--ignore", metavar="COLUMN", help="A column to leave out.")
]
UserColumn: TypeAlias = Annotated[
    str | None, typer.Option("--user", metavar="COLUMN", help="The users' column of the events.")
]
ItemColumn: TypeAlias = Annotated[
    str | None, typer.Option("--item", metavar="COLUMN", help="The items' column of the events.")
]
ValueColumn: TypeAlias = Annotated[
    str | None, typer.Option("--value", metavar="COLUMN", help="Ratings or counts of the events.")
]
TimeColumn: TypeAlias = Annotated[
    str | None, typer.Option("--time", metavar="COLUMN", help="The times of the events.")
]
TimeFormat: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--time-format",
        metavar="FORMAT",
        help="How times are written, such as '%d/%m/%Y %H:%M', day-first, month-first, excel or ms.",
    ),
]
TypeColumn: TypeAlias = Annotated[
    str | None, typer.Option("--type", metavar="COLUMN", help="What happened, such as view or purchase.")
]
Positive: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--positive", metavar="RULE", help="What counts as liked, such as 'rating >= 4'."),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Replace an existing sensorium.toml.")]


def command(
    folder: NewFolder,
    items: Items = None,
    events: EventsFile = None,
    source: Source = None,
    users: UsersFile = None,
    follows: FollowsFile = None,
    id: Id = None,  # noqa: A002
    text: Text = None,
    image: Image = None,
    audio: Audio = None,
    video: Video = None,
    category: Category = None,
    number: Number = None,
    ignore: Ignore = None,
    user: UserColumn = None,
    item: ItemColumn = None,
    value: ValueColumn = None,
    time: TimeColumn = None,
    time_format: TimeFormat = None,
    type: TypeColumn = None,  # noqa: A002
    positive: Positive = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a workspace: guess what each column is for, show the guess, write sensorium.toml.

    Options that name a COLUMN correct the guess; those for columns of items may be repeated.
    """
    from sensorium.core.roles import Role
    from sensorium.workspace.initialize import initialize_workspace

    _require_tables(items, events, source)
    tables = {"items": items, "events": events, "source": source, "users": users, "follows": follows}
    by_role = {
        Role.TEXT: text, Role.IMAGE: image, Role.AUDIO: audio, Role.VIDEO: video,
        Role.CATEGORY: category, Role.NUMBER: number, None: ignore,
    }  # fmt: skip
    roles = {column: role for role, columns in by_role.items() for column in columns or ()}
    event_roles = {"user": user, "item": item, "value": value, "time": time, "type": type}
    started = initialize_workspace(
        folder,
        **tables,
        id=id,
        roles=roles,
        event_columns={role: column for role, column in event_roles.items() if column is not None},
        time_format=time_format,
        positive=positive,
        overwrite=force,
    )
    if as_json:
        print_json(started.to_json())
    else:
        _show(started, folder)


def _require_tables(items: Path | None, events: Path | None, source: Path | None) -> None:
    """Raise `ConfigError` where the command line names no table of items or of events."""
    if source is None and (items is None or events is None):
        raise ConfigError(
            f"{'--items' if items is None else '--events'} is missing",
            remedy="Give --items ITEMS.csv and --events EVENTS.csv, or --from a folder that holds both",
        )


def _show(started: "NewWorkspace", folder: Path) -> None:
    from rich.table import Table

    table = Table(
        title=counted(started.n_items, "item"), title_justify="left", box=None, padding=(0, 2, 0, 0)
    )
    for head in ("column", "is", "because"):
        table.add_column(head, header_style="bold")
    table.add_row(started.items.id, styled("id", "cyan"), "identifies the item", style="")
    for guess in started.items.columns:
        role = styled(guess.role.value, "cyan") if guess.role else styled("left out", "dim")
        table.add_row(guess.column, role, guess.reason)
    OUT.print(table)
    events = Table(
        title="\n" + counted(started.n_events, "event"), title_justify="left", box=None, padding=(0, 2, 0, 0)
    )
    for head in ("column", "is", "because"):
        events.add_column(head, header_style="bold")
    columns = started.events.columns
    for role in ("user", "item", "value", "time", "type"):
        column = getattr(columns, role)
        if column is not None:
            events.add_row(column, styled(role, "cyan"), started.events.reasons.get(column, ""))
    for column in started.events.left_out:
        events.add_row(column, styled("left out", "dim"), "neither its name nor its values say what it is")
    positive = started.settings.events.positive
    guessed = positive == tuple(started.events.positive)
    why = started.events.reasons.get("positive", "") if guessed else "you said so"
    rules = f"{' or '.join(positive)} ({why})" if positive else "every event counts"
    events.add_row("", styled("liked", "cyan"), rules)
    OUT.print(events)
    if started.people.columns is not None:
        OUT.print(_users_table(started.people.columns, started.people.n_users))
    OUT.print()
    print_done(f"Wrote {started.file}. Correct it there, or with options such as --text COLUMN.")
    next_step("check", str(folder))


def _users_table(guess: "CatalogGuess", n_users: int) -> "Table":
    """Return a line for each column of the table of users."""
    from rich.table import Table

    table = Table(title="\n" + counted(n_users, "user"), title_justify="left", box=None, padding=(0, 2, 0, 0))
    for head in ("column", "is", "because"):
        table.add_column(head, header_style="bold")
    table.add_row(guess.id, styled("id", "cyan"), "identifies the user")
    for column in guess.columns:
        role = styled(column.role.value, "cyan") if column.role else styled("left out", "dim")
        table.add_row(column.column, role, column.reason)
    return table
