"""The script that runs the tests as other machines would finds what depends on the machine."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("other_machines.py")
TESTS = """
import os

def test_of_the_time_zone():
    assert os.environ.get("TZ") != "Asia/Kolkata"

def test_of_nothing():
    pass
"""


def environments(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *map(str, words)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=250)


def test_what_fails_in_one_environment_alone_is_named(tmp_path):
    (tmp_path / "test_zone.py").write_text(TESTS, encoding="utf-8")
    done = environments("c", "kolkata+random-order", "--kept", tmp_path / "kept", "--", tmp_path)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3, done.stdout
    assert lines[0].startswith("c: 2 passed, 0 failed, 0 skipped")
    assert lines[1].startswith("kolkata+random-order: 1 passed, 1 failed, 0 skipped")
    assert lines[2].endswith("test_of_the_time_zone")
    assert "AssertionError" in (tmp_path / "kept" / "kolkata+random-order.txt").read_text(encoding="utf-8")


def test_an_unknown_environment_is_refused_before_anything_runs():
    done = environments("c+mars")
    assert done.returncode == 2
    assert "unknown environment mars" in done.stderr
