"""The wheel works in an environment that holds nothing but what the wheel asks for."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[1]
EVERY_NAME = """
import types
import sensorium as sn
held = [sn, *(value for name in sn.__all__ if isinstance(value := getattr(sn, name), types.ModuleType))]
assert all(getattr(module, name) is not None for module in held for name in module.__all__)
print(sn.__file__)
"""


def run(*command: str | Path, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, folder=folder)
    (built,) = folder.glob("sensorium-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The programs of an environment that holds the wheel and what it asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = (programs / "python", "-m", "pip", "--disable-pip-version-check")
    reachable = subprocess.run(
        [*pip, "download", "--no-deps", "annotated-types"], cwd=folder, capture_output=True
    )
    if reachable.returncode:
        pytest.skip("no index of packages can be reached")
    run(*pip, "install", "--constraint", ROOT / "constraints.txt", wheel, folder=folder)
    return programs


def test_the_wheel_holds_the_package_its_types_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "sensorium/py.typed" in names
    assert "sensorium/cli/main.py" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"sensorium"}


def test_every_public_name_can_be_had(installed, tmp_path):
    where = run(installed / "python", "-c", EVERY_NAME, folder=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_the_demo_runs(installed, tmp_path):
    shown = run(installed / "sensorium", "demo", "shown", folder=tmp_path)
    assert "because" in shown
    assert (tmp_path / "shown" / "report.html").is_file()
