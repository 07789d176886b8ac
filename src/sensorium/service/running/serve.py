"""`sensorium serve`, without what it prints."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.core.progress import Progress
from sensorium.service.configuration import configure
from sensorium.service.place import Place
from sensorium.service.running.logs import log_to_stderr
from sensorium.service.running.only_service import only_service
from sensorium.service.running.processes import (
    Processes,
    Scale,
    end_on_terminate,
    require_free,
    stop_on_terminate,
)
from sensorium.workspace.workspace import Workspace

if TYPE_CHECKING:
    from sensorium.service.running.first_answer import FirstAnswer
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
    first_answer: "FirstAnswer | None" = None
    """Of the demo world: what it recommended as soon as it answered."""
    seconds: float = 0.0
    """From the beginning to the first answer."""

    def to_json(self) -> dict[str, Any]:
        """Return all of it."""
        return asdict(self)


@dataclass(frozen=True)
class Start:
    """What is wanted of a start."""

    new_key: bool = False
    """Make another key, if one was made at an earlier start."""
    sync: bool = False
    """Let items follow their table where nobody changed them over HTTP."""
    demo: bool = False
    """The workspace is the demo world: fit it by its plan, make a key at each start, ask a first question."""
    begun_s: float = 0.0
    """By `time.monotonic`, when the command began."""


def serve(
    folder: Path, scale: Scale, wanted: Start, *, progress: Progress, started: Callable[[Started], None]
) -> None:
    """Bring the database up to date, import what is new, answer until the system says stop or Ctrl-C comes.

    Of several that start at once over one database, one at a time makes and imports; nothing is made twice.

    Parameters
    ----------
    folder
        The workspace.
    scale
        Where and how much.
    wanted
        What is to be done at the start.
    progress
        Where the import reports to.
    started
        Called once, when the service answers.

    Raises
    ------
    NotReadyError, ConfigError
        If the workspace, its settings or the database cannot be used, if it is served already, or if the
        address is not free.
    """
    configure(folder)
    log_to_stderr()
    end_on_terminate()
    place = Place(folder.resolve())
    with only_service(place, scale):
        if scale.has_web:
            require_free(scale)
        done = _prepared(folder, wanted, progress)
        stop = stop_on_terminate()
        with Processes(place, scale) as processes:
            processes.await_ready(stop)
            is_told = scale.only != "worker" and not stop.is_set()
            started(_started(scale, wanted, done, _credentials(wanted) if is_told else None))
            if scale.only != "setup":
                processes.watch(stop)


def _prepared(folder: Path, wanted: Start, progress: Progress) -> "Sequence[Imported]":
    """Let the database have its tables, what is new in the workspace's, and a bundle or a job for one."""
    from django.db import connections

    from sensorium.service.engine.first_bundle import forget_lost_bundles, take_over_bundle
    from sensorium.service.jobs.engine_jobs import DEMO, enqueue_first_fit
    from sensorium.service.running.alone import alone
    from sensorium.service.running.first_start import default_tenant, migrate
    from sensorium.service.running.workspace_import import import_workspace

    workspace = Workspace.open(folder)
    with alone():
        migrate()
        done = import_workspace(default_tenant(), workspace, progress, sync=wanted.sync)
        lost = forget_lost_bundles()
        take_over_bundle(default_tenant(), workspace)
        enqueue_first_fit(default_tenant(), plan=DEMO if wanted.demo else None)
        for tenant in lost:
            enqueue_first_fit(tenant)
    connections.close_all()
    return done


def _credentials(wanted: Start) -> "Credentials | None":
    """Make what is shown once; None if it was at an earlier start, or another one has just done so."""
    from django.db import connections

    from sensorium.service.running.alone import alone
    from sensorium.service.running.first_start import another_key, first_credentials

    with alone():
        made = first_credentials() or (another_key() if wanted.new_key or wanted.demo else None)
    connections.close_all()
    return made


def _started(scale: Scale, wanted: Start, done: "Sequence[Imported]", made: "Credentials | None") -> Started:
    """Return what is shown, now that nothing can go wrong any more; ask a demo's first question."""
    from django.db import connections

    from sensorium.service.running.first_answer import first_answer
    from sensorium.service.running.first_start import default_tenant

    synced = next((one.synced for one in done if one.synced is not None), None)
    answer = None
    if made is not None and wanted.demo and scale.has_web:
        answer = first_answer(scale.address, made.key, default_tenant())
        connections.close_all()
    return Started(
        scale.address if scale.has_web else None,
        None if made is None else made.key,
        None if made is None else made.account,
        None if made is None else made.password,
        {one.table: one.new for one in done},
        0 if synced is None else synced.updated,
        () if synced is None else tuple(synced.kept),
        answer,
        round(time.monotonic() - wanted.begun_s, 2),
    )
