"""The `sensorium` command: commands, exit codes, errors in one line."""

import sys
from importlib import import_module
from typing import Annotated

import typer

from sensorium import __version__
from sensorium.cli.console import ERR
from sensorium.core.errors import SensoriumError

COMMANDS = ("demo", "init", "check", "encode", "fit", "evaluate", "recommend", "similar", "search")
"""In the order in which a newcomer meets them."""

INTERRUPTED = 130
MISTAKE = 2

app = typer.Typer(
    name="sensorium",
    help="A recommender that reads, looks, listens and watches.",
    epilog="Start with: sensorium demo. "
    "Then your own data: sensorium init shop --items items.csv --events events.csv",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"sensorium {__version__}\n")
        raise typer.Exit


@app.callback()
def _main(  # pyright: ignore[reportUnusedFunction]
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


for _command in COMMANDS:
    app.command(_command)(import_module(f"sensorium.cli.{_command}").command)


def run() -> None:
    """Run the command line; exit 0 done, 2 the user's mistake, 130 interrupted."""
    try:
        app()
    except SensoriumError as error:
        ERR.print(f"[bold red]error:[/] {_escaped(str(error))}", soft_wrap=True)
        sys.exit(MISTAKE)
    except KeyboardInterrupt:
        ERR.print("Stopped. What was finished is kept; run the same command again to go on.")
        sys.exit(INTERRUPTED)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(" ".join(text.split()))


if __name__ == "__main__":
    run()
