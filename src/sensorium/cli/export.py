"""`sensorium export`: all that a service holds, as files."""

from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.options import AsJson, Folder, Tenant


def command(
    folder: Folder,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.", show_default=False)],
    form: Annotated[str, typer.Option("--format", metavar="NAME", help="jsonl, or parquet.")] = "jsonl",
    tenant: Tenant = "default",
    as_json: AsJson = False,
) -> None:
    """Write items, media, users and events of a workspace's service to a folder; it may run meanwhile.

    Each table is one file of JSON Lines or Parquet; sensorium import takes them in again.
    """
    from sensorium.cli.console import print_done, print_json, terminal_progress
    from sensorium.core.errors import ConfigError
    from sensorium.service.extra import require_serve_extra

    require_serve_extra(needed_for="sensorium export")
    from sensorium.service.moving.files import FORMATS, Format
    from sensorium.service.moving.opened import open_tenant

    known: Format | None = dict(zip(map(str, FORMATS), FORMATS, strict=True)).get(form)
    if known is None:
        raise ConfigError(f"there is no format {form!r}", where="--format", remedy="Use jsonl or parquet")
    opened = open_tenant(folder, tenant)
    from sensorium.service.moving.exporting import export_everything

    counts = export_everything(opened, out, known, terminal_progress(notes=not as_json))
    if as_json:
        said = {"folder": str(out), "exported": counts}
        print_json(said)
        return
    for table, n_rows in counts.items():
        print_done(f"{n_rows:,} {table} in {out / table}.{known}")
