"""The limits that keep the code readable: sizes, levels, names, imports without knots, no hidden state."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "sensorium"
FILE_LINES, CLASS_LINES, FUNCTION_LINES, LEVELS = 400, 250, 50, 3
EMPTY_NAMES = ("utils", "util", "common", "helpers", "helper", "manager", "misc")
IMMUTABLE = ("Mapping", "Sequence", "Set", "frozenset", "tuple")
MUTABLE_CALLS = ("list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict", "bytearray")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def files(*folders: str) -> list[Path]:
    found = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return sorted(file for file in found if "/." not in f"/{file.relative_to(ROOT).as_posix()}")


def place(file: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if node is not None and hasattr(node, "lineno") else ""
    return f"{file.relative_to(ROOT).as_posix()}{line}"


@functools.cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def length(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def length_without_docstring(node: FUNCTIONS) -> int:
    """The lines of the body and the signature; decorators and the docstring do not count."""
    first = node.body[0]
    has_docstring = ast.get_docstring(node, clean=False) is not None
    return length(node) - (length(first) if has_docstring else 0)


def test_no_file_is_longer_than_400_lines():
    counts = {file: file.read_text("utf-8").count("\n") for file in files("src", "tests", "benchmarks")}
    assert [f"{place(file)}: {n}" for file, n in counts.items() if n > FILE_LINES] == []


def test_no_class_is_longer_than_250_lines():
    assert [
        f"{place(file, node)} {node.name}: {length(node)}"
        for file in files("src", "tests", "benchmarks")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ClassDef) and length(node) > CLASS_LINES
    ] == []


def test_no_function_is_longer_than_50_lines_without_its_docstring():
    assert [
        f"{place(file, node)} {node.name}: {length_without_docstring(node)}"
        for file in files("src", "tests", "benchmarks")
        for node in ast.walk(tree(file))
        if isinstance(node, FUNCTIONS) and length_without_docstring(node) > FUNCTION_LINES
    ] == []


def test_no_module_lies_deeper_than_three_levels_below_the_package():
    assert [place(file) for file in files("src") if len(file.relative_to(PACKAGE).parts) > LEVELS] == []


def test_no_module_is_called_after_nothing():
    assert [
        place(file)
        for file in files("src", "tests", "benchmarks")
        if any(part.removesuffix(".py").strip("_") in EMPTY_NAMES for part in file.relative_to(ROOT).parts)
    ] == []


def test_no_public_function_takes_any_keyword_whatever():
    assert [
        f"{place(file, node)} {node.name}"
        for file in files("src")
        for node in public_functions(tree(file))
        if node.args.kwarg is not None and not names_its_settings(node)
    ] == []


def names_its_settings(node: FUNCTIONS) -> bool:
    """Whether it makes a component: `inspect.signature` shows each of its settings."""
    return node.name == "__init__" and node.args.kwarg is not None and node.args.kwarg.arg == "settings"


def public_functions(node: ast.Module | ast.ClassDef) -> Iterator[FUNCTIONS]:
    """The functions and methods that a caller may use; `__init__` is one of them."""
    for child in node.body:
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from public_functions(child)
        elif isinstance(child, FUNCTIONS) and (not child.name.startswith("_") or child.name == "__init__"):
            yield child


def test_no_module_keeps_state_that_can_change():
    assert [
        f"{place(file, node)} {ast.unparse(target)}"
        for file in files("src")
        for node in tree(file).body
        for target in changeable(node)
    ] == []


def changeable(node: ast.stmt) -> list[ast.expr]:
    """The names that a statement of a module binds to a container that can be changed.

    An annotation such as `Mapping` or `Sequence` makes the type checker refuse every change.
    """
    if isinstance(node, ast.AnnAssign):
        annotation = ast.unparse(node.annotation).removeprefix("Final[")
        if annotation.split("[")[0].rpartition(".")[2] in IMMUTABLE:
            return []
        return [node.target] if node.value is not None and is_container(node.value) else []
    if isinstance(node, ast.Assign):
        return [
            target for target in node.targets if is_container(node.value) and ast.unparse(target) != "__all__"
        ]
    return []


def is_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2] in MUTABLE_CALLS
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def test_no_function_changes_a_name_of_its_module():
    assert [
        f"{place(file, node)} {', '.join(node.names)}"
        for file in files("src")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Global)
    ] == []


def module_name(file: Path) -> str:
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def modules() -> dict[str, Path]:
    return {module_name(file): file for file in files("src")}


def imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All imports, those inside functions too, except what only the type checker sees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        yield from imports(child)


def imported(file: Path) -> set[str]:
    """The modules of the package that a file imports: for `from package import module` the module."""
    named: set[str] = set()
    for node in imports(tree(file)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif node.module is not None and not node.level:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            named |= (inner & modules().keys()) or {node.module}
    return named & modules().keys()


def knots(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import one another in a circle (strongly connected components)."""
    reached = {start: reachable(graph, start) for start in graph}
    groups = {
        frozenset(other for other in reached[start] if start in reached[other]) | {start}
        for start in graph
        if start in reached[start]
    }
    return sorted(sorted(group) for group in groups)


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """The modules that one or more imports lead to from `start`."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def layers() -> list[str]:
    return sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())


@pytest.mark.parametrize("layer", layers())
def test_no_modules_of_a_layer_import_one_another_in_a_circle(layer):
    inside = {name for name in modules() if name.split(".")[1:2] == [layer]}
    assert knots({name: imported(modules()[name]) & inside for name in inside}) == []


def test_no_modules_at_all_import_one_another_in_a_circle():
    assert knots({name: imported(file) for name, file in modules().items()}) == []


def test_a_circle_is_found_however_long_and_a_chain_is_none():
    assert knots({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert knots({"a": {"b"}, "b": {"c"}, "c": set()}) == []
