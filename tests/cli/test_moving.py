"""`sensorium export` and `sensorium import`, as commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.service.conftest import make_workspace

pytest.importorskip("django", reason="the optional part [serve] is not installed")


def run(*words: object) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "sensorium", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)


def test_what_one_workspace_exports_another_imports(tmp_path):
    shop, other, out = make_workspace(tmp_path / "shop"), make_workspace(tmp_path / "other"), tmp_path / "out"
    items = tmp_path / "items.jsonl"
    items.write_text('{"id": "a", "attributes": {"title": "One"}}\n{"id": 7}\n', encoding="utf-8")
    done = run("import", shop, items)
    assert done.returncode == 0, done.stderr
    assert "2 rows of items read, 1 of them new or changed" in done.stdout
    assert "items.jsonl, line 2: id:" in done.stderr
    done = run("export", shop, out, "--format", "parquet", "--json")
    assert json.loads(done.stdout)["exported"] == {"items": 1, "media": 0, "users": 0, "events": 0}
    done = run("import", other, out, "--json")
    assert json.loads(done.stdout)["imported"]["items"] == {"rows": 1, "changed": 1, "failed": 0, "bad": []}
    done = run("export", other, out)
    assert "1 items in" in done.stdout
    assert (out / "items.jsonl").read_text(encoding="utf-8") == (
        '{"id":"a","attributes":{"title":"One"},"hidden":false}\n'
    )


def test_mistakes_are_one_line_that_says_what_to_do(tmp_path):
    shop = make_workspace(tmp_path / "shop")
    for words, said in (
        (("export", shop, tmp_path / "out", "--format", "csv"), "jsonl or parquet"),
        (("export", shop, tmp_path / "out", "--tenant", "nobody"), "There are: default"),
        (("import", shop, tmp_path), "feedback"),
        (("import", shop, Path("items.jsonl")), "Check the path"),
    ):
        done = run(*words)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
