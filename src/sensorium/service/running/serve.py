"""`sensorium serve`, without what it prints."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sensorium.core.progress import Progress
from sensorium.service.configuration import configure
from sensorium.service.place import Place
from sensorium.service.running.logs import log_to_stderr
from sensorium.service.running.processes import Processes, Scale, stop_on_terminate
from sensorium.workspace.workspace import Workspace


@dataclass(frozen=True)
class Started:
    """A service that answers."""

    address: str
    key: str | None
    """A key that may do everything; None if one was made at an earlier start."""
    account: str | None
    password: str | None
    imported: dict[str, int]
    """Table -> rows that were new."""
    updated: int = 0
    """With `sync`: items that follow their changed rows."""
    kept: tuple[str, ...] = ()
    """With `sync`: ids of items that were changed or deleted over HTTP, whatever their rows say."""

    def to_json(self) -> dict[str, Any]:
        """Return all of it."""
        return asdict(self)


def serve(
    folder: Path,
    scale: Scale,
    *,
    new_key: bool,
    sync: bool,
    progress: Progress,
    started: Callable[[Started], None],
) -> None:
    """Bring the database up to date, import what is new, answer until the system says stop or Ctrl-C comes.

    Parameters
    ----------
    folder
        The workspace.
    scale
        Where and how much.
    new_key
        Make another key, if one was made at an earlier start.
    sync
        Let items follow their table where nobody changed them over HTTP.
    progress
        Where the import reports to.
    started
        Called once, when the service answers.
    """
    configure(folder)
    log_to_stderr()
    from django.db import connections

    from sensorium.service.engine.first_bundle import take_over_bundle
    from sensorium.service.jobs.engine_jobs import enqueue_first_fit
    from sensorium.service.running.first_start import (
        another_key,
        default_tenant,
        first_credentials,
        migrate,
    )
    from sensorium.service.running.workspace_import import import_workspace

    stop = stop_on_terminate()
    migrate()
    workspace = Workspace.open(folder)
    done = import_workspace(default_tenant(), workspace, progress, sync=sync)
    synced = next((one.synced for one in done if one.synced is not None), None)
    if take_over_bundle(default_tenant(), workspace) is None:
        enqueue_first_fit(default_tenant())
    connections.close_all()
    with Processes(Place(folder.resolve()), scale) as processes:
        processes.await_ready()
        credentials = first_credentials() or (another_key() if new_key else None)
        connections.close_all()
        started(
            Started(
                scale.address,
                None if credentials is None else credentials.key,
                None if credentials is None else credentials.account,
                None if credentials is None else credentials.password,
                {one.table: one.new for one in done},
                0 if synced is None else synced.updated,
                () if synced is None else tuple(synced.kept),
            )
        )
        processes.watch(stop)
