"""How a service starts: of the demo world, beside another, where it may not write, on newer tables."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.conftest import make_workspace
from tests.service.serving import Serving, serving

from sensorium.core.errors import NotReadyError

NOBODY = 65534


def run(*words: object, **more: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sensorium", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("demo")
    with serving(folder / "world", folder / "log", "--demo") as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestDemo:
    """What is true of the demo world while it is served; the tests share one service."""

    def test_it_answers_before_it_is_fitted_and_says_how_soon(self, demo):
        answer = demo.said["first_answer"]
        assert (answer["path"], len(answer["items"])) == ("popularity", 5)
        assert 0 < demo.said["seconds"] < 300
        assert demo.said["imported"]["items"] == 400
        assert demo.ask("GET", f"/api/users/{answer['user_id']}/events")[1]["events"], (
            "somebody who did things"
        )
        jobs = demo.ask("GET", "/api/jobs")[1]["jobs"]
        (job,) = [one for one in jobs if one["kind"] == "fit"]
        assert (job["arguments"]["plan"], job["error"]) == ("demo", None)
        assert job["state"] in ("waiting", "running")
        assert demo.ask("GET", "/api/bundles")[1]["bundles"] == []

    def test_a_second_service_of_the_folder_says_where_the_first_is(self, demo):
        done = run("serve", demo.log.parent / "world", "--port", demo.port + 1)
        assert done.returncode == 2
        assert f"it is served already, at {demo.said['address']}" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_a_port_in_use_is_said_before_anything_is_imported(self, demo, tmp_path):
        done = run("serve", make_workspace(tmp_path / "shop"), "--port", demo.port)
        assert done.returncode == 2
        assert "--port: cannot listen" in done.stderr
        assert not (tmp_path / "shop" / ".service" / "database.sqlite3").exists()

    def test_tenants_are_made_and_removed_while_it_runs(self, demo):
        folder = demo.log.parent / "world"
        made = json.loads(run("tenants", folder, "add", "shop-2", "--json").stdout)
        theirs = {"Authorization": f"Bearer {made['key']}"}
        assert demo.ask("POST", "/api/items", {"id": "a"}, **theirs)[1]["created"] == 1
        assert demo.ask("GET", "/api/items", **theirs)[1]["items"][0]["id"] == "a"
        refused = run("tenants", folder, "remove", "shop-2")
        assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
        assert run("tenants", folder, "remove", "shop-2", "--yes").returncode == 0
        assert demo.ask("GET", "/api/items", **theirs)[0] == 401
        assert demo.ask("GET", "/api/items?limit=1")[0] == 200

    def test_the_log_is_lines_of_json_without_an_id_of_anybody(self, demo):
        for path in ("/api/users/secret%40example.org/events", "/api/items/secret", "/secret?user_id=secret"):
            assert demo.ask("GET", path)[0] == 404
        demo.ask(
            "POST", "/api/events", {"user_id": "secret", "item_id": "secret"}, **{"X-Request-ID": "asked-1"}
        )
        text = demo.log.read_text(encoding="utf-8")
        assert "secret" not in text
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        (said,) = [line for line in lines if line.get("request_id") == "asked-1"]
        assert (said["event"], said["route"], said["status"]) == ("request", "/api/events", 200)


def test_a_folder_that_may_not_be_written_is_named(capfd):
    pytest.importorskip("django", reason="the optional part [serve] is not installed")
    from sensorium.cli.main import exit_code

    folder = make_workspace(Path(tempfile.mkdtemp(prefix="sn-read-only-", dir="/tmp")))  # all users get there
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:  # who may write anywhere
        os.seteuid(NOBODY)
    try:
        code = exit_code(["serve", str(folder)])
    finally:
        os.seteuid(user)
        folder.chmod(0o700)
        shutil.rmtree(folder)
    said = (
        f"{folder / '.service'}: permission denied. Check the path, its permissions and the space on the disk"
    )
    assert (code, capfd.readouterr().err) == (2, f"error: {said}\n")


def test_tables_of_a_newer_version_are_not_touched(database):
    from django.db.migrations.recorder import MigrationRecorder

    from sensorium.service.running.first_start import migrate

    migrate()
    MigrationRecorder.Migration.objects.create(app="service", name="9999_later")
    with pytest.raises(NotReadyError, match=r"newer version.*9999_later.*pip install --upgrade"):
        migrate()


def test_of_two_services_of_a_workspace_one_starts(tmp_path):
    pytest.importorskip("django", reason="the optional part [serve] is not installed")
    from sensorium.service.place import Place
    from sensorium.service.running.only_service import only_service
    from sensorium.service.running.processes import Scale

    place = Place(tmp_path)
    place.folder.mkdir()
    for _ in range(2):  # the first one's end lets the next one begin
        with (
            only_service(place, Scale("here", 1)),
            pytest.raises(NotReadyError, match="served already, at http://here:1"),
            only_service(place, Scale("there", 2)),
        ):
            pass
    parts = only_service(place, Scale("here", 1, only="web")), only_service(place, Scale(only="worker"))
    with (
        parts[0],
        parts[1],
        pytest.raises(NotReadyError, match="served already, at http://here:1"),
        only_service(place, Scale("there", 2)),
    ):
        pass
