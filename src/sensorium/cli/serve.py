"""`sensorium serve`: a workspace answers over HTTP."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, get_args

import typer

from sensorium.cli.options import AsJson
from sensorium.core.errors import ConfigError

if TYPE_CHECKING:
    from sensorium.service.running.processes import Part
    from sensorium.service.running.serve import Started

Only: TypeAlias = Annotated[
    str,
    typer.Option(
        "--only",
        metavar="PART",
        help="web, worker, or setup, which prepares the database and ends; for containers.",
    ),
]
Proxies: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--proxy",
        metavar="NETWORK",
        help="Of proxies in front, whose X-Forwarded headers are believed, such as 10.0.0.0/8.",
    ),
]


Served: TypeAlias = Annotated[
    Path | None, typer.Argument(metavar="DIR", help="The workspace: its folder, or where --demo makes one.")
]
Host: TypeAlias = Annotated[
    str, typer.Option("--host", metavar="NAME", help="Where to listen; 0.0.0.0 is every network.")
]
Web: TypeAlias = Annotated[
    int, typer.Option("--web", metavar="N", min=1, help="How many web processes answer.")
]
Workers: TypeAlias = Annotated[
    int, typer.Option("--workers", metavar="N", min=1, help="How many processes do jobs beside them.")
]
NewKey: TypeAlias = Annotated[
    bool, typer.Option("--new-key", help="Make another key that may do everything, and print it.")
]
Sync: TypeAlias = Annotated[
    bool, typer.Option("--sync", help="Let items follow their table, but those changed over HTTP.")
]
Demo: TypeAlias = Annotated[
    bool, typer.Option("--demo", help="Serve an example catalogue; without DIR, in a temporary folder.")
]


def command(
    folder: Served = None,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=1, help="The port.")] = 8000,
    web: Web = 2,
    workers: Workers = 1,
    only: Only = "all",
    proxy: Proxies = None,
    new_key: NewKey = False,
    sync: Sync = False,
    demo: Demo = False,
    as_json: AsJson = False,
) -> None:
    """Serve a workspace over HTTP: its items, events and users, for programs with a key.

    The first start makes a key and an owner, and prints them once. The database is SQLite in the workspace,
    or what DATABASE_URL names. Ctrl-C stops; the next start goes on where this one was.
    """
    import time

    from sensorium.cli.console import print_json, terminal_progress
    from sensorium.service.extra import require_serve_extra

    begun_s = time.monotonic()
    require_serve_extra(needed_for="sensorium serve")
    if folder is None and not demo:
        raise ConfigError("no workspace is named", where="DIR", remedy="Name its folder, or try --demo")
    from sensorium.service.proxies import networks_of
    from sensorium.service.running.processes import Scale
    from sensorium.service.running.serve import Start, Started, serve
    from sensorium.service.running.world import demo_world

    progress = terminal_progress(notes=not as_json)
    with demo_world(folder, progress) if demo or folder is None else nullcontext(folder) as place:

        def show(started: Started) -> None:
            if as_json:
                print_json(started.to_json())
            else:
                _print(started, place, sync=sync)

        proxies = tuple(str(network) for network in networks_of(proxy or ()))
        scale = Scale(host, port, web_processes=web, workers=workers, only=_part(only), proxies=proxies)
        wanted = Start(new_key=new_key, sync=sync, demo=demo, begun_s=begun_s)
        serve(place, scale, wanted, progress=progress, started=show)


def _part(only: str) -> "Part":
    """Return which processes are started here."""
    from sensorium.service.running.processes import Part

    part = next((part for part in get_args(Part) if part == only), None)
    if part is None:
        remedy = "Use web, worker or setup; without it all of them run here"
        raise ConfigError(f"there is no part {only!r}", where="--only", remedy=remedy)
    return part


def _print(started: "Started", folder: Path, *, sync: bool) -> None:
    """Say where the service is, what was imported, and what is shown this once."""
    from rich.text import Text

    from sensorium.cli.console import ERR, OUT, print_done

    for table, new in started.imported.items():
        print_done(f"{new:,} new {table} imported")
    if sync:
        print_done(f"{started.updated:,} items updated from their table")
    if started.kept:
        OUT.print(
            f"{len(started.kept):,} kept as they were made over HTTP: {', '.join(started.kept[:20])}"
            + (" ..." if len(started.kept) > 20 else ""),
            soft_wrap=True,
            markup=False,
        )
    if started.key is not None:
        OUT.print(f"\nKey: {started.key}", soft_wrap=True)
    if started.password is not None:
        OUT.print(f"Account: {started.account}, password: {started.password}", soft_wrap=True)
    if started.key is not None:
        ERR.print(Text("They are shown this once: keep them.", style="bold"))
    if started.address is not None:
        OUT.print(f"\nServing {folder} at {started.address}", soft_wrap=True)
        OUT.print(f"Documentation of the API: {started.address}/api/docs", soft_wrap=True)
        if (answer := started.first_answer) is not None:
            shown = ", ".join(answer.items)
            took = f"\nFirst answer after {started.seconds:.1f} s, by {answer.path}"
            OUT.print(f"{took}: {answer.user_id} gets {shown}", soft_wrap=True)
            if answer.bundle is None:
                OUT.print("A model is being fitted; it answers as soon as it is there. Ask again:")
            ask = (
                f'curl -H "Authorization: Bearer {started.key}" {started.address}/api/users/{answer.user_id}'
            )
            OUT.print(f"  {ask}/recommendations", soft_wrap=True)
        ERR.print(Text("Ctrl-C stops.", style="dim"))
