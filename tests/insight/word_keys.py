"""The English texts that tables and the page translate, found in the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import sensorium

SOURCE = Path(sensorium.__file__).parent
TEMPLATES = SOURCE / "insight" / "templates"


def keys() -> set[str]:
    """Return every text that is given to `words` as a literal."""
    return {*_in_code(), *_in_templates()}


def _in_code() -> Iterator[str]:
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _is_words(node.func):
                yield from _texts(node.args[0])


def _is_words(called: ast.expr) -> bool:
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    return name == "words"


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))


def _in_templates() -> Iterator[str]:
    for file in TEMPLATES.glob("*.html"):
        yield from re.findall(r'\bw\("([^"]+)"', file.read_text(encoding="utf-8"))
