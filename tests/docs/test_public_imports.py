"""README and the docs use public names alone: those of `sensorium` and of its public modules."""

import ast
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import sensorium

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = ROOT / "tests" / "plugins" / "sensorium-example" / "src"
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
TESTING = "sensorium.testing"
"""Public too, but no name of `sensorium`: what tests need, no program does."""


def is_public(module: ModuleType, name: str) -> bool:
    return name in module.__all__


def public_module(name: str) -> bool:
    """Whether `name` may be imported: `sensorium`, and the modules among its public names."""
    package, _, inner = name.partition(".")
    return package == "sensorium" and (not inner or name == TESTING or inner in sensorium.__all__)


def hidden_imports(code: str) -> list[str]:
    """What the code imports from `sensorium`, or takes from it, that is no public name."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if is_ours(name.name) and not public_module(name.name)]
        elif isinstance(node, ast.ImportFrom) and node.module and is_ours(node.module):
            known = import_module(node.module).__all__ if public_module(node.module) else ()
            found += [f"{node.module}.{name.name}" for name in node.names if name.name not in known]
        elif isinstance(node, ast.Attribute):
            found += hidden_attribute(ast.unparse(node))
    return found


def is_ours(module: str) -> bool:
    return module.split(".")[0] == "sensorium"


def hidden_attribute(dotted: str) -> list[str]:
    """The name that follows `sn.` or `sn.MODULE.`, if it is not public."""
    alias, *names = dotted.split(".")
    if alias not in ("sn", "sensorium") or not all(map(str.isidentifier, names)):
        return []
    holder: object = sensorium
    for name in names:
        if not isinstance(holder, ModuleType):
            return []
        if not is_public(holder, name):
            return [dotted]
        holder = getattr(holder, name)
    return []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_page_imports_public_names_only(page: Path) -> None:
    code = "\n".join(PYTHON.findall(page.read_text(encoding="utf-8")))
    assert not hidden_imports(code)


@pytest.mark.parametrize("file", sorted(EXAMPLE.rglob("*.py")), ids=lambda file: file.name)
def test_the_example_of_a_package_imports_public_names_only(file: Path) -> None:
    assert not hidden_imports(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "code",
    [
        "from sensorium.catalog.catalog import Catalog",
        "import sensorium.catalog.catalog",
        "from sensorium import Vocabulary",
        "from sensorium.testing import no_such_contract",
        "import sensorium as sn\nsn.catalog.events",
        "import sensorium as sn\nsn.no_such_name(1)",
        "def late():\n    from sensorium.core import errors",
    ],
)
def test_what_is_not_public_is_found(code: str) -> None:
    assert hidden_imports(code)


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nfrom scipy import sparse",
        "import sensorium as sn\nsn.Catalog.from_frame({}).items.ids",
        "from sensorium import Catalog, fit",
        "from sensorium.testing import RecommenderContract",
    ],
)
def test_what_is_public_passes(code: str) -> None:
    assert not hidden_imports(code)
