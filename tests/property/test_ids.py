"""Ids go in and come out, whatever they are made of and whatever file they travel in."""

import csv
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.readers.files import read_table

CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
IDS = st.lists(
    st.text(CHARACTERS, min_size=1, max_size=8).filter(lambda text: text.strip()),
    min_size=1,
    max_size=20,
    unique=True,
)
RELAXED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60
)


@RELAXED
@given(ids=IDS)
def test_ids_of_any_characters_come_back_in_their_order(ids):
    catalog = Catalog.from_frame(pl.DataFrame({"item_id": ids}))
    assert list(catalog.items) == ids
    events = Events.from_frame(pl.DataFrame({"user_id": ids, "item_id": ids[::-1]}), items=catalog.items)
    assert events.users.ids_at(events.user) == ids
    assert events.items.ids_at(events.item) == ids[::-1]


@RELAXED
@given(ids=st.lists(st.integers(-(2**60), 2**60), min_size=1, unique=True))
def test_whole_numbers_and_their_text_are_the_same_ids(ids):
    catalog = Catalog.from_frame(pl.DataFrame({"item_id": [str(value) for value in ids]}))
    events = Events.from_frame(pl.DataFrame({"user_id": ids, "item_id": ids}), items=catalog.items)
    assert events.item.tolist() == list(range(len(ids)))
    assert list(events.users) == [str(value) for value in ids]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.parquet"])
@RELAXED
@given(ids=IDS)
def test_ids_survive_every_file_format(tmp_path, name, ids):
    path = tmp_path / name
    if path.suffix == ".parquet":
        pl.DataFrame({"item_id": ids, "n": ids}).write_parquet(path)
    elif path.suffix == ".jsonl":
        lines = [json.dumps({"item_id": value, "n": value}, ensure_ascii=False) for value in ids]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter="," if path.suffix == ".csv" else "\t")
            writer.writerows([["item_id", "n"], *([value, value] for value in ids)])
    table = read_table(path)
    assert len(table.rejected) == 0
    assert list(Catalog.from_frame(table.frame).items) == ids


@RELAXED
@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from('ab",\n '), max_size=5), min_size=2, max_size=2), max_size=15
    ),
    broken=st.booleans(),
)
def test_quoted_text_comes_back_as_it_was_written(tmp_path, rows, broken):
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([["x", "y"], *rows])
        stream.write('"one field"\n' if broken else "")
    table = read_table(path)
    assert len(table.rejected) == broken
    assert [tuple(cell or "" for cell in row) for row in table.frame.rows()] == [tuple(row) for row in rows]
