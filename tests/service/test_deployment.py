"""What deploy/ and its page say, done: parts apart over PostgreSQL, nginx, a unit, backups, counters."""

import configparser
import gzip
import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest
from tests.service.conftest import make_workspace
from tests.service.deployed import (
    COMPOSE,
    DEPLOY,
    NGINX,
    ROOT,
    SUBNET,
    UNIT,
    Answer,
    Machine,
    answers,
    ask,
    await_ready,
    compose_command,
    instructions,
    is_ready,
    last,
    unit_command,
)
from tests.service.serving import free_port, until
from tests.service.test_media import picture

from sensorium.core.errors import ConfigError
from sensorium.service.running.processes import Scale, require_free
from sensorium.workspace.service_settings import ServiceSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
NO_NGINX = "nginx is not installed (Debian: apt-get install nginx)"


@dataclass
class Shop:
    """Two web processes, a worker, PostgreSQL, and nginx at `port`."""

    machine: Machine
    key: str
    ports: list[int]
    port: int
    webs: "list[subprocess.Popen[bytes]]"

    def __call__(self, method: str, path: str, body: Any = None, **more: str) -> Answer:
        return ask(self.port, method, path, body, **{"key": self.key, **more})

    def start_web(self, n: int) -> None:
        self.webs[n] = self.machine.start(compose_command(f"web-{n + 1}"), self.ports[n])


def is_free(port: int) -> bool:
    try:
        require_free(Scale(port=port))
    except ConfigError:
        return False
    return True


@pytest.fixture(scope="module")
def shop(postgresql, tmp_path_factory):
    if NGINX is None:
        pytest.skip(NO_NGINX)
    pytest.importorskip("django", reason="the optional part [serve] is not installed")
    folder = tmp_path_factory.mktemp("deployed")
    postgresql.execute("CREATE DATABASE deployed")
    machine = Machine(folder, make_workspace(folder / "shop"), postgresql.url("deployed"))
    try:
        said = machine.set_up(times=2)
        (key,) = [one["key"] for one in said if one["key"]]
        assert sorted(one["imported"].get("items", 0) for one in said) == [0, 3]
        ports = [free_port(), free_port()]
        webs = [machine.start(compose_command(f"web-{n}"), port) for n, port in enumerate(ports, 1)]
        machine.start(compose_command("worker"))
        port = machine.start_nginx(ports)
        await_ready(*ports, port)
        yield Shop(machine, key, ports, port, webs)
    finally:
        machine.stop()


