"""Reasons say what the user did: by the types of events, by ratings, by what was asked."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn

N_ITEMS, N_USERS = 24, 40


def events(**columns):
    """Users of two tastes who met items of their own colour, twice each."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(N_USERS):
        own = [item for item in range(N_ITEMS) if item % 2 == user % 2]
        rows += [(f"u{user}", f"i{item}") for item in rng.permutation(own)[:6]]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row")
    return frame.with_columns(**columns)


CATALOG = pl.DataFrame(
    {"item_id": [f"i{n}" for n in range(N_ITEMS)], "title": [f"Lamp {n}" for n in range(N_ITEMS)]}
)


def model_of(**columns):
    return sn.fit(CATALOG, events(**columns), model="ease")


def said(model, *who, language="en", **asked):
    answer = model.recommend(*who, k=1, explain=True, **asked)
    return model.explain_text(answer.reasons[0], language=language)


def test_the_verb_is_that_of_the_type():
    assert said(model_of(type=pl.lit("view")), "u0").startswith("because you viewed “Lamp ")
    model = model_of(type=pl.lit("购买"))
    assert said(model, "u0").startswith("because you bought “Lamp ")
    assert said(model, "u0", language="zh").startswith("因为你购买过《Lamp ")
    (item,) = model.recommend("u0", k=1).item_ids
    assert model.explain("u0", item).sentence().startswith("because you bought “Lamp ")
    assert all(r.event == "购买" for r in model.explain("u0", item) if r.item_id is not None)


def test_an_unknown_type_is_quoted():
    assert said(model_of(type=pl.lit("subscribe")), "u0").startswith(
        "because of your event 'subscribe' with “Lamp "
    )


def test_the_strongest_event_with_an_item_is_told_after_an_update_too():
    model = model_of(type=pl.lit("view"))
    more = events(type=pl.lit("purchase"))
    model.update(more)
    assert said(model, "u1").startswith("because you bought “Lamp ")


def test_ratings_are_told_where_there_are_no_types():
    assert said(model_of(rating=pl.lit(5.0)), "u0").startswith("because you rated “Lamp ")


@pytest.mark.parametrize("columns", [{}, {"weight": pl.lit(2.0)}])
def test_events_without_a_type_are_called_a_choice(columns):
    assert said(model_of(**columns), "u0").startswith("because you chose “Lamp ")


def test_a_history_that_is_asked_about_is_liked_and_keeps_what_was_done():
    for columns in ({}, {"type": pl.lit("view")}, {"rating": pl.lit(5.0)}):
        assert said(model_of(**columns), history=["i0", "i2"]).startswith("because you liked “Lamp ")
    model = model_of(type=pl.lit("view"))
    (known,) = model.data.interactions[[0]].indices[:1]
    assert "viewed" in said(model, "u0", history=[model.catalog.items.id(int(known))])


def test_a_model_of_before_types_were_kept_says_no_wrong_verb():
    model = model_of(type=pl.lit("view"))
    model.seen_by_type = None
    assert said(model, "u0").startswith("because you chose “Lamp ")


def test_what_was_disliked_is_not_named():
    model = model_of()
    text = said(model, history=["i0"], disliked=["i1", "i3", "i5"])
    assert not {"“Lamp 1”", "“Lamp 3”", "“Lamp 5”"} & {
        f"“{part}”" for part in text.replace("”", "“").split("“")
    }
