"""`sensorium init`: guesses what the columns are for and writes `sensorium.toml`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from sensorium.cli.console import OUT, counted, next_step, print_done, print_json, styled
from sensorium.cli.options import AsJson
from sensorium.core.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from sensorium.workspace.initialize import NewWorkspace
    from sensorium.workspace.initialize_events import GuessedEvents

NewFolder: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="Where to make the workspace; a folder that holds media, or items.csv and perhaps events.csv, "
        "needs nothing else.",
        show_default=False,
    ),
]
Items: TypeAlias = Annotated[
    Path | None, typer.Option("--items", metavar="FILE", help="The table of items, or a folder of media.")
]
EventsFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--events", metavar="FILE", help="A table of events; may be repeated."),
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
TextColumns: TypeAlias = Annotated[
    Columns, typer.Option("--text", metavar="COLUMN", help="A column of text.")
]
Image: TypeAlias = Annotated[Columns, typer.Option("--image", metavar="COLUMN", help="A column of pictures.")]
Audio: TypeAlias = Annotated[Columns, typer.Option("--audio", metavar="COLUMN", help="A column of sounds.")]
Video: TypeAlias = Annotated[Columns, typer.Option("--video", metavar="COLUMN", help="A column of clips.")]
Category: TypeAlias = Annotated[
    Columns, typer.Option("--category", metavar="COLUMN", help="A column of labels.")
]
Number: TypeAlias = Annotated[
    Columns, typer.Option("--number", metavar="COLUMN", help="A column of numbers.")
]
Available: TypeAlias = Annotated[
    Columns, typer.Option("--available", metavar="COLUMN", help="A column that says which items can be had.")
]
Hidden: TypeAlias = Annotated[
    Columns,
    typer.Option("--hidden", metavar="COLUMN", help="A column that is true where an item is not shown."),
]
Published: TypeAlias = Annotated[
    str | None, typer.Option("--published", metavar="COLUMN", help="The column of when items appeared.")
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
CountColumn: TypeAlias = Annotated[
    str | None,
    typer.Option("--count", metavar="COLUMN", help="How often each event happened: plays, pieces."),
]
PortionColumn: TypeAlias = Annotated[
    str | None, typer.Option("--portion", metavar="COLUMN", help="Which share of the item was taken in.")
]
Strength: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--strength", metavar="TYPE=NUMBER", help="What a type of event says, such as view=0.2."),
]
Positive: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--positive", metavar="RULE", help="What counts as liked, such as 'rating >= 4'."),
]
EVENT_ROLES = ("user", "item", "value", "time", "type", "count", "portion")
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Write sensorium.toml anew.")]


def command(
    folder: NewFolder,
    items: Items = None,
    events: EventsFiles = None,
    source: Source = None,
    users: UsersFile = None,
    follows: FollowsFile = None,
    id: Id = None,  # noqa: A002
    text: TextColumns = None,
    image: Image = None,
    audio: Audio = None,
    video: Video = None,
    category: Category = None,
    number: Number = None,
    available: Available = None,
    hidden: Hidden = None,
    published: Published = None,
    ignore: Ignore = None,
    user: UserColumn = None,
    item: ItemColumn = None,
    value: ValueColumn = None,
    time: TimeColumn = None,
    time_format: TimeFormat = None,
    type: TypeColumn = None,  # noqa: A002
    count: CountColumn = None,
    portion: PortionColumn = None,
    positive: Positive = None,
    strength: Strength = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a workspace: guess what each column is for, show the guess, write sensorium.toml.

    Options that name a COLUMN correct the guess; those for columns of items may be repeated.
    """
    started = _start(folder, locals())
    if as_json:
        print_json(started.to_json())
    else:
        _show(started, folder)


