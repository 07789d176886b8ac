"""Ids, titles, columns and paths are printed as they are, whatever stands in them."""

import re
from pathlib import Path

import polars as pl
import pytest
from rich.table import Table

import sensorium.cli
from sensorium.cli.console import OUT, PlainConsole

ITEMS = [
    f"{mark}{n}" for n in range(8) for mark in ("[/i2]", "[bold]", "weight [kg]", "[red", ":smile:", "$x")
]
ID, TITLE, TAGS, WEIGHT = "id [/b]", "title[/i]", "tags[/x]", "weight [kg]"
USER, ITEM, TYPE, TIME = "user [red]", "item[/]", "type [b]", "time[/]"


def items_table(ids):
    rows = range(len(ids))
    return pl.DataFrame(
        {
            ID: ids,
            TITLE: [
                f"[bold]Lamp {item}[/bold] of [/{n % 3}] and \x1b[31mred\x07" for n, item in enumerate(ids)
            ],
            TAGS: [f"[/tag{n % 3}]" for n in rows],
            WEIGHT: [n * 1.5 for n in rows],
        }
    )


def events_table(users):
    rows = [
        (user, item, ["[view]", "buy[/]"][n % 2], 1_700_000_000 + 3600 * n)
        for n, (user, item) in enumerate(
            (f"[u/{u}]", ITEMS[(5 * u + 7 * n) % len(ITEMS)]) for n in range(9) for u in users
        )
    ]
    return pl.DataFrame(rows, schema=[USER, ITEM, TYPE, TIME], orient="row")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("[bold] tables [")
    (folder / "items [i].csv").write_text(items_table(ITEMS).write_csv())
    (folder / "events[b].csv").write_text(events_table(range(24)).write_csv())
    (folder / "new [i].csv").write_text(items_table(["[/new]"]).write_csv())
    later = events_table(range(1)).head(1).with_columns(pl.lit("[/fresh]").alias(USER))
    (folder / "later[.csv").write_text(later.write_csv())
    return folder


ROLES = (
    "--id", ID, "--text", TITLE, "--category", TAGS, "--number", WEIGHT,
    "--user", USER, "--item", ITEM, "--type", TYPE, "--time", TIME,
)  # fmt: skip


def test_every_command_prints_brackets_as_they_are(sensorium, tables):
    shop = tables / "shop [kg]"

    def prints(command, *words, shown=()):
        done = sensorium(command, *words, width=200)
        assert done.code == 0, (command, done.err)
        assert "\x1b" not in done.out
        assert "\x07" not in done.out
        for text in shown:
            assert text in done.out, (command, text, done.out)
        return done

    made = "--items", tables / "items [i].csv", "--events", tables / "events[b].csv"
    prints("init", shop, *made, *ROLES, shown=[ID, TITLE, TAGS, WEIGHT, USER, ITEM, TYPE, str(shop)])
    prints("check", shop, shown=[f"text:{TITLE}", f"number:{WEIGHT}"])
    prints("encode", shop, shown=[f"category:{TAGS}", f"number:{WEIGHT}"])
    prints("fit", shop, "--seconds", "1", shown=["--user '[u/0]'"])
    prints("fit", shop, "--seconds", "1", "--verbose", shown=[WEIGHT])
    page = tables / "report [b].html"
    prints("evaluate", shop, "--seconds", "1", "--report", page, "--robustness", shown=[WEIGHT, str(page)])
    prints("compare", shop, "--seconds", "1")
    words = "recommend", shop, "--user", "[u/3]", "--explain", "-k", "40"
    asked = prints(*words, shown=["user [u/3]", "[bold]Lamp [/i2]"])
    item = next(item for item in ITEMS if f"  {item} " in asked.out)
    prints(
        "recommend", shop, "--history", "[/i2]0", "--like", f"{TAGS}=[/tag1]", "--explain", shown=["[/i2]0"]
    )
    prints("recommend", shop, "--all", "-k", "1", shown=["[u/3]"])
    prints("similar", shop, "--item", "[/i2]1", "--explain", shown=["Similar to [bold]Lamp [/i2]1[/bold]"])
    prints("similar", shop, "--item", "[/i2]1", "--by", f"number:{WEIGHT}", shown=[f"by number:{WEIGHT}"])
    prints("search", shop, "--text", "[bold] lamp [/i2]", shown=["[bold] lamp [/i2]"])
    prints("explain", shop, "--user", "[u/3]", "--item", item, shown=[f"[bold]Lamp {item}[/bold]"])
    prints("keywords", shop, shown=["[/i2]0"])
    prints("probe", shop, shown=[f"category:{TAGS}"])
    prints("add-items", shop, "--items", tables / "new [i].csv", shown=["'[/new]'"])
    prints("update", shop, "--events", tables / "later[.csv", shown=["'[/fresh]'"])
    for words in (("encoders",), ("models",)):
        prints(*words)


def test_a_mistake_is_named_as_it_was_written(sensorium, tmp_path):
    assert "[red]nowhere" in sensorium("check", tmp_path / "[red]nowhere").mistake()
    assert "[bold]" in sensorium("recommend", tmp_path, "--[bold]").mistake()


def test_nothing_in_a_table_is_markup_and_control_characters_are_left_out(capsys):
    console = PlainConsole()
    console.width = 60
    table = Table("weight [kg]", title="[/b]")
    table.add_row("[bold]x[/bold] :smile: \x1b[2J\x07")
    console.print(table)
    shown = capsys.readouterr().out
    assert "weight [kg]" in shown
    assert "[/b]" in shown
    assert "[bold]x[/bold] :smile: [2J" in shown
    assert "\x1b" not in shown


def test_no_command_styles_by_markup_or_prints_to_a_console_of_its_own():
    assert isinstance(OUT, PlainConsole)
    for file in Path(sensorium.cli.__file__).parent.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        assert not re.search(r"\[/[a-z ]*\]|rich\.markup|from_markup|markup=True", source), file.name
        assert file.name == "console.py" or "Console(" not in source, file.name
