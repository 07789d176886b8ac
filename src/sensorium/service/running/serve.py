"""`sensorium serve`, without what it prints."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.core.progress import Progress
from sensorium.service.configuration import configure
from sensorium.service.place import Place
from sensorium.service.running.logs import log_to_stderr
from sensorium.service.running.processes import Processes, Scale, end_on_terminate, stop_on_terminate
from sensorium.workspace.workspace import Workspace

if TYPE_CHECKING:
    from sensorium.service.running.first_start import Credentials
    from sensorium.service.running.workspace_import import Imported


@dataclass(frozen=True)
class Started:
    """A service that answers."""

    address: str | None
    """None where no web process was started here."""
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

    Of several that start at once over one database, one at a time makes and imports; nothing is made twice.

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
    end_on_terminate()
    done = _prepare(folder, progress, sync=sync)
    stop = stop_on_terminate()
    with Processes(Place(folder.resolve()), scale) as processes:
        processes.await_ready(stop)
        is_told = scale.only != "worker" and not stop.is_set()
        credentials = _credentials(new_key=new_key) if is_told else None
        synced = next((one.synced for one in done if one.synced is not None), None)
        started(
            Started(
                scale.address if processes.has_web else None,
                None if credentials is None else credentials.key,
                None if credentials is None else credentials.account,
                None if credentials is None else credentials.password,
                {one.table: one.new for one in done},
                0 if synced is None else synced.updated,
                () if synced is None else tuple(synced.kept),
            )
        )
        if scale.only != "setup":
            processes.watch(stop)


def _prepare(folder: Path, progress: Progress, *, sync: bool) -> "list[Imported]":
    """Let the database have its tables and what the workspace holds; return what was taken over."""
    from django.db import connections

    from sensorium.service.engine.first_bundle import forget_lost_bundles, take_over_bundle
    from sensorium.service.jobs.engine_jobs import enqueue_first_fit
    from sensorium.service.running.alone import alone
    from sensorium.service.running.first_start import default_tenant, migrate
    from sensorium.service.running.workspace_import import import_workspace

    workspace = Workspace.open(folder)
    with alone():
        migrate()
        done = import_workspace(default_tenant(), workspace, progress, sync=sync)
        lost = forget_lost_bundles()
        take_over_bundle(default_tenant(), workspace)
        for tenant in (default_tenant(), *lost):
            enqueue_first_fit(tenant)
    connections.close_all()
    return done


def _credentials(*, new_key: bool) -> "Credentials | None":
    """Make what is shown once; None if it was at an earlier start, or another one has just done so."""
    from django.db import connections

    from sensorium.service.running.alone import alone
    from sensorium.service.running.first_start import another_key, first_credentials

    with alone():
        made = first_credentials() or (another_key() if new_key else None)
    connections.close_all()
    return made
