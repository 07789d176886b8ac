"""The arguments and options that several commands share, each worded once."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Folder: TypeAlias = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="The workspace: a folder with a sensorium.toml.", show_default=False),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout; progress and notes stay on stderr.")
]
Count: TypeAlias = Annotated[int, typer.Option("-k", "--count", metavar="N", min=1, help="How many items.")]
Where: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="CONDITION", help="Such as genres=Comedy or 'year>=1990'; may be repeated."
    ),
]
Deny: TypeAlias = Annotated[
    list[str] | None, typer.Option("--deny", metavar="ITEM", help="Never this item; may be repeated.")
]
Allow: TypeAlias = Annotated[
    list[str] | None, typer.Option("--allow", metavar="ITEM", help="Only this item; may be repeated.")
]
Seconds: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seconds", metavar="N", min=1, help="How long auto may tune; sensorium.toml or 120 if not given."
    ),
]
Model: TypeAlias = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="auto, or one model such as ease; sensorium.toml or auto."),
]
Language: TypeAlias = Annotated[
    str, typer.Option("--language", metavar="CODE", help="In which language to say why: en or zh.")
]
