"""Ids come back in the type in which they came, through everything that a fitted model answers."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import DataError

N = 12


def tables(kind) -> tuple[sn.Catalog, sn.Events]:
    """Items that two kinds of users like, each of them some of its colour."""
    ids = pl.Series([kind(100 + n) for n in range(N)])
    items = pl.DataFrame({"item_id": ids, "title": [("red owl", "blue fox")[n % 2] for n in range(N)]})
    log = pl.DataFrame(
        [(kind(user), kind(100 + item)) for user in range(8) for item in range(N - 2) if (user + item) % 2],
        schema=["user_id", "item_id"],
        orient="row",
    )
    catalog = sn.Catalog.from_frame(items, text="title")
    return catalog, sn.Events.from_frame(log, items=catalog.items)


@pytest.fixture(scope="module", params=[int, str])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def fitted(kind):
    return sn.fit(*tables(kind), model="item-knn", seconds=1)


def test_answers_and_their_reasons_have_the_ids_of_the_table(fitted, kind):
    for answer in (
        fitted.recommend(3, k=4, explain=True),
        fitted.similar("104", explain=True),
        fitted.similar(104.0, by="text", explain=True),
        fitted.search(text="owl"),
    ):
        reasons = [r.item_id for each in answer.reasons for r in each if r.item_id is not None]
        assert {type(item) for item in [*answer.item_ids, *reasons]} == {kind}
        assert answer.to_frame()["item_id"].to_list() == list(answer.item_ids)


def test_an_explanation_has_them_too_and_can_be_told(fitted, kind):
    found = fitted.explain(3, 108)
    assert found.item_id == kind(108)
    assert {type(item) for item in found.by_history_item()} == {kind, type(None)}
    assert {type(item) for item in found.titles} == {kind}
    assert all(type(each.without) is kind for each in found.without_items)
    assert found.sentence()
    assert fitted.explain_text(found)


def test_json_holds_text_whatever_the_type(fitted):
    answer = fitted.recommend(3, k=2, explain=True).to_json()
    found = fitted.explain(3, 108).to_json()
    named = [*answer["items"], *answer["items"][0]["reasons"], found, *found["by_history_item"]]
    assert {type(each["item_id"]) for each in named} <= {str, type(None)}
    assert all(isinstance(each["without"], str) for each in json.loads(json.dumps(found))["without_items"])


def test_what_is_added_and_updated_has_them_and_so_has_what_is_loaded(kind, tmp_path):
    model = sn.fit(*tables(kind), model="item-knn", seconds=1)
    added = model.add_items(pd.DataFrame({"item_id": [kind(300)], "title": ["red owl"]}))
    assert added == [kind(300)]
    changed = model.update(pl.DataFrame({"user_id": [kind(3), kind(90)], "item_id": [kind(300), kind(999)]}))
    assert changed.users == (kind(3),)
    assert changed.unknown_items == (kind(999),)
    again = sn.load(model.save(tmp_path))
    assert again.recommend(1).item_ids == model.recommend(1).item_ids
    assert again.catalog.items.given_ids.to_list()[-1] == kind(300)
    assert again.users.given_ids.to_list()[:2] == [kind(0), kind(1)]


def test_numbers_that_are_added_as_text_stay_numbers_and_real_text_makes_text_of_all(tmp_path):
    model = sn.fit(*tables(int), model="item-knn", seconds=1)
    assert model.add_items(pl.DataFrame({"item_id": ["300"], "title": ["owl"]})) == [300]
    assert sn.load(model.save(tmp_path / "numbers")).catalog.items.integer
    assert model.add_items(pl.DataFrame({"item_id": ["new"], "title": ["owl"]})) == ["new"]
    assert set(map(type, sn.load(model.save(tmp_path / "text")).recommend(1).item_ids)) == {str}


def test_cells_of_a_csv_file_are_text_and_numbers_with_gaps_are_numbers(tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\n1,a\n2,b\n")
    assert sn.Catalog.from_file(tmp_path / "items.csv").items.given_ids.to_list() == ["1", "2"]
    pl.DataFrame({"item_id": [1, 2]}).write_parquet(tmp_path / "items.parquet")
    assert sn.Catalog.from_file(tmp_path / "items.parquet").items.given_ids.to_list() == [1, 2]
    assert sn.Catalog.from_frame(pd.DataFrame({"item_id": [1.0, 2.0]})).items.given_ids.to_list() == [1, 2]
    assert sn.Catalog.from_frame(pd.DataFrame({"item_id": [1.5]})).items.given_ids.to_list() == ["1.5"]


def test_true_is_no_user(fitted):
    for user in (True, np.True_):
        with pytest.raises(DataError, match="is no id"):
            fitted.recommend(user)
