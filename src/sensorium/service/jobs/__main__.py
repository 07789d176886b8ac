"""A worker as a process: `python -m sensorium.service.jobs`, for the workspace that the environment names.

With the argument `long` it does the jobs that take minutes, and no others.
"""

import signal
import sys
import time
from threading import Event, Thread

from sensorium.service.running.parent import end_with_parent, parent_is_gone
from sensorium.service.running.web import configure_named

PARENT_S = 1.0
BESIDE_ENDS_S = 5.0
"""So long jobs beside may end in; what takes longer is begun anew by another worker."""
LONG = "long"
"""The argument of the worker that does what takes minutes."""


def main() -> None:
    """Do jobs until SIGTERM or Ctrl-C, or until whoever started this is gone; the job in hand ends first."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    end_with_parent()
    configure_named()
    from sensorium.service.jobs.kinds import BESIDE
    from sensorium.service.jobs.kinds import LONG as LONG_KINDS
    from sensorium.service.jobs.worker import BESIDE_IDLE_S, Worker

    Thread(target=_watch_parent, args=(stop,), daemon=True).start()
    if LONG in sys.argv[1:]:
        Worker(stop, only=LONG_KINDS).run()
        return
    threads = [
        Thread(target=Worker(stop, only=kinds, idle_s=BESIDE_IDLE_S).run, daemon=True) for kinds in BESIDE
    ]
    for thread in threads:
        thread.start()
    Worker(stop).run()
    end_s = time.monotonic() + BESIDE_ENDS_S
    for thread in threads:
        thread.join(max(0.0, end_s - time.monotonic()))


def _watch_parent(stop: Event) -> None:
    while not stop.wait(PARENT_S):
        if parent_is_gone():
            stop.set()


if __name__ == "__main__":
    main()
