import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import ConfigError, DataError, UnknownIdError
from sensorium.ranking.filters import ItemFilter, eligible_items


@pytest.fixture
def films():
    frame = pl.DataFrame(
        {
            "item_id": ["a", "b", "c", "d", "e"],
            "title": ["Alien", "Brazil", "Clue", "Dune", "Enigma"],
            "genres": ["Horror|Action", "Comedy", "Comedy|Crime", "Action", None],
            "year": [1979, 1985, 1985, 2021, None],
            "price": [0.1, 0.2, 0.3, 0.4, 0.5],
            "published": ["1979-05-25", "1985-02-20", "1985-12-13", "2021-09-15", None],
            "hidden": [False, False, False, False, False],
        }
    )
    return Catalog.from_frame(
        frame,
        text="title",
        category="genres",
        number=["year", "price"],
        published="published",
        hidden="hidden",
    )


def chosen(catalog, *conditions, **lists):
    return [
        item
        for item, eligible in zip(catalog.items, eligible_items(catalog, conditions, **lists), strict=True)
        if eligible
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("genres=Comedy", ["b", "c"]),
        ("genres==Comedy", ["b", "c"]),
        ("genres = Horror|Crime", ["a", "c"]),
        ("genres!=Horror", ["b", "c", "d"]),
        ("year>=1985", ["b", "c", "d"]),
        ("year<1985", ["a"]),
        ("year > 1985", ["d"]),
        ("year<=1985", ["a", "b", "c"]),
        ("year=1979|2021", ["a", "d"]),
        ("year!=1985", ["a", "d"]),
        ("price=0.1", ["a"]),
        ("published>=1985-06-01", ["c", "d"]),
        ("published>=1985", ["b", "c", "d"]),
    ],
)
def test_a_condition_keeps_exactly_the_items_it_names(films, condition, expected):
    assert chosen(films, condition) == expected


def test_all_conditions_have_to_hold(films):
    assert chosen(films, "genres=Comedy|Action", "year>=1985", "year<2000") == ["b", "c"]


def test_allow_and_deny_lists_work_beside_conditions(films):
    assert chosen(films, allow=["a", "b", "d"], deny=["b"]) == ["a", "d"]
    assert chosen(films, "genres=Action", allow=["d"]) == ["d"]
    assert chosen(films, allow=[]) == []


def test_hidden_items_are_never_eligible(films):
    frame = films.frame.with_columns(hidden=pl.Series([True, False, False, False, False]))
    hidden = Catalog.from_frame(frame, text="title", hidden="hidden")
    assert chosen(hidden) == ["b", "c", "d", "e"]


def test_an_unknown_value_is_answered_with_the_known_ones(films):
    with pytest.raises(
        DataError, match="no item has genres 'Komedy'.*Known values: Action, Comedy, Crime, Horror"
    ):
        eligible_items(films, ["genres=Komedy"])


def test_an_unknown_column_is_answered_with_the_known_ones(films):
    with pytest.raises(ConfigError, match="genre.*Columns to filter by: genres, year, price, published"):
        eligible_items(films, ["genre=Comedy"])


@pytest.mark.parametrize("text", ["year", "", "=3", "year>=", "genres~x"])
def test_what_is_no_condition_is_refused(films, text):
    with pytest.raises(ConfigError, match="filter: .*is not a condition. Write a column, one of = != >="):
        eligible_items(films, [text])


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("year>=new", "'new' is not a number"),
        ("published>=soon", "'soon' is not a date"),
        ("genres>Comedy", "have no order"),
        ("title=Alien", "cannot be filtered by 'title'"),
    ],
)
def test_a_condition_that_does_not_suit_its_column_is_refused(films, condition, message):
    with pytest.raises(ConfigError, match=message):
        eligible_items(films, [condition])


def test_an_unknown_id_in_a_list_is_refused(films):
    with pytest.raises(UnknownIdError):
        eligible_items(films, deny=["zzz"])


def test_one_answer_leaves_no_trace_in_the_next(films):
    asked = ItemFilter(films)
    assert asked.eligible(["year>=2000"], deny=["a"]).sum() == 1
    assert asked.eligible().all()


def test_a_year_is_a_moment_where_items_are_filtered_by_when_they_came(films):
    assert chosen(films, "published>=1985", "published<2000") == ["b", "c"]
    by_year = Catalog.from_frame({"item_id": ["a", "b"], "out": [1979, 2021]}, published="out")
    assert chosen(by_year, "out>=2000") == ["b"]


@pytest.mark.parametrize("asked_before", [True, False])
def test_a_filter_after_new_and_other_rows_says_what_one_of_all_rows_says(films, asked_before):
    conditions = ["genres=Comedy", "genres!=Comedy", "year>=1985", "price<0.35", "published>=1985-03-01"]
    grown, kept = films, ItemFilter(films)
    lots = (
        [("f", "Comedy|Noir", 1999, 0.25, "1999-01-01", False), ("g", None, None, None, None, False)],
        [("h", "Noir", 2001, 0.6, "2001-01-01", True)],
        [("b", "Crime", 1970, 0.9, "1970-01-01", False), ("i", "Comedy", 1990, 0.1, "1990-01-01", False)],
    )
    for lot in lots:
        if asked_before:
            kept.eligible(conditions[:1])
            kept.eligible(conditions[2:])
        names = ["item_id", "genres", "year", "price", "published", "hidden"]
        grown, indices = grown.with_rows(pl.DataFrame(lot, schema=names, orient="row"))
        never = np.arange(len(grown)) == 3
        kept = kept.after(grown, indices, never)
        plain = ItemFilter(grown, never)
        for condition in [*conditions, *(["genres=Noir"] if len(grown) > 5 else [])]:
            assert kept.eligible([condition]).tolist() == plain.eligible([condition]).tolist(), condition
    with pytest.raises(DataError, match="no item has genres 'Opera'"):
        kept.eligible(["genres=Opera"])
