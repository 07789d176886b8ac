"""`sensorium serve` as people start it: real processes, both databases."""

import os
import re
import signal
import subprocess
import sys
import threading
from http.client import HTTPException
from pathlib import Path

import pytest
from tests.service.conftest import make_workspace
from tests.service.serving import Serving, serving, start, until
from tests.service.test_media import picture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request) -> str | None:
    """Where the database is; None for the SQLite file of the workspace."""
    if request.param == "sqlite":
        return None
    cluster = request.getfixturevalue("postgresql")
    name = f"served_{abs(hash(request.node.nodeid)) % 10**9}"
    cluster.execute(f"CREATE DATABASE {name}")
    return cluster.url(name)


def test_a_workspace_is_served_stopped_and_served_again(tmp_path, database_url):
    folder, log = make_workspace(tmp_path / "shop"), tmp_path / "log"
    with serving(folder, log, database_url=database_url) as shop:
        assert shop.said["imported"] == {"items": 3, "events": 4}
        assert shop.said["account"] == "owner"
        key = shop.key
        assert shop.ask("GET", "/api/health/ready") == (200, {"status": "ready"})
        status, item = shop.ask("GET", "/api/items/c%2Fd")
        assert (status, item["attributes"]["title"]) == (200, "太空")
        assert shop.ask("POST", "/api/events", {"user_id": "w", "item_id": "a"})[1]["stored"] == 1
        put = shop.ask("PUT", "/api/items/a/media/picture", picture(), **{"Content-Type": "image/png"})
        assert put[0] == 202
        until(lambda: shop.ask("GET", "/api/items/a")[1]["media"]["picture"]["checked"])
        session = {"name": "owner", "password": shop.said["password"]}
        assert shop.ask("POST", "/api/session", session)[0] == 201
        status, text = shop.ask("GET", "/metrics")
        assert b'sensorium_requests_total{method="GET",route="/api/items/{item_id}",status="200"}' in text
        assert b'sensorium_jobs{kind="check-media",state="done"} 1.0' in text
        children = shop.children()
        assert shop.stop() == 130
    for pid in children:
        assert not Path(f"/proc/{pid}").exists()
    with serving(folder, log, database_url=database_url, key=key) as shop:
        assert shop.said["key"] is None
        assert shop.said["imported"] == {}
        assert shop.ask("GET", "/api/users/w/events")[1]["events"][0]["item_id"] == "a"
        assert shop.stop(signal.SIGTERM) == 0
    with serving(folder, log, "--new-key", database_url=database_url) as shop:
        assert shop.said["key"] not in (None, key)
        assert shop.ask("GET", "/api/items")[0] == 200
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_what_cannot_be_read_as_http_is_a_problem_too(tmp_path):
    import json
    import socket

    with serving(make_workspace(tmp_path / "shop"), tmp_path / "log") as shop:
        for sent, status, code in (
            (b"nonsense\r\n\r\n", 400, "bad-request"),
            (b"GET /api/items?q=" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "uri-too-long"),
            (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431, "headers-too-large"),
        ):
            with socket.create_connection(("127.0.0.1", shop.port), timeout=20) as asking:
                asking.sendall(sent)
                head, _, body = asking.makefile("rb").read().partition(b"\r\n\r\n")
            assert head.startswith(f"HTTP/1.1 {status} ".encode())
            assert b"application/problem+json" in head
            assert json.loads(body)["code"] == code


def killed(shop: Serving, what: str) -> None:
    """Kill a process of the service whose command line holds `what`: of web servers not the master."""
    found = [pid for pid, command in shop.children().items() if what in command]
    os.kill(found[-1], signal.SIGKILL)


def send_until(shop: Serving, seed: int, stop: threading.Event, acknowledged: list[str]) -> None:
    """Send events, each request again until somebody says that it is stored."""
    n = 0
    while not stop.is_set():
        rows = [{"event_id": f"{seed}-{n}-{k}", "user_id": f"u{seed}", "item_id": "a"} for k in range(5)]
        try:
            status, answer = shop.ask("POST", "/api/events", rows)
        except (OSError, HTTPException):
            continue
        if status == 200:
            acknowledged.extend(row["event_id"] for row in answer["rows"])
            n += 1


