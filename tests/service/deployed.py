"""What deploy/ ships, run without Docker: the same commands and nginx.conf, on ports of this machine."""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tests.service.serving import free_port, listen_to_interrupts

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SUBNET = "172.30.13.0/24"
COMPOSE: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNIT = (DEPLOY / "sensorium.service").read_text(encoding="utf-8")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
NGINX_CONF = """
daemon off;
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sensorium.conf;
}}
"""
"""What stands around the shipped file, as /etc/nginx/nginx.conf does."""


def instructions() -> list[tuple[str, str]]:
    """(instruction, the rest) of the Dockerfile, in order; continued lines are one."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line)]


def last(instruction: str) -> list[str]:
    """The words of the last such instruction, which is the one that counts."""
    said = [rest for word, rest in instructions() if word == instruction][-1]
    return json.loads(said[said.index("[") :])


def compose_command(service: str) -> list[str]:
    """The command of the service of compose.yaml, after what the image begins with."""
    return [*last("ENTRYPOINT"), *map(str, COMPOSE["services"][service]["command"])]


def unit_command() -> list[str]:
    """ExecStart of the systemd unit."""
    (said,) = re.findall(r"^ExecStart=(.+)$", UNIT, re.MULTILINE)
    return shlex.split(said)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int, method: str, path: str, body: Any = None, *, key: str = "", source: str = "", **headers: str
) -> Answer:
    """Ask at a port of this machine, from the address `source` of it."""
    sender = (source, 0) if source else None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=sender)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@dataclass
class Machine:
    """Processes that were started here; `log` has all that they say."""

    folder: Path
    workspace: Path
    database_url: str | None
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def words(self, command: Sequence[str], port: int) -> list[str]:
        """Return a shipped command with this machine's program, folder, port and network in its words."""
        here = {"/workspace": self.workspace, "/srv/shop": self.workspace, "8000": port, SUBNET: "127.0.0.1"}
        words: list[str] = [sys.executable, "-m", "sensorium"]
        for word in command[1:]:
            option, equals, value = word.rpartition("=")
            words.append(f"{option}{equals}{here.get(value, value)}")
        return words

    def environment(self) -> dict[str, str]:
        said = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        said["SENSORIUM_WEB_PROCESSES"] = COMPOSE["x-sensorium"]["environment"]["SENSORIUM_WEB_PROCESSES"]
        return said if self.database_url is None else said | {"DATABASE_URL": self.database_url}

    def start(self, command: Sequence[str], port: int = 0, *, said: Path | None = None) -> Any:
        """Start a shipped command; what it prints goes to the file `said`, or to the log."""
        with self.log.open("ab") as log, (said or self.log).open("ab") as out:
            process = subprocess.Popen(
                self.words(command, port), stdout=out, stderr=log, env=self.environment(),
                preexec_fn=listen_to_interrupts,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def set_up(self, *, times: int = 1) -> list[dict[str, Any]]:
        """Run the `setup` of compose.yaml, so often at once; return what each printed."""
        files = [self.folder / f"setup-{n}.json" for n in range(times)]
        command = [*compose_command("setup"), "--json"]
        running = [self.start(command, said=file) for file in files]
        for process in running:
            assert process.wait(120) == 0, self.log.read_text(encoding="utf-8")[-3000:]
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    def start_nginx(self, ports: Sequence[int]) -> int:
        """Start nginx with the shipped file, only its addresses others; return its port."""
        assert NGINX is not None
        port = free_port()
        text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        here = {"listen 80;": f"listen 127.0.0.1:{port};"}
        here |= {f"web-{n}:8000": f"127.0.0.1:{used}" for n, used in enumerate(ports, 1)}
        for shipped, ours in here.items():
            assert text.count(shipped) == 1
            text = text.replace(shipped, ours)
        (self.folder / "sensorium.conf").write_text(text, encoding="utf-8")
        user = "user root;" if os.getuid() == 0 else ""
        main = self.folder / "nginx.conf"
        main.write_text(NGINX_CONF.format(folder=self.folder, user=user), encoding="utf-8")
        tested = subprocess.run([NGINX, "-t", "-c", main], capture_output=True, text=True)
        assert tested.returncode == 0, tested.stderr
        assert "[warn]" not in tested.stderr
        self.processes.append(subprocess.Popen([NGINX, "-c", main], stderr=subprocess.DEVNULL))
        return port

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(60)


def answers(port: int, *statuses: int) -> bool:
    """Whether somebody answers at the port, with one of the statuses if any are named."""
    try:
        status = ask(port, "GET", "/api/health/ready").status
    except (OSError, http.client.HTTPException):
        return False
    return not statuses or status in statuses


def is_ready(port: int) -> bool:
    return answers(port, 200)


def await_ready(*ports: int, within_s: float = 120.0) -> None:
    end_s = time.monotonic() + within_s
    while not all(is_ready(port) for port in ports):
        assert time.monotonic() < end_s, "not ready"
        time.sleep(0.1)
