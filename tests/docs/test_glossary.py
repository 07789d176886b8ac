"""The glossary fixes one word for one thing: the words that it turns down stand nowhere else."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
SOURCES = sorted((ROOT / "src").rglob("*.py"))
OUTER = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [*(ROOT / name for name in OUTER), *sorted({*(ROOT / "docs").rglob("*.md")} - {GLOSSARY})]
PYTHON = re.compile(r"^```python\n.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`|\{[^{}\n]*\}")
"""What is a name, not a word: between backticks, or a field of a format."""
IDENTIFIER = re.compile(r"[\w:.-]*")
"""What a string holds that is a name: a key of JSON, a setting, the name of a source."""


def rows() -> list[tuple[str, str, str]]:
    lines = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| **")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]  # type: ignore[misc]


UNWANTED = [word.strip() for _, _, words in rows() for word in words.split(",") if word.strip()]
PATTERN = re.compile(rf"\b({'|'.join(map(re.escape, UNWANTED))})\b", re.IGNORECASE)


def prose_of_page(page: Path) -> Iterator[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    for example in (PYTHON, CODE):
        text = example.sub(lambda found: "\n" * found.group().count("\n"), text)
    yield from enumerate(text.splitlines(), start=1)


def prose_of_source(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments, docstrings and messages of a file; strings that are names are left out."""
    kinds = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    for token in tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline):
        if token.type in kinds and not IDENTIFIER.fullmatch(token.string.strip("\"'frb")):
            for offset, line in enumerate(CODE.sub("", token.string).splitlines()):
                yield token.start[0] + offset, line


def unwanted_in(prose: Iterator[tuple[int, str]]) -> list[str]:
    return [f"line {number}: {found.group()}" for number, line in prose for found in PATTERN.finditer(line)]


def test_terms_stand_once_in_the_order_of_the_alphabet() -> None:
    terms = [term.strip("*") for term, _, _ in rows()]
    assert len(set(terms)) == len(terms) > 20
    assert terms == sorted(terms)


def test_the_search_finds_a_word_in_prose_and_not_in_a_name(tmp_path) -> None:
    file = tmp_path / "example.py"
    file.write_text('x = {"likeness": 1}  # the likeness\ny = f"a stranger {x}"\n', encoding="utf-8")
    assert unwanted_in(prose_of_source(file)) == ["line 1: likeness", "line 2: stranger"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_uses_a_word_that_the_glossary_turns_down(page: Path) -> None:
    assert not unwanted_in(prose_of_page(page))


def test_no_message_docstring_or_comment_uses_a_word_that_the_glossary_turns_down() -> None:
    found = {str(file.relative_to(ROOT)): unwanted_in(prose_of_source(file)) for file in SOURCES}
    assert not {name: places for name, places in found.items() if places}


def test_no_page_of_the_report_uses_a_word_that_the_glossary_turns_down() -> None:
    for template in sorted((ROOT / "src").rglob("*.html")):
        assert not unwanted_in(enumerate(template.read_text(encoding="utf-8").splitlines(), start=1))
