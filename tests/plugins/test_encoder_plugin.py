"""An encoder of another package: listed, chosen, judged, fitted, served, and missed when it is gone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sensorium.testing.encoder_contract import EncoderContract
from sensorium.testing.two_colour_media import two_colour_media

EXAMPLE = Path(__file__).parent / "sensorium-example"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder that the example package is installed into."""
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / "example")  # building leaves files
    target = tmp_path_factory.mktemp("installed")
    options = [
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--disable-pip-version-check",
        "--quiet",
        "--target",
        str(target),
    ]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)
    return target


@pytest.fixture(scope="module")
def run(installed):
    """Run the command line in a process of its own, with the example package or without it."""

    def command(*words: object, with_package: bool = True) -> subprocess.CompletedProcess[str]:
        paths = [str(installed)] if with_package else []
        paths += filter(None, [os.environ.get("PYTHONPATH")])
        return subprocess.run(
            [sys.executable, "-m", "sensorium.cli.main", *map(str, words)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            timeout=240,
        )

    return command


def answer(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, run) -> Path:
    """A two-colour workspace whose words the example reads, fitted."""
    folder = tmp_path_factory.mktemp("workspace")
    two_colour_media(folder, n_users=20, n_items=24)
    settings = folder / "sensorium.toml"
    kept = [line for line in settings.read_text().splitlines() if line.partition(" ")[0] not in MEDIA]
    settings.write_text("\n".join(kept) + '\n[encoders]\ntext = "letter-pairs"\n')
    done = run("fit", folder, "--model", "multimodal-knn")
    assert done.returncode == 0, done.stderr
    return folder


MEDIA = ("image", "audio", "video")


def test_it_is_listed_with_its_package(run):
    rows = {row["name"]: row for row in answer(run("encoders", "--json"))["encoders"]}
    row = rows["letter-pairs"]
    assert (row["package"], row["modalities"], row["default"]) == ("sensorium-example", ["text"], False)
    assert row["learns"] == ["weights"]
    assert "letter-pairs" not in run("encoders", "--json", with_package=False).stdout


def test_it_passes_the_contract_of_all_encoders(installed, monkeypatch, tmp_path):
    script = tmp_path / "test_contract.py"
    script.write_text(CONTRACT)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(script)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(installed), os.environ.get("PYTHONPATH", "")])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    n_claims = sum(name.startswith("test_") for name in vars(EncoderContract))
    assert f"{n_claims} passed" in done.stdout, done.stdout + done.stderr


CONTRACT = """
from sensorium_example.encoder import LetterPairs
from sensorium.testing.encoder_contract import EncoderContract


class TestLetterPairs(EncoderContract):
    encoder = LetterPairs
"""


def test_a_workspace_that_names_it_is_encoded_fitted_and_searched(run, workspace):
    block = answer(run("encode", workspace, "--json"))["blocks"]["text:words"]
    assert (block["encoder"], block["dimension"], block["encoded"]) == ("letter-pairs", 676, 0)
    found = answer(run("search", workspace, "--text", "ocean whale", "--json"))["items"]
    assert {int(item["item_id"][1:]) % 2 for item in found[:5]} == {1}, (
        "words of the sea are said of odd items"
    )


def test_probe_judges_it_beside_the_others(run, workspace):
    columns = answer(run("probe", workspace, "--json"))["columns"]
    judged = {
        row["encoder"]: row for row in next(c for c in columns if c["block"] == "text:words")["encoders"]
    }
    assert judged["letter-pairs"]["in_use"]
    assert {"tfidf-lsa", "nmf-topics"} < set(judged)


def test_it_joins_built_in_encoders_in_a_recipe(run, workspace, tmp_path):
    folder = shutil.copytree(workspace, tmp_path / "recipe")
    settings = folder / "sensorium.toml"
    settings.write_text(settings.read_text().replace('"letter-pairs"', '"letter-pairs+tfidf-lsa"'))
    block = answer(run("encode", folder, "--json"))["blocks"]["text:words"]
    assert block["encoder"] == "letter-pairs+tfidf-lsa"
    assert block["dimension"] > 676


def test_without_its_package_a_bundle_says_in_one_line_what_to_install(run, workspace):
    done = run("search", workspace, "--text", "ocean", with_package=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert (
        "made by encoder 'letter-pairs' of package sensorium-example, which is not installed" in done.stderr
    )
    assert "Install it with: pip install sensorium-example" in done.stderr


def test_without_its_package_a_workspace_that_names_it_is_one_line(run, workspace):
    done = run("encode", workspace, with_package=False)
    assert done.returncode == 2
    assert "unknown encoder 'letter-pairs' for text" in done.stderr
    assert done.stderr.count("\n") == 1
