"""Files that stand beside the code parse, and name commands that exist."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

import sensorium as sn

ROOT = Path(__file__).resolve().parents[2]
TARGETS = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
PRE_COMMIT = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PAGES = [f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))]
LARGEST_KB = 1000


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", ".ci/run", *PAGES])
def test_every_make_target_that_a_page_names_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^ {4}|^)make ([a-z]+)", text, re.MULTILINE)
    assert set(named) <= TARGETS


def test_local_hooks_run_tools_of_the_development_environment() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (hooks,) = [repository["hooks"] for repository in PRE_COMMIT["repos"] if repository["repo"] == "local"]
    package = {"ruff": "ruff", "lint-imports": "import-linter", "pyright": "pyright"}
    for hook in hooks:
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/")
        assert re.search(rf'"{package[Path(program).name]}[\[>]', project), hook["id"]


def test_no_file_is_larger_than_the_hook_allows() -> None:
    hooks = {hook["id"]: hook for repository in PRE_COMMIT["repos"] for hook in repository["hooks"]}
    assert hooks["check-added-large-files"]["args"] == [f"--maxkb={LARGEST_KB}"]
    folders = ("src", "tests", "docs", "benchmarks", ".github", ".ci")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    large = [file for file in files if file.stat().st_size > LARGEST_KB * 1024]
    made = ("__pycache__", ".environments", ".work")
    assert not [file for file in large if not set(made) & set(file.parts)]


def test_continuous_integration_runs_what_a_developer_runs() -> None:
    steps = WORKFLOW["jobs"]["test"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs == [".ci/run"]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test")
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in steps if "uses" in step)
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "secrets." not in (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_the_citation_is_complete_and_of_this_version() -> None:
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software"
    assert CITATION["authors"] == [{"name": "The Sensorium authors"}]
    assert CITATION["version"] == sn.__version__
    assert CITATION["license"] == "Apache-2.0"
    assert CITATION["message"]
    assert CITATION["title"]