def _start(folder: Path, asked: Mapping[str, Any]) -> "NewWorkspace":
    """Make the workspace that the options ask for; `asked` is option -> what was given."""
    from sensorium.core.roles import Role
    from sensorium.workspace.initialize import initialize_workspace
    from sensorium.workspace.workspace import is_workspace

    if not is_workspace(folder):
        _require_items(folder, asked["items"], asked["events"], asked["source"])
    by_role: dict[Role | None, Any] = {role: asked[role.value] for role in Role}
    roles = {
        column: role
        for role, given in (by_role | {None: asked["ignore"]}).items()
        for column in ([given] if isinstance(given, str) else given or ())
    }
    return initialize_workspace(
        folder,
        items=asked["items"],
        events=asked["events"],
        source=asked["source"],
        users=asked["users"],
        follows=asked["follows"],
        id=asked["id"],
        roles=roles,
        event_columns={role: column for role in EVENT_ROLES if (column := asked[role]) is not None},
        time_format=asked["time_format"],
        positive=asked["positive"],
        strength=parse_strengths(asked["strength"] or ()),
        overwrite=asked["force"],
    )


def parse_strengths(given: Sequence[str]) -> dict[str, float]:
    """Return type of event -> number, from such as `view=0.2`."""
    found: dict[str, float] = {}
    for text in given:
        kind, sign, number = text.rpartition("=")
        try:
            found[kind.strip()] = float(number)
        except ValueError:
            sign = ""
        if not sign or not kind.strip():
            raise ConfigError(
                f"{text!r} is no type with a number", where="--strength", remedy="Write it as in view=0.2"
            )
    return found


def _require_items(folder: Path, items: Path | None, events: list[Path] | None, source: Path | None) -> None:
    """Raise `ConfigError` where the command line names no items, and no folder that may hold them."""
    if source is None and items is None and (events or not folder.is_dir()):
        raise ConfigError(
            "--items is missing",
            remedy="Give --items ITEMS.csv and, if there are events, --events EVENTS.csv; or --from a folder "
            "that holds both; or name a folder of media",
        )


def _show(started: "NewWorkspace", folder: Path) -> None:
    items = _columns_table(counted(started.n_items, "item"))
    items.add_row(started.items.id, styled("id", "cyan"), "identifies the item")
    for guess in started.items.columns:
        items.add_row(guess.column, _shown_role(guess.role), guess.reason)
    OUT.print(items)
    for table in started.events.tables:
        title = "\n" + counted(table.n_events, "event")
        title += f" in {table.path.name}" if len(started.events.tables) > 1 else ""
        events = _columns_table(title)
        for column in table.columns():
            events.add_row(column["column"], _shown_role(column["role"]), column["reason"])
        if table.settings.every is not None:
            events.add_row("", styled("every", "cyan"), f"{table.settings.every}, by the name of the file")
        OUT.print(events)
    OUT.print(_what_counts(started.events))
    if started.people.columns is not None:
        users = _columns_table("\n" + counted(started.people.n_users, "user"))
        users.add_row(started.people.columns.id, styled("id", "cyan"), "identifies the user")
        for guess in started.people.columns.columns:
            users.add_row(guess.column, _shown_role(guess.role), guess.reason)
        OUT.print(users)
    OUT.print()
    if started.news is None:
        print_done(f"Wrote {started.file}. Correct it there, or with options such as --text COLUMN.")
    else:
        news = started.news or ("nothing",)
        print_done(f"Kept what was set in {started.file}. New:")
        for line in news:
            OUT.print(f"  {line}", soft_wrap=True)
    next_step("check", str(folder))


def _columns_table(title: str) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for head in ("column", "is", "because"):
        table.add_column(head, header_style="bold")
    return table


def _shown_role(role: str | None) -> "Text":
    return styled(str(role), "cyan") if role else styled("left out", "dim")


def _what_counts(events: "GuessedEvents") -> "Table | Text":
    """Return what events say, with reasons; where there are none, that there are none."""
    from rich.table import Table

    if not events.tables:
        said = "\nThere are no events: items will be compared by their content alone."
        return styled(said, "yellow")
    settings = events.settings
    table = Table(title="\nwhat events say", title_justify="left", box=None, padding=(0, 2, 0, 0))
    if not settings.strength:
        rules = " or ".join(settings.positive) or "every event"
        table.add_column("liked", header_style="bold")
        table.add_column("because", header_style="bold")
        table.add_row(rules, events.why_liked)
        return table
    for head in ("type", "strength", "because"):
        table.add_column(head, header_style="bold", justify="right" if head == "strength" else "left")
    for kind, value in settings.strength.items():
        table.add_row(kind, styled(f"{value:g}", "cyan"), events.why_strength.get(kind, ""))
    return table
