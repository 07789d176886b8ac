"""The tutorial works from its first line to its last, in the order in which it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
STEP = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run(arguments: list[str], folder: Path) -> str:
    environment = os.environ | {"COLUMNS": "100"}
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments[-1]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_every_step_works(tmp_path):
    shown = {}
    for kind, body in STEP.findall(PAGE):
        if kind == "python":
            run([sys.executable, "-c", body], tmp_path)
            continue
        for line in body.splitlines():
            if line.startswith("$ sensorium "):
                command = shlex.split(line.removeprefix("$ sensorium "))
                shown[command[0]] = run([sys.executable, "-m", "sensorium", *command], tmp_path)
    assert "image:photo" in shown["fit"]
    assert "customer-7" in (tmp_path / "recommendations.csv").read_text(encoding="utf-8")
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "recommendations.parquet").stat().st_size > 0
