"""Settings of gunicorn that do not change; it reads them from this module."""

from typing import Any

from prometheus_client.multiprocess import mark_process_dead

from sensorium.service.running.parent import end_with_parent

worker_class = "sensorium.service.running.web_worker.ProblemWorker"
limit_request_line = 8190  # the most that it can: an id of 256 letters may have 3,072 bytes in a path
timeout = 60
graceful_timeout = 20
keepalive = 5
accesslog = None
loglevel = "warning"
forwarded_allow_ips = ""  # `Forwarded` alone says whom to believe
preload_app = False  # polars has threads, which a fork would lose
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Let the server end with `sensorium serve`."""
    del server
    end_with_parent()


def child_exit(server: Any, worker: Any) -> None:
    """Forget gauges of a process that has ended; counters stay."""
    del server
    mark_process_dead(worker.pid)