def stored_events(shop: Serving, user: str) -> list[str]:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        status, page = shop.ask("GET", f"/api/users/{user}/events?limit=1000{cursor}")
        assert status == 200
        found += [one["event_id"] for one in page["events"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return found


def put_picture(shop: Serving, seed: int) -> None:
    def is_taken() -> bool:
        try:
            put = shop.ask(
                "PUT", "/api/items/a/media/picture", picture(seed), **{"Content-Type": "image/png"}
            )
        except (OSError, HTTPException):
            return False
        return put[0] == 202

    until(is_taken)


def test_what_was_acknowledged_is_stored_once_though_web_processes_and_workers_are_killed(
    tmp_path, database_url
):
    folder, log = make_workspace(tmp_path / "shop"), tmp_path / "log"
    acknowledged: list[str] = []
    stop = threading.Event()
    with serving(folder, log, database_url=database_url) as shop:
        threads = [
            threading.Thread(target=send_until, args=(shop, seed, stop, acknowledged)) for seed in range(3)
        ]
        for thread in threads:
            thread.start()
        try:
            for seed in range(3):
                put_picture(shop, seed)
                killed(shop, "sensorium.service.jobs")
                killed(shop, "gunicorn")
                stop.wait(3)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        stored = [event_id for seed in range(3) for event_id in stored_events(shop, f"u{seed}")]
        assert len(acknowledged) > 50
        assert len(stored) == len(set(stored))
        assert set(acknowledged) <= set(stored)
        # Whoever was killed left a lease, which ends after 30 seconds.
        until(lambda: shop.ask("GET", "/api/items/a")[1]["media"]["picture"]["checked"], within_s=90)
        until(lambda: shop.ask("GET", "/api/jobs?state=running")[1]["jobs"] == [], within_s=90)
        assert "started again" in log.read_text(encoding="utf-8")


def test_nothing_is_left_when_the_first_process_is_killed(tmp_path):
    folder, log = make_workspace(tmp_path / "shop"), tmp_path / "log"
    shop = start(folder, log)
    children = shop.children()
    assert len(children) >= 4
    assert shop.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    with serving(folder, log, key=shop.key) as again:
        assert again.ask("GET", "/api/items")[0] == 200


def test_a_database_that_goes_away_is_a_503_and_the_service_goes_on_when_it_is_back(tmp_path, postgresql):
    from tests.service.databases import Cluster

    cluster = Cluster(postgresql.programs)
    try:
        cluster.execute("CREATE DATABASE shop")
        folder, log = make_workspace(tmp_path / "shop"), tmp_path / "log"
        with serving(folder, log, database_url=cluster.url("shop")) as shop:
            acknowledged: list[str] = []

            def is_stored(name: str) -> bool:
                sent = {"event_id": name, "user_id": "lee", "item_id": "a"}
                if shop.ask("POST", "/api/events", sent)[0] != 200:
                    return False
                acknowledged.append(name)
                return True

            for n in range(3):
                assert is_stored(f"before-{n}")
                cluster.stop(kill=True)
                sent = {"event_id": f"down-{n}", "user_id": "lee", "item_id": "a"}
                status, problem = shop.ask("POST", "/api/events", sent)
                assert (status, problem["code"]) == (503, "database-unavailable")
                assert shop.ask("GET", "/api/health/live")[0] == 200
                assert shop.ask("GET", "/api/health/ready")[0] == 503
                cluster.start()
                until(lambda: shop.ask("GET", "/api/health/ready")[0] == 200)
                until(lambda name=f"down-{n}": is_stored(name))
            stored = stored_events(shop, "lee")
            assert (len(acknowledged), sorted(stored)) == (6, sorted(acknowledged)), "each once, none lost"
            put = shop.ask("PUT", "/api/items/a/media/picture", picture(), **{"Content-Type": "image/png"})
            assert put[0] == 202
            until(lambda: shop.ask("GET", "/api/items/a")[1]["media"]["picture"]["checked"])
    finally:
        cluster.remove()


PAGE = Path(__file__).resolve().parents[2] / "docs" / "service.md"


def test_the_examples_of_the_page_run_as_they_stand(tmp_path):
    (tmp_path / "kite.png").write_bytes(picture())
    blocks = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    with serving(make_workspace(tmp_path / "shop"), tmp_path / "log") as shop:
        variables = {"ADDRESS": shop.said["address"], "KEY": shop.key}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
            cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert shop.ask("GET", "/api/users/ann/events")[1]["events"]
    assert (tmp_path / "kite-again.png").read_bytes() == picture()


def run(*words: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sensorium", "serve", *map(str, words)]
    env = {**os.environ, "COLUMNS": "80", **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)


def test_mistakes_are_one_line_that_says_what_to_do(tmp_path):
    folder = make_workspace(tmp_path / "shop")
    for words, environment, said in (
        ((), {}, "--demo"),
        ((tmp_path,), {}, "sensorium init"),
        ((folder, "--demo"), {}, "not a demo world's"),
        ((folder,), {"DATABASE_URL": "mysql://me:secret@host/shop"}, "postgresql://"),
        ((folder,), {"DATABASE_URL": "postgresql://me:secret@/shop?host=/nowhere"}, "DATABASE_URL"),
        ((folder, "--host", "192.0.2.1"), {}, "cannot listen"),
        ((folder, "--host", "no such name"), {}, "cannot listen"),
        ((folder, "--port", 99999), {}, "cannot listen"),
    ):
        done = run(*words, **environment)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert "secret" not in done.stderr


SCHEMATHESIS = (
    *("-m", "schemathesis.cli", "run", "--max-examples", "8", "--workers", "1"),
    *("--phases", "examples,coverage,fuzzing,stateful", "--generation-deterministic"),
    *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"),
)  # fmt: skip


@pytest.mark.timeout(900)
def test_schemathesis_finds_no_fault_in_any_route(tmp_path, database_url):
    folder, log = make_workspace(tmp_path / "shop"), tmp_path / "log"
    with serving(folder, log, database_url=database_url) as shop:
        done = subprocess.run(
            [
                sys.executable, *SCHEMATHESIS, "--checks", "all", "--header",
                f"Authorization: Bearer {shop.key}", f"{shop.said['address']}/api/openapi.json",
            ],
            capture_output=True, text=True, timeout=800, cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_sync_says_what_follows_the_table_and_what_is_kept(tmp_path):
    folder, log = make_workspace(tmp_path / "shop"), tmp_path / "log"
    with serving(folder, log) as shop:
        key = shop.key
        assert shop.ask("PATCH", "/api/items/b", {"attributes": {"title": "Mine"}})[0] == 200
    table = folder / "items.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Red", "Old").replace("Blue", "Old"), "utf-8")
    with serving(folder, log, "--sync", key=key) as shop:
        assert (shop.said["updated"], shop.said["kept"]) == (1, ["b"])
        assert shop.ask("GET", "/api/items/a")[1]["attributes"]["title"] == "Old kite"
        assert shop.ask("GET", "/api/items/b")[1]["attributes"]["title"] == "Mine"
