"""`sensorium import`: files taken into a service."""

from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.options import AsJson, Folder, Tenant


def command(
    folder: Folder,
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="FROM...",
            help="Files items, media, users, events or Gorse's feedback (.jsonl, .parquet), or their folder.",
            show_default=False,
        ),
    ],
    tenant: Tenant = "default",
    as_json: AsJson = False,
) -> None:
    """Take files into a workspace's service, which may run meanwhile: those of sensorium export, or Gorse's.

    An item or user replaces the one of the same id; an event counts once. Rows that cannot be used are named.
    """
    from sensorium.cli.console import ERR, print_done, print_json, terminal_progress
    from sensorium.service.extra import require_serve_extra

    require_serve_extra(needed_for="sensorium import")
    from sensorium.service.moving.opened import open_tenant

    opened = open_tenant(folder, tenant)
    from sensorium.service.moving.importing import import_everything

    taken = import_everything(opened, sources, terminal_progress(notes=not as_json))
    if as_json:
        said = {"imported": {table: one.to_json() for table, one in taken.items()}}
        print_json(said)
        return
    for table, one in taken.items():
        print_done(f"{one.rows:,} rows of {table} read, {one.changed:,} of them new or changed")
        for bad in one.bad[:5]:
            ERR.print(f"{bad.where}: {bad.why}", soft_wrap=True, markup=False)
        if one.failed > 5:
            ERR.print(f"{one.failed:,} rows of {table} could not be used; --json names more", soft_wrap=True)
