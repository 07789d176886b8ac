"""The documentation is tested: its Python runs, its commands and settings exist, its links lead somewhere."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from sensorium.cli.main import COMMANDS, app
from sensorium.workspace.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OUTER = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [*(ROOT / name for name in OUTER), *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
NO_FORMER_NAMES = """
import warnings
from sensorium.core.errors import FormerNameWarning
warnings.simplefilter("error", FormerNameWarning)
"""
OWN_TESTS = ("docs/cookbook.md", "docs/service.md", "docs/tutorial.md")
"""Pages whose code is run step by step or against a service, in tests of their own."""
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, page in zip(NAMES, PAGES, strict=True)
        if name not in OWN_TESTS and blocks(page, "python")
    ],
)
def test_the_python_of_the_page_runs(name, tmp_path):
    script = "\n".join([NO_FORMER_NAMES, *blocks(ROOT / name, "python")])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, f"{name}\n{done.stderr[-3000:]}"


def commands_in(page: Path) -> list[list[str]]:
    lines = "\n".join(blocks(page, "console") + blocks(page, "bash")).replace("\\\n", " ").splitlines()
    typed = [line.removeprefix("$ ") for line in lines if line.startswith(("$ sensorium", "sensorium "))]
    typed += re.findall(r"`(sensorium [a-z][^`]*)`", page.read_text(encoding="utf-8"))
    return [
        shlex.split(line.split(" # ")[0].replace("...", "").replace("[", "").replace("]", ""))
        for line in typed
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_in_the_page_exists(name):
    group = typer.main.get_command(app)
    for words in commands_in(ROOT / name):
        if words[1].startswith("-"):
            continue
        assert words[1] in group.commands, f"{name} names the unknown command {words[1]}"
        known = {option for parameter in group.commands[words[1]].params for option in parameter.opts}
        asked = {word for word in words[2:] if re.match(r"-{1,2}[a-z]", word)}
        assert asked <= known | {"--help"}, f"{name}: {words[1]} has no {asked - known}"


def test_every_command_is_documented():
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"## {command}" in text, f"docs/cli.md says nothing of {command}"
        for parameter in typer.main.get_command(app).commands[command].params:
            option = max(parameter.opts, key=len)
            assert not option.startswith("--") or f"`{option}" in text, (
                f"docs/cli.md says nothing of {option}"
            )


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "workspace.md").read_text(encoding="utf-8")
    for section, field in Settings.model_fields.items():
        assert f"[{section}]" in text
        for setting in field.annotation.model_fields:
            assert f"`{setting}`" in text, f"docs/workspace.md says nothing of {section}.{setting}"


@pytest.mark.parametrize("name", NAMES)
def test_every_link_to_a_file_leads_to_it(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{name} links to {target}, which is not there"
