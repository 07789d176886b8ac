"""A small shop with pictures, `sensorium serve` over either database, and connections to each web process."""

import http.client
import json
import select
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from real_data import ROOT
from sensorium.testing.two_colour_media import red_or_blue_picture
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.workspace import Workspace

sys.path.append(str(ROOT))  # what starts a service and a PostgreSQL lies with the tests
from tests.service.databases import Cluster, postgresql_programs
from tests.service.serving import Serving, serving, until

__all__ = ["Cluster", "Connection", "Serving", "serving", "until"]

DATABASES = ("sqlite", "postgresql")
KINDS = ("mug", "lamp", "rug")
MODEL = "multimodal-knn"
PNG = "image/png"
SETTINGS = """
[catalog]
items = "items.csv"
text = ["title"]
category = ["kind"]
image = ["picture"]

[events]
file = "events.csv"

[service]
requests_per_second = 1000000
"""
EVENTS_EACH = 8
MOST_TRIES = 200
"""So many connections are made to reach a certain process, which may be asleep."""


def made_picture(n: int) -> bytes:
    """Return a PNG, another one for each `n`."""
    return red_or_blue_picture(n % 2, np.random.default_rng(n))


def write_shop(folder: Path, n_items: int = 60, n_users: int = 40) -> None:
    """Write a workspace of items `i0`, `i1`, ..., each with a picture; users like one kind each."""
    (folder / "pictures").mkdir(parents=True)
    rng = np.random.default_rng(0)
    (folder / "sensorium.toml").write_text(SETTINGS, encoding="utf-8")
    rows = ["item_id,title,kind,picture"]
    for n in range(n_items):
        (folder / "pictures" / f"{n}.png").write_bytes(made_picture(n))
        kind = KINDS[n % 3]
        rows.append(f"i{n},{kind} number {n},{kind},pictures/{n}.png")
    (folder / "items.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    events = ["user_id,item_id"]
    for user in range(n_users):
        liked = rng.choice(n_items // 3, min(EVENTS_EACH, n_items // 3), replace=False) * 3 + user % 3
        events += [f"u{user},i{item}" for item in liked]
    (folder / "events.csv").write_text("\n".join(events) + "\n", encoding="utf-8")


def make_shop(folder: Path) -> None:
    """Write a shop and fit its model."""
    write_shop(folder)
    fit_workspace(Workspace.open(folder), model=MODEL, seconds=1)


@contextmanager
def served(folder: Path, database: str, *words: str) -> Iterator[tuple[Serving, Cluster | None]]:
    """Serve the workspace `folder`, a shop that is made where there is none; give also its PostgreSQL."""
    if not folder.exists():
        make_shop(folder)
    with ExitStack() as stack:
        cluster, url = None, None
        if database == "postgresql":
            programs = postgresql_programs()
            if programs is None:
                raise SystemExit("skipped: PostgreSQL is not installed (Debian: apt-get install postgresql)")
            cluster = Cluster(programs)
            stack.callback(cluster.remove)
            cluster.execute("CREATE DATABASE shop")
            url = cluster.url("shop")
        log = folder.parent / f"{folder.name}.log"
        yield stack.enter_context(serving(folder, log, *words, database_url=url)), cluster


class NotAnsweredError(AssertionError):
    """The service answered otherwise than it should."""


@dataclass
class Connection:
    """A connection that stays open, so that one web process answers all that is asked by it."""

    port: int
    key: str
    process: int = 0
    """The process that answers; 0: nobody has looked."""

    def __post_init__(self) -> None:
        """Connect with the first question."""
        self._http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, body: Any = None, media_type: str = "") -> tuple[int, Any]:
        """Return status and what was said; `OSError` or `HTTPException` if nobody answers."""
        if self._is_closed():  # the server ends a connection by which nobody asked for some seconds
            self._http.close()
            if self.process:
                self._return_to(psutil.Process(self.process))
        headers = {"Authorization": f"Bearer {self.key}"}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = media_type or "application/json"
        try:
            self._http.request(method, path, data, headers)
            response = self._http.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self._http.close()
            raise
        return response.status, json.loads(text) if text else None

    def ok(self, method: str, path: str, body: Any = None, media_type: str = "") -> Any:
        """Return what was said; `NotAnsweredError` unless the status is one of success."""
        status, said = self.ask(method, path, body, media_type)
        if not 200 <= status < 300:
            raise NotAnsweredError(f"{method} {path}: {status} {said}")
        return said

    def close(self) -> None:
        """End it."""
        self._http.close()

    def _is_closed(self) -> bool:
        return self._http.sock is not None and bool(select.select([self._http.sock], [], [], 0)[0])

    def _return_to(self, process: psutil.Process) -> None:
        """Connect again and again, until the process takes it that answered before."""
        wanted, self.process = self.process, 0
        for _ in range(MOST_TRIES):
            if self.find_process([process]) == wanted:
                return
            self._http.close()
        raise NotAnsweredError(f"process {wanted} took none of {MOST_TRIES} connections")

    def find_process(self, among: list[psutil.Process]) -> int:
        """Return which of some processes has the other end of the connection; 0 if none."""
        self.ok("GET", "/api/health/live")
        own = self._http.sock.getsockname()[1]
        for process in among:
            ends = [each.raddr.port for each in process.net_connections("tcp") if each.raddr]
            if own in ends:
                self.process = process.pid
        return self.process


def web_processes(shop: Serving) -> list[psutil.Process]:
    """Return the processes that answer, without the one that started them."""
    return [one for one in _processes(shop, "gunicorn") if "gunicorn" in _command(one.parent())]


def job_processes(shop: Serving) -> list[psutil.Process]:
    """Return the processes that do jobs."""
    return _processes(shop, "sensorium.service.jobs")


def _processes(shop: Serving, what: str) -> list[psutil.Process]:
    return [one for one in psutil.Process(shop.process.pid).children(recursive=True) if what in _command(one)]


def _command(process: psutil.Process | None) -> list[str]:
    """Return the words that a process was started with; none where it has ended."""
    try:
        return process.cmdline() if process is not None else []
    except psutil.Error:
        return []


def one_to_each(shop: Serving) -> list[Connection]:
    """Return a connection to each web process: as many are opened as it takes."""
    among = web_processes(shop)
    found: dict[int, Connection] = {}
    for _ in range(MOST_TRIES):
        tried = Connection(shop.port, shop.key)
        process = tried.find_process(among)
        if process and process not in found:
            found[process] = tried
        else:
            tried.close()
        if len(found) == len(among):
            return list(found.values())
    raise NotAnsweredError(
        f"only {len(found)} of {len(among)} web processes took one of {MOST_TRIES} connections"
    )


@contextmanager
def closing_all(connections: list[Connection]) -> Iterator[list[Connection]]:
    """End connections that are needed no more."""
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


def ids_of(answer: Any) -> list[str]:
    """Return the ids of an answer's items, the best first."""
    return [item["item_id"] for item in answer["items"]]


def percentiles(seconds: list[float], unit_s: float = 1e-3) -> dict[str, float]:
    """Return the median and two high percentiles, in milliseconds or another unit."""
    values = np.asarray(seconds) / unit_s
    return {f"p{q}": round(float(np.percentile(values, q)), 3) for q in (50, 95, 99)}