def values(text: bytes, name: str, **labels: str) -> list[float]:
    """The values of a metric, read as Prometheus reads them."""
    from prometheus_client.parser import text_string_to_metric_families

    families = text_string_to_metric_families(text.decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return [sample.value for sample in samples if labels.items() <= sample.labels.items()]


def test_items_and_events_go_in_and_recommendations_come_out_of_both_web_processes(shop):
    kite = {"id": "kite/7", "attributes": {"title": "Kite"}}
    assert shop("POST", "/api/items", [kite]).json["created"] == 1
    assert shop("GET", "/api/items/kite%2F7").json["attributes"] == {"title": "Kite"}
    sent = [{"user_id": f"w{n}", "item_id": "kite/7", "type": "view"} for n in range(9)]
    assert shop("POST", "/api/events", sent).json["stored"] == 9
    assert shop("POST", "/api/recommend", {"user_id": "u", "k": 2}).json["items"]
    put = shop("PUT", "/api/items/kite%2F7/media/picture", picture(), Content_Type="image/png")
    assert put.status == 202
    # A worker of its own does this.
    until(lambda: shop("GET", "/api/items/kite%2F7").json["media"]["picture"]["checked"], within_s=60)
    route = "/api/users/{user_id}/events"
    before = [values(metrics(port, shop), "sensorium_requests_total", route=route) for port in shop.ports]
    for n in range(20):
        assert shop("GET", f"/api/users/w{n % 9}/events").status == 200
    after = [values(metrics(port, shop), "sensorium_requests_total", route=route) for port in shop.ports]
    each = [sum(new) - sum(old) for old, new in zip(before, after, strict=True)]
    assert sum(each) == 20
    assert min(each) >= 5


def metrics(port: int, shop: Shop) -> bytes:
    answer = ask(port, "GET", "/metrics", key=shop.key)
    assert answer.status == 200
    return answer.body


def test_nginx_compresses_names_the_request_and_hides_the_counters(shop):
    page = shop("GET", "/api/openapi.json", Accept_Encoding="gzip")
    assert page.headers["Content-Encoding"] == "gzip"
    assert b'"openapi"' in gzip.decompress(page.body)
    assert re.fullmatch(r"[0-9a-f]{32}", page.headers["X-Request-ID"])
    for path in ("/metrics", "//metrics", "/api/../metrics", "/%6Detrics"):
        hidden = shop("GET", path)
        assert (hidden.status, hidden.json["code"]) == (404, "unknown-path")
    assert hidden.headers["Content-Type"] == "application/problem+json"


def test_nginx_takes_as_much_as_the_service_and_says_so_in_a_problem(shop):
    limits = ServiceSettings()
    largest = limits.body_mb * 1_000_000
    fits = shop("POST", "/api/items", b"[" + b" " * (largest - 2) + b"]")
    assert fits.status != 413
    for path, length in (
        ("/api/items", largest + 1),
        ("/api/items/a%2Fb/media/picture", limits.media_mb * 1_000_000 + 1),
    ):
        large = shop("PUT", path, b"x", Content_Length=str(length))  # it is refused before the rest is sent
        assert (large.status, large.json["code"]) == (413, "too-large")
        assert large.json["remedy"]
    long = shop("GET", "/api/items?q=" + "x" * 9000)
    assert (long.status, long.json["code"]) == (414, "uri-too-long")


def test_who_guesses_keys_is_stopped_by_address_whatever_it_says_of_itself(shop):
    said = {"key": "sn_wrong_key", "source": "127.0.0.2"}
    statuses = [
        shop("GET", "/api/items", X_Forwarded_For=f"203.0.113.{n % 250}", **said).status for n in range(120)
    ]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert shop("GET", "/api/items", key="sn_wrong_key", source="127.0.0.3").status == 401
    assert shop("GET", "/api/items").status == 200


def test_no_event_is_lost_while_web_processes_are_killed_stopped_and_started_again(shop):
    from sensorium.client import Client, Event

    stop, sent, failed = threading.Event(), itertools.count(), []

    def send() -> None:
        with Client(f"http://127.0.0.1:{shop.port}", shop.key) as client:
            while not stop.is_set():
                n = next(sent)
                event = Event(event_id=f"load-{n}", user_id="load", item_id="a")
                try:
                    assert sum(client.send_events([event]).counts.values()) == 1
                except Exception as error:
                    failed.append(error)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.5)
        shop.webs[0].send_signal(signal.SIGKILL)
        shop.webs[0].wait()
        until(lambda: is_free(shop.ports[0]), within_s=60)  # in a container all processes end with the first
        shop.start_web(0)
        until(lambda: is_ready(shop.ports[0]), within_s=120)
        stopped_s = time.monotonic()
        shop.webs[1].send_signal(signal.SIGTERM)
        assert shop.webs[1].wait(60) == 0
        assert time.monotonic() - stopped_s < 10
        time.sleep(0.5)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed
    stored = set()
    cursor = ""
    while cursor is not None:
        page = shop("GET", f"/api/users/load/events?limit=1000{cursor and '&cursor=' + cursor}").json
        stored |= {row["event_id"] for row in page["events"]}
        cursor = page["next_cursor"]
    assert stored == {f"load-{n}" for n in range(next(sent))}
    shop.start_web(1)
    await_ready(*shop.ports, shop.port)


def test_where_no_web_process_answers_nginx_says_when_to_come_again(tmp_path):
    if NGINX is None:
        pytest.skip(NO_NGINX)
    machine = Machine(tmp_path, tmp_path, None)
    try:
        port = machine.start_nginx([free_port(), free_port()])
        until(lambda: answers(port))
        away = ask(port, "GET", "/api/items")
        assert (away.status, away.json["code"], away.headers["Retry-After"]) == (503, "not-ready", "1")
        assert ask(port, "GET", "/_problem/413").status == 404
    finally:
        machine.stop()


