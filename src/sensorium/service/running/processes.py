"""The processes of a service: web servers and workers, started, watched, started again, stopped."""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from types import TracebackType
from typing import Literal, Self, TypeAlias

from sensorium.core.errors import ConfigError, NotReadyError
from sensorium.service.place import Place
from sensorium.service.proxies import PROXIES, networks_of
from sensorium.service.running.parent import environment_of_child
from sensorium.service.running.web import WORKSPACE

LOG = logging.getLogger("sensorium.service")
READY_S = 60.0
STOP_S = 30.0
"""How long a process may end its work in; then it is killed, and its job is done by another one."""
LOOK_S = 0.5
WEB_PROCESSES = "SENSORIUM_WEB_PROCESSES"
"""The variable that says among how many web processes rates are divided."""
AT_ONCE_S, MOST_AT_ONCE = 10.0, 5
"""A process that ended so often within so many seconds of its start is not started again."""
Part: TypeAlias = Literal["all", "web", "worker", "setup"]
"""Which processes are started here; `setup` starts none: it is what comes before them."""


@dataclass(frozen=True)
class Scale:
    """Where the service is asked, and how much it does at once."""

    host: str = "127.0.0.1"
    port: int = 8000
    web_processes: int = 2
    threads: int = 8
    """Of each web process: so many requests at once."""
    workers: int = 1
    only: Part = "all"
    proxies: tuple[str, ...] = ()
    """Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    @property
    def address(self) -> str:
        """Where a program on this machine asks."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def has_web(self) -> bool:
        """Whether something answers here."""
        return self.only in ("all", "web")


@dataclass
class _Process:
    command: Sequence[str]
    running: "subprocess.Popen[bytes]"
    started_s: float
    ended_at_once: int = 0


@dataclass
class Processes:
    """All processes of one service; leaving the context stops them."""

    place: Place
    scale: Scale
    _all: list[_Process] = field(default_factory=list[_Process])
    _counters: "tempfile.TemporaryDirectory[str] | None" = None
    """Of the web processes of this service, on this machine: elsewhere others have the same process ids."""

    def __enter__(self) -> Self:
        """Start them."""
        self._counters = tempfile.TemporaryDirectory(prefix="sensorium-metrics-", ignore_cleanup_errors=True)
        for command in self._commands():
            self._all.append(_Process(command, self._started(command), time.monotonic()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them end what they are doing, and wait for them."""
        for process in self._all:
            process.running.terminate()
        end_s = time.monotonic() + STOP_S
        for process in self._all:
            try:
                process.running.wait(max(0.1, end_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                LOG.warning("killed", extra={"pid": process.running.pid})
                process.running.kill()
                process.running.wait()
        if self._counters is not None:
            self._counters.cleanup()

    def await_ready(self, stop: Event) -> None:
        """Wait until the service answers; `NotReadyError` if a process ends instead, or it takes too long."""
        end_s = time.monotonic() + READY_S
        while self.scale.has_web and not stop.is_set() and not self._answers():
            ended = any(process.running.poll() is not None for process in self._all)
            if ended or time.monotonic() > end_s:
                what = "a process ended while it started" if ended else f"no answer within {READY_S:g} s"
                raise NotReadyError(what, where=self.scale.address, remedy="Read the lines above this one")
            time.sleep(0.1)

    def watch(self, stop: Event) -> None:
        """Start again whatever ends, until `stop` is set; `NotReadyError` if it ends at once each time."""
        while not stop.wait(LOOK_S):
            for process in self._all:
                code = process.running.poll()
                if code is None:
                    continue
                is_at_once = time.monotonic() - process.started_s < AT_ONCE_S
                process.ended_at_once = process.ended_at_once + 1 if is_at_once else 0
                name = process.command[2]
                if process.ended_at_once >= MOST_AT_ONCE:
                    what = f"{name} ends as soon as it starts, with code {code}"
                    raise NotReadyError(what, remedy="Read the lines above this one")
                LOG.warning("started again", extra={"command": name, "code": code})
                process.running, process.started_s = self._started(process.command), time.monotonic()

    def _commands(self) -> list[list[str]]:
        worker = [sys.executable, "-m", "sensorium.service.jobs"]
        workers = [*[worker] * self.scale.workers, [*worker, "long"]]
        return {"all": [self._web(), *workers], "web": [self._web()], "worker": workers, "setup": []}[
            self.scale.only
        ]

    def _web(self) -> list[str]:
        scale = self.scale
        host = f"[{scale.host}]" if ":" in scale.host else scale.host
        return [
            *(sys.executable, "-m", "gunicorn", "sensorium.service.running.web:application()"),
            *("--config", "python:sensorium.service.running.gunicorn_settings"),
            *("--bind", f"{host}:{scale.port}"),
            *("--workers", str(scale.web_processes), "--threads", str(scale.threads)),
        ]

    def _started(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C is for `sensorium serve`, which then stops the others in order.
        return subprocess.Popen(command, env=self._environment(), start_new_session=True)

    def _environment(self) -> Mapping[str, str]:
        """Return the variables of the processes; DATABASE_URL is among them, and in no command line."""
        counters = {} if self._counters is None else {"PROMETHEUS_MULTIPROC_DIR": self._counters.name}
        return {
            **environment_of_child(threads=1),
            WORKSPACE: str(self.place.workspace),
            # Among how many rates are divided: more than these, where others run on other machines.
            WEB_PROCESSES: os.environ.get(WEB_PROCESSES, str(self.scale.web_processes)),
            PROXIES: ",".join(str(network) for network in networks_of(self.scale.proxies)),
            **counters,
        }

    def _answers(self) -> bool:
        headers = {"Host": "localhost"}  # a name that is always allowed
        request = urllib.request.Request(  # noqa: S310 - of our own
            f"{self.scale.address}/api/health/ready", headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=2) as response:  # noqa: S310
                return response.status == 200
        except (OSError, urllib.error.URLError):
            return False


def require_free(scale: Scale) -> None:
    """Raise `ConfigError` if somebody else answers at the address, or it is none of this machine's."""
    family = socket.AF_INET6 if ":" in scale.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((scale.host, scale.port))
        except (OSError, OverflowError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            what = f"cannot listen at {scale.host}:{scale.port}: {reason}"
            raise ConfigError(what, where="--port", remedy="Choose another --port or --host") from error


def end_on_terminate() -> None:
    """End this process at once when the system asks for it, in order: what is open is closed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def stop_on_terminate() -> Event:
    """Return what is set when the system asks this process to end."""
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    return stop
