"""What takes jobs from the table: one after another, each with a heartbeat, until it is told to stop."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Event, Thread

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from sensorium.service.jobs.engine_jobs import enqueue_encoding
from sensorium.service.jobs.kinds import BESIDE, KINDS, LONG
from sensorium.service.jobs.queue import (
    LEASE_S,
    HopelessError,
    Lease,
    LeaseLostError,
    WorkStoppedError,
    take_job,
)
from sensorium.service.jobs.reconcile import reconcile

LOG = logging.getLogger("sensorium.service")
IDLE_S, BESIDE_IDLE_S = 0.25, 1.0
ELSEWHERE = (*LONG, *(kind for kinds in BESIDE for kind in kinds))
RECONCILE_S = 30.0
DATABASE_DOWN_S = 1.0


class Worker:
    """Does jobs until `stop` is set; a job that is running then ends first.

    Parameters
    ----------
    only
        Kinds of jobs: these alone are done, or all that are not done elsewhere if none is named.
    idle_s
        How long it waits where there is nothing to do.
    """

    def __init__(self, stop: Event, *, only: Sequence[str] = (), idle_s: float = IDLE_S) -> None:
        self._stop, self._only, self._idle_s = stop, only, idle_s
        self._reconciled_s = -RECONCILE_S

    def run(self) -> None:
        """Do jobs; while the database does not answer, wait for it."""
        while not self._stop.is_set():
            try:
                if not self.step():
                    self._stop.wait(self._idle_s)
            except (DatabaseError, InterfaceError) as error:
                LOG.warning("worker waits for the database", extra={"error": str(error)})
                connections.close_all()
                self._stop.wait(DATABASE_DOWN_S)
        connections.close_all()

    def step(self) -> bool:
        """Do one job, if there is one; return whether there was."""
        if self._only:
            return self._do(take_job(only=self._only))
        if time.monotonic() - self._reconciled_s >= RECONCILE_S:
            reconcile()
            self._reconciled_s = time.monotonic()
        enqueue_encoding()
        return self._do(take_job(but=ELSEWHERE))

    def _do(self, lease: Lease | None) -> bool:
        if lease is None:
            close_old_connections()
            return False
        do_job(replace(lease, stopping=self._stop))
        return True


def do_job(lease: Lease) -> None:
    """Do the job, renewing its lease meanwhile; say in the table how it ended."""
    ended = Event()
    heartbeat = Thread(target=_renew_until, args=(lease, ended), daemon=True)
    heartbeat.start()
    try:
        KINDS[lease.job.kind](lease)
        lease.finish()
    except LeaseLostError as error:
        LOG.warning("lease lost", extra={"job": lease.job.pk, "error": str(error)})
    except WorkStoppedError:
        lease.put_back()
    except (DatabaseError, InterfaceError):
        raise  # the lease ends by itself, and another attempt follows
    except Exception as error:
        # What cannot be done is no fault of the program: whoever asked for it reads why in the job.
        trace = None if isinstance(error, HopelessError) else error
        LOG.warning("job failed", exc_info=trace, extra={"job": lease.job.pk, "kind": lease.job.kind})
        _fail(lease, error)
    finally:
        ended.set()
        heartbeat.join()


def _fail(lease: Lease, error: Exception) -> None:
    try:
        if isinstance(error, HopelessError):
            lease.fail(str(error), is_final=True)
        else:
            lease.fail(f"{type(error).__name__}: {error}")
    except LeaseLostError:
        LOG.warning("lease lost", extra={"job": lease.job.pk})


def _renew_until(lease: Lease, ended: Event) -> None:
    """Renew the lease every third of its length until the job has ended or belongs to another."""
    try:
        while not ended.wait(LEASE_S / 3):
            lease.renew()
    except LeaseLostError:
        pass
    except (DatabaseError, InterfaceError) as error:
        LOG.warning("no heartbeat", extra={"job": lease.job.pk, "error": str(error)})
    finally:
        connections.close_all()  # this thread's own
