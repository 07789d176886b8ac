"""The page on the architecture is true: its files exist, its layers are those that import-linter holds."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "sensorium"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def layers() -> list[str]:
    """The layers of the contract, from the bottom; those that need not exist yet are in brackets."""
    named = LINTER["contracts"][0]["layers"]
    return [name.removeprefix("sensorium.") for name in reversed(named) if not name.startswith("(")]


def test_every_file_and_folder_that_the_page_names_exists() -> None:
    named = re.findall(r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", TEXT)
    assert len(named) > 60
    missing = [name for name in named if not (PACKAGE / name).exists() and name != "src/sensorium/"]
    assert not missing


def test_the_drawn_layers_are_those_that_the_linter_holds() -> None:
    drawn = re.search(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    assert drawn is not None
    arrows = re.findall(r"(\w+)(?:\[\"[^\"]*\"\])? --> (\w+)", drawn.group(1))
    assert arrows == list(pairwise(layers()))


def test_every_package_is_a_layer() -> None:
    packages = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert packages == set(layers())
