"""`sensorium serve` as a process of its own, asked over a socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class Serving:
    """A running service; `said` is the one line of JSON that it printed."""

    process: "subprocess.Popen[str]"
    said: dict[str, Any]
    log: Path
    key: str = field(default="")

    @property
    def port(self) -> int:
        return int(self.said["address"].rpartition(":")[2])

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {"Authorization": f"Bearer {self.key}", **headers}
            data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            if data is not None and "Content-Type" not in sent:
                sent["Content-Type"] = "application/json"
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            text = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, json.loads(text) if is_json else text
        finally:
            connection.close()

    def children(self) -> dict[int, str]:
        """Process id -> command line of all processes that it started, and of theirs."""
        found: dict[int, str] = {}
        parents = {self.process.pid}
        while parents:
            lines = subprocess.run(
                ["ps", "-o", "pid=,args=", "--ppid", ",".join(map(str, parents))],
                capture_output=True, text=True, check=False,
            ).stdout.splitlines()  # fmt: skip
            new = {int(line.split()[0]): line.split(None, 1)[1] for line in lines if line.strip()}
            found |= new
            parents = set(new)
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def listen_to_interrupts() -> None:
    """Let Ctrl-C reach the service also where a shell runs the tests in its background, and ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(folder: Path, log: Path, *words: str, database_url: str | None = None, key: str = "") -> Serving:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if database_url is not None and database_url.startswith("postgresql"):
        environment["DATABASE_URL"] = database_url
    command = [
        sys.executable,
        "-m",
        "sensorium",
        "serve",
        folder,
        "--port",
        str(free_port()),
        "--json",
        *words,
    ]
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment,
            preexec_fn=listen_to_interrupts,
        )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    if not line:
        process.wait(60)
        raise AssertionError(log.read_text(encoding="utf-8")[-3000:])
    said = json.loads(line)
    return Serving(process, said, log, key=said["key"] or key)


@contextmanager
def serving(folder: Path, log: Path, *words: str, **more: Any) -> Iterator[Serving]:
    running = start(folder, log, *words, **more)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def until(claim: Any, within_s: float = 30.0) -> None:
    """Wait until `claim()` is true."""
    end_s = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < end_s, "it did not become true"
        time.sleep(0.05)
