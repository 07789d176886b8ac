"""A model from a package of its own: installed, listed, fitted, fused, saved, and missed when it is gone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sensorium.testing.recommender_contract import RecommenderContract

EXAMPLE = Path(__file__).parent / "sensorium-example"
NAME = "same-stride"
N_ITEMS, N_USERS, N_EVENTS = 101, 160, 9

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> dict[str, str]:
    """The environment of a process in which the example is installed, from its sources, without a network."""
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / "example")  # building leaves files
    target = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    paths = [str(target), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """Readers of a long series: each goes on in a stride of their own, which no model of pairs can know."""
    folder = tmp_path_factory.mktemp("series")
    rng = np.random.default_rng(0)
    items = [f"v{item}" for item in range(N_ITEMS)]
    (folder / "items.csv").write_text("id\n" + "\n".join(items) + "\n", encoding="utf-8")
    lines = ["user,item,time"]
    for user in range(N_USERS):
        first, stride = rng.integers(N_ITEMS), rng.integers(1, 50)
        for step in range(N_EVENTS):
            item = items[(first + step * stride) % N_ITEMS]
            lines.append(f"u{user},{item},{1_700_000_000 + 86_400 * step + 60 * user}")
    (folder / "events.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "sensorium.toml").write_text(
        '[catalog]\nitems = "items.csv"\nid = "id"\n\n'
        '[events]\nfile = "events.csv"\nuser = "user"\nitem = "item"\ntime = "time"\n',
        encoding="utf-8",
    )
    return folder


def sensorium(*arguments: str | Path, environment: dict[str, str] | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sensorium.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def answer(*arguments: str | Path, environment: dict[str, str]) -> dict:
    done = sensorium(*arguments, "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_installed_model_is_listed_with_its_package(installed):
    rows = {row["name"]: row for row in answer("models", environment=installed)["models"]}
    assert rows[NAME]["package"] == "sensorium-example"
    assert rows[NAME]["reads"] == ["events with times"]
    assert rows[NAME]["auto"]
    assert rows["ease"]["package"] == "sensorium"


CONTRACT = """
from sensorium_example.model import SameStride
from sensorium.testing.recommender_contract import RecommenderContract


class TestSameStride(RecommenderContract):
    model = SameStride
"""


def test_it_passes_the_contract_of_all_models(installed, tmp_path):
    script = tmp_path / "test_contract.py"
    script.write_text(CONTRACT, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(script)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=installed, check=False)
    n_claims = sum(name.startswith("test_") for name in dir(RecommenderContract))
    assert f"{n_claims} passed" in done.stdout, done.stdout + done.stderr


def test_auto_gives_it_weight_where_it_is_good_and_its_bundle_opens_again(installed, workspace):
    told = answer("fit", workspace, "--seconds", "2", environment=installed)
    weights = {member["name"]: member["weight"] for member in told["members"]}
    assert weights[NAME] > 0.1
    found = answer("recommend", workspace, "--user", "u0", "-k", "3", environment=installed)
    assert len(found["items"]) == 3


def test_it_is_fitted_by_name_and_a_bundle_without_it_says_what_to_install(installed, workspace):
    told = answer("fit", workspace, "--model", NAME, "--seconds", "1", environment=installed)
    assert [member["weight"] for member in told["members"] if member["name"] == NAME] == [1.0]
    missing = sensorium("recommend", workspace, "--user", "u0", environment=None)
    assert missing.returncode == 2
    (line,) = missing.stderr.strip().splitlines()
    assert f"unknown model '{NAME}'" in line
    assert "pip install sensorium-example" in line