def blocks(heading: str) -> list[str]:
    """The commands of a part of the page, as they stand."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```bash\n(.*?)^```", part, re.MULTILINE | re.DOTALL)


def run(script: str, cluster: Any, **variables: object) -> None:
    path = f"{cluster.programs}:{os.environ['PATH']}"
    environment = os.environ | {name: str(value) for name, value in variables.items()} | {"PATH": path}
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def served_again(machine: Machine, command: list[str], key: str, path: str) -> bytes:
    """Start what was restored; return its counters after 20 questions, each on a connection of its own."""
    port = free_port()
    process = machine.start(command, port)
    try:
        await_ready(port)
        for _ in range(20):
            assert ask(port, "GET", path, key=key).status == 200
        check = [word.replace(":8000", f":{port}") for word in last("HEALTHCHECK")]
        assert subprocess.run([sys.executable, *check[1:]], timeout=60).returncode == 0
        assert subprocess.run(
            [sys.executable, *check[1:-1], check[-1].replace("/ready", "/nowhere")],
            timeout=60, stderr=subprocess.DEVNULL,
        ).returncode == 1  # fmt: skip
        return ask(port, "GET", "/metrics", key=key).body
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_backup_of_postgresql_is_restored_and_served_by_the_image_s_own_command(shop, postgresql, tmp_path):
    postgresql.execute("CREATE DATABASE restored")
    assert shop("PUT", "/api/users/kept", {"attributes": {"age": 3}}).status in (200, 201)
    save, restore = blocks("Backup and restore")[:2]
    machine = Machine(tmp_path, tmp_path / "restored", postgresql.url("restored"))
    names = {"BACKUP": tmp_path / "backup"}
    run(save, postgresql, FOLDER=shop.machine.workspace, DATABASE_URL=shop.machine.database_url, **names)
    run(restore, postgresql, FOLDER=machine.workspace, DATABASE_URL=machine.database_url, **names)
    text = served_again(machine, [*last("ENTRYPOINT"), *last("CMD")], shop.key, "/api/users/kept")
    # All web processes of a service say the same: what they counted together.
    labels = {"route": "/api/users/{user_id}", "status": "200"}
    assert values(text, "sensorium_requests_total", **labels) == [20.0]
    assert values(text, "sensorium_request_seconds_count", **labels) == [20.0]
    assert values(text, "sensorium_request_seconds_bucket", le="+Inf", **labels) == [20.0]
    assert values(text, "sensorium_jobs", kind="fit")
    for name in ("bundles", "bundle_age_seconds", "changes_behind", "job_wait_seconds"):
        assert len(values(text, f"sensorium_{name}")) == 1


def test_a_backup_of_sqlite_is_restored_and_served_by_the_unit_s_command(postgresql, tmp_path):
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed (Debian: apt-get install sqlite3)")
    (tmp_path / "machine").mkdir()
    machine = Machine(tmp_path / "machine", make_workspace(tmp_path / "shop"), None)
    (said,) = machine.set_up()
    save, restore = blocks("Backup and restore")[2:]
    other = Machine(tmp_path / "machine", tmp_path / "other", None)
    for script, used in ((save, machine), (restore, other)):
        run(script, postgresql, FOLDER=used.workspace, BACKUP=tmp_path / "backup")
    served_again(other, unit_command(), said["key"], "/api/users/u/events")


def test_the_unit_is_one_that_systemd_takes(tmp_path):
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd is not installed")
    program = unit_command()[0]
    text = UNIT.replace(program, shutil.which("true") or "").replace("User=sensorium", "User=root")
    unit = tmp_path / "sensorium.service"
    unit.write_text(text.replace("Group=sensorium", "Group=root"), encoding="utf-8")
    done = subprocess.run([found, "verify", "--man=no", unit], capture_output=True, text=True)
    assert "sensorium.service" not in done.stderr
    assert done.returncode == 0, done.stderr
    settings = configparser.ConfigParser(strict=False, interpolation=None)
    settings.read_string(UNIT)
    assert settings["Service"]["ReadWritePaths"] == unit_command()[2]
    from sensorium.service.running.processes import STOP_S

    assert int(settings["Service"]["TimeoutStopSec"]) > STOP_S
    assert int(COMPOSE["x-sensorium"]["stop_grace_period"].rstrip("s")) > STOP_S


def test_the_image_is_made_of_files_that_are_there_and_reach_the_builder():
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY"]
    assert copied
    bound = re.findall(r"type=bind,source=([^, ]+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    for name in [*itertools.chain(*copied), *bound]:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored
    assert [word for word, _ in instructions()][-1] == "CMD"
    assert all(not rest.startswith("0") for word, rest in instructions() if word == "USER")


def test_the_wheel_of_the_image_is_built_of_what_is_copied_there(tmp_path):
    for rest in [rest for word, rest in instructions() if word == "COPY"]:
        for name in rest.split()[:-1]:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, tmp_path / name)
    (build,) = [rest for word, rest in instructions() if word == "RUN" and "pip wheel" in rest]
    words = shlex.split(build.replace("/wheels", str(tmp_path / "wheels")))
    done = subprocess.run([sys.executable, *words[1:]], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list((tmp_path / "wheels").glob("sensorium-*.whl"))


def test_compose_names_what_it_uses():
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for volume in service.get("volumes", ()):
            source = re.sub(r"\$\{[^}]*\}", "/any", volume).split(":")[0]
            assert source.startswith("/") or source in COMPOSE["volumes"] or (DEPLOY / source).exists(), name
    (network,) = COMPOSE["networks"]["inside"]["ipam"]["config"]
    assert network["subnet"] == SUBNET
    webs = [name for name in services if name.startswith("web-")]
    assert all(f"--proxy={SUBNET}" in services[name]["command"] for name in webs)
    assert COMPOSE["x-sensorium"]["environment"]["SENSORIUM_WEB_PROCESSES"] == str(len(webs))
    servers = re.findall(r"^\s*server (\S+):8000 ", (DEPLOY / "nginx.conf").read_text("utf-8"), re.MULTILINE)
    assert servers == webs
    # What the page lets people write into .env is what the file asks for.
    (line,) = [line for line in PAGE.splitlines() if line.endswith("> deploy/.env")]
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    assert asked <= set(re.findall(r"([A-Z_]+)=%s", line))
