"""The `sensorium` command: commands, exit codes, errors in one line."""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated

import typer

from sensorium import __version__
from sensorium.cli.console import ERR, MISTAKE, warnings_as_lines
from sensorium.core.errors import SensoriumError

COMMANDS: Mapping[str, str] = {
    "demo": "Make an example catalogue and show everything on it.",
    "init": "Make a workspace: guess what each column is for.",
    "check": "Report every problem in the data at once.",
    "encoders": "List the encoders of text, pictures, sound and clips.",
    "models": "List the models that learn to recommend.",
    "encode": "Turn media, text and attributes into features.",
    "fit": "Tune and train a model; write a bundle.",
    "evaluate": "Measure accuracy on test events, beside baselines.",
    "compare": "Compare every level of fusion on test events.",
    "recommend": "Recommend items to a user or a history.",
    "update": "Add new events without a fit.",
    "add-items": "Add new items without a fit.",
    "similar": "Show the items most similar to one item.",
    "explain": "Explain why an item is recommended.",
    "explain-similarity": "Show which regions or seconds make two items similar.",
    "search": "Find items by words, a picture, a sound or a clip.",
    "keywords": "Show the keywords of items' texts.",
    "probe": "Compare encoders, by labelled media or by events.",
    "serve": "Serve items, events and users over HTTP.",
    "tenants": "List, add or remove tenants of a service.",
    "export": "Write all that a service holds to a folder.",
    "import": "Take files into a service, also Gorse's.",
}
"""Each with a line for the overview, in the order in which a newcomer meets them."""

MODULES: Mapping[str, str] = {"import": "import_files"}
"""Command -> its module, where that cannot have its name."""
RENAMED: Mapping[str, str] = {"alike": "explain-similarity"}
"""Former name of a command -> its name; both work, and the former says the new one."""
OPTION_OF: Mapping[str, str] = {"exclude_seen": "seen", "ranking.seen": "seen"}
"""What the library or the settings call a choice -> the option that makes it."""

INTERRUPTED = 130
NOBODY_READS = 141
"""What a shell gives a program whose output is cut off, such as by `| head`."""

USAGE_ERROR: type[Exception] = next(
    cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException"
)
"""What the parser raises; typer exports its children alone, and where they live differs between releases."""

app = typer.Typer(
    name="sensorium",
    help="A recommender that reads, looks, listens and watches.",
    epilog="Start with: sensorium demo. "
    "Then your own data: sensorium init DIR --items ITEMS.csv --events EVENTS.csv",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"sensorium {__version__}\n")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _main(  # pyright: ignore[reportUnusedFunction]
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


for _command, _line in COMMANDS.items():
    app.command(_command, short_help=_line)(
        import_module(f"sensorium.cli.{MODULES.get(_command, _command).replace('-', '_')}").command
    )


def run() -> None:
    """Run the command line; exit 0 done, 2 the user's mistake, 130 interrupted."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 lacks letters; that is no error
    sys.exit(exit_code())


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code of the command in `arguments` or `sys.argv`; errors are one line on stderr."""
    with warnings_as_lines():
        return _exit_code(arguments)


def _exit_code(arguments: Sequence[str] | None) -> int:
    try:
        code = int(app(_with_new_names(arguments), prog_name="sensorium", standalone_mode=False) or 0)
        sys.stdout.flush()
        return _interrupted() if code == INTERRUPTED else code
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except BrokenPipeError:
        return _nobody_reads()
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):
            return _nobody_reads()
        raise
    except SensoriumError as error:
        return _mistake(_as_option(error, sys.argv[1:] if arguments is None else arguments))
    except USAGE_ERROR as error:
        return _mistake(_usage(error))
    except MemoryError as error:
        return _mistake(f"not enough memory: {error}")
    except OSError as error:
        return _mistake(_system(error))


def _with_new_names(arguments: Sequence[str] | None) -> list[str]:
    """Return the arguments with the command's present name; a former one is reported."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in RENAMED:
        ERR.print(f"`{words[0]}` is now called `{RENAMED[words[0]]}`; both work.", soft_wrap=True)
        words[0] = RENAMED[words[0]]
    return words


def _interrupted() -> int:
    ERR.print("Stopped. What was finished is kept; run the same command again to go on.", soft_wrap=True)
    return INTERRUPTED


def _nobody_reads() -> int:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python flushes stdout once more when it ends
    return NOBODY_READS


def _mistake(text: str) -> int:
    from rich.text import Text

    ERR.print(Text.assemble(("error:", "bold red"), f" {' '.join(text.split())}"), soft_wrap=True)
    return MISTAKE


def _as_option(error: SensoriumError, arguments: Sequence[str]) -> str:
    """Return the error's message; a parameter that it concerns is named as the option that was written."""
    name, text = str(getattr(error, "where", None) or "").partition(" ")[0], str(error)
    option = "--" + OPTION_OF.get(name, name)
    written = {word.partition("=")[0] for word in arguments}
    return option + text.removeprefix(name) if option in written else text


def _usage(error: Exception) -> str:
    """Return what the parser found wrong with the command line."""
    context = getattr(error, "ctx", None)
    command = "sensorium" if context is None else context.command_path
    message = str(getattr(error, "format_message", error.__str__)()).rstrip(".")
    ends = "" if message.endswith("?") else "."
    return f"{message}{ends} See: {command} --help"


def _system(error: OSError) -> str:
    """Return what the operating system refused, such as a full disk or a folder that is read-only."""
    what = (error.strerror or str(error) or type(error).__name__).lower()
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{what}. Check the path, its permissions and the space on the disk"


if __name__ == "__main__":
    run()
