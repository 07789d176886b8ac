"""Every record that is printed or kept has `to_json`; the command line shapes nothing itself."""

import ast
from pathlib import Path

import pytest

import sensorium

SOURCE = Path(sensorium.__file__).parent
CLI = sorted((SOURCE / "cli").glob("*.py"))
OTHER_NAMES = {"print_json", "read_json", "read_json_lines", "canonical_json", "hash_json"}
"""Functions that print, read or hash any JSON, whatever it describes."""


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_a_record_becomes_json_by_one_name():
    named = {
        f"{path.relative_to(SOURCE)}: {function.name}"
        for path in SOURCE.rglob("*.py")
        for function in functions(path)
        if "json" in function.name.split("_")
        and function.name not in {"to_json", "from_json", *OTHER_NAMES}
        and not function.name.startswith("test_")
    }
    assert not named


def test_what_can_be_read_back_can_be_written():
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for record in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            methods = {each.name for each in record.body if isinstance(each, ast.FunctionDef)}
            assert "from_json" not in methods or "to_json" in methods, f"{path}: {record.name}"


@pytest.mark.parametrize("path", CLI, ids=lambda path: path.stem)
def test_a_command_prints_what_a_record_says_and_at_most_where_it_is_kept(path):
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print_json":
            assert is_said_by_a_record(call.args[0]), f"{path.name}:{call.lineno}"


def is_said_by_a_record(value: ast.expr) -> bool:
    """Return whether `value` is a record's JSON, perhaps with more names beside it."""
    if isinstance(value, ast.BinOp):
        return is_said_by_a_record(value.left) and is_flat(value.right)
    if isinstance(value, ast.Dict):
        spread = [each for key, each in zip(value.keys, value.values, strict=True) if key is None]
        return bool(spread) and all(map(is_said_by_a_record, spread)) and is_flat(value)
    if isinstance(value, ast.Name):  # made above, by something that has a test of its own
        return True
    return isinstance(value, ast.Call) and getattr(value.func, "attr", "") == "to_json"


def is_flat(value: ast.expr) -> bool:
    """Return whether no record is taken apart in `value`: it holds no list and no dictionary."""
    inner = [node for node in ast.walk(value) if node is not value]
    return not any(
        isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp | ast.List) for node in inner
    )
