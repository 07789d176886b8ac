"""What can be had is recommended, and nothing else; a column that means the contrary is noticed."""

import polars as pl
import pytest

import sensorium as sn
from sensorium.catalog.availability import as_available
from sensorium.catalog.availability_checks import availability_facts, availability_problems
from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.guess import guess_roles
from sensorium.core.roles import Role


@pytest.mark.parametrize(
    ("cells", "had"),
    [
        (["yes", "no", "", "True"], [True, False, None, True]),
        (["12", "0", "-1", None], [True, False, False, None]),
        ([3, 0, -1, None], [True, False, False, None]),
        (["1.250,00", "0,0", "3,5", "0"], [True, False, True, False]),
        (["In stock", "Out of stock", "SOLD OUT", "pre-order"], [True, False, False, True]),
        (["https://schema.org/InStock", "http://schema.org/OutOfStock"], [True, False]),
        (["in_stock", "out_of_stock", "backorder", "discontinued"], [True, False, True, False]),
        (["active", "archived", "draft"], [True, False, False]),
        (["10+", ">5", "0 left", "5 pcs"], [True, True, False, True]),
        (["有货", "缺货", "预售", "已下架", "是", "否"], [True, False, True, False, True, False]),
        (["perhaps", "2024-01-31"], [None, None]),
        ([True, False, None], [True, False, None]),
    ],
)
def test_what_can_be_had_is_read_from_flags_numbers_and_words(cells, had):
    assert as_available(pl.Series("stock", cells)).to_list() == had


@pytest.mark.parametrize(
    ("name", "cells", "role"),
    [
        ("in_stock", ["yes", "no"], Role.AVAILABLE),
        ("In Stock", ["1", "0"], Role.AVAILABLE),
        ("stock", ["12", "0"], Role.AVAILABLE),
        ("inventoryQuantity", ["3", "7"], Role.AVAILABLE),
        ("availability", ["in stock", "out of stock"], Role.AVAILABLE),
        ("status", ["active", "draft"], Role.AVAILABLE),
        ("status", ["new", "used"], Role.CATEGORY),
        ("库存", ["5", "0"], Role.AVAILABLE),
        ("是否有货", ["是", "否"], Role.AVAILABLE),
        ("stock", ["0", "0"], None),
        ("discontinued", ["yes", "no"], Role.HIDDEN),
        ("已下架", ["是", "否"], Role.HIDDEN),
        ("organic", ["yes", "no"], Role.CATEGORY),
    ],
)
def test_columns_of_stock_are_no_taste(name, cells, role):
    frame = pl.DataFrame({"item_id": [str(n) for n in range(20)], name: cells * 10})
    guess = guess_roles(frame)
    assert guess.roles.get(name) == role
    assert guess.columns[0].reason


SHOP = pl.DataFrame(
    {
        "item_id": ["a", "b", "c", "d", "e"],
        "title": ["red hat", "red scarf", "red coat", "red shoe", "red bag"],
        "stock": [3, 0, None, 1, 9],
        "active": ["yes", "yes", "yes", "no", "yes"],
        "deleted": ["no", "no", "no", "no", "yes"],
    }
)


def test_what_cannot_be_had_is_not_recommended_found_or_similar():
    catalog = sn.Catalog.from_frame(SHOP, text="title", available=["stock", "active"], hidden="deleted")
    assert catalog.available().tolist() == [True, False, True, False, True]
    model = sn.fit(catalog)
    for answer in (
        model.recommend(history=["b"]),
        model.recommend(text="red"),
        model.similar("a"),
        model.search(text="red"),
    ):
        assert set(answer.item_ids) <= {"a", "c"}
    assert model.recommend(history=["a"]).item_ids == ("c",)


def test_check_counts_what_is_not_shown():
    roles = {"title": Role.TEXT, "stock": Role.AVAILABLE, "deleted": Role.HIDDEN}
    read = read_catalog(SHOP, roles=roles)
    assert availability_facts(read.catalog) == {"hidden": "1 of 5 items", "not available": "1 of 5 items"}
    assert not availability_problems(read)


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ({"stock": Role.HIDDEN}, 'Write available = "stock"'),
        ({"deleted": Role.AVAILABLE}, 'Write hidden = "deleted"'),
    ],
)
def test_a_column_that_means_the_contrary_is_noticed(roles, said):
    (problem,) = availability_problems(read_catalog(SHOP, roles=roles))
    assert said in problem.remedy


def test_that_no_item_is_left_is_said():
    gone = SHOP.with_columns(stock=pl.lit(0))
    (problem,) = availability_problems(read_catalog(gone, roles={"stock": Role.AVAILABLE}))
    assert "nothing is recommended" in problem.message
