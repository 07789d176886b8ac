"""Every recipe of the cookbook runs, by itself, on the shop of its first section."""

import ast
import copy
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cookbook.md").read_text(encoding="utf-8")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOP, TASKS = "The shop", "Ten tasks of at most five lines"


class Recipe(NamedTuple):
    section: str
    title: str
    code: str


def recipes() -> list[Recipe]:
    found = []
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        section, *rest = re.split(r"^### ", part, flags=re.MULTILINE)
        found += [
            Recipe(section.splitlines()[0], recipe.splitlines()[0], "\n".join(PYTHON.findall(recipe)))
            for recipe in rest
        ]
    return found


RECIPES = recipes()
TEN = [recipe for recipe in RECIPES if recipe.section == TASKS]


def movielens(folder: Path) -> None:
    """A few films and ratings in the layout of MovieLens 100K."""
    folder.mkdir()
    ratings = [(user, film) for user in range(1, 21) for film in range(1, 9) if (user + film) % 3]
    rows = (f"{u}\t{f}\t{u * f % 5 + 1}\t{880_000_000 + 100 * u + f}\n" for u, f in ratings)
    (folder / "u.data").write_text("".join(rows), encoding="latin-1")
    genres = ("|".join(str(int(genre == film)) for genre in range(19)) for film in range(1, 9))
    films = (f"{n}|Film {n} (1995)|01-Jan-1995||http://x|{of}\n" for n, of in enumerate(genres, start=1))
    (folder / "u.item").write_text("".join(films), encoding="latin-1")


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """What the first section leaves behind."""
    folder, before = tmp_path_factory.mktemp("shop"), Path.cwd()
    os.chdir(folder)
    try:
        movielens(folder / "ml-100k")
        scope: dict[str, Any] = {"__name__": "cookbook"}
        exec("\n".join(PYTHON.findall(PAGE.partition(f"## {SHOP}\n")[2].partition("\n## ")[0])), scope)  # noqa: S102
        yield scope
    finally:
        os.chdir(before)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_the_recipe_runs(recipe, shop):
    exec(recipe.code, shop | {"model": copy.deepcopy(shop["model"])})  # noqa: S102


def test_there_are_more_than_twenty_recipes():
    assert len({recipe.title for recipe in RECIPES}) == len(RECIPES) > 20
    assert all(recipe.code for recipe in RECIPES)


def test_each_of_the_ten_tasks_takes_five_lines_at_most():
    assert len(TEN) == 10
    for recipe in TEN:
        lines = [line for line in recipe.code.splitlines() if line.strip()]
        imports = sum(isinstance(node, ast.Import) for node in ast.parse(recipe.code).body)
        assert len(lines) - imports <= 5, recipe.title
