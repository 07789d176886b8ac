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
    assert said(model_of(type=pl.lit("ponder")), "u0").startswith(
        "because of your event 'ponder' with “Lamp "
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


DAY_S = 86_400.0
START_S = 1_714_521_600.0
"""1 May 2024."""


def plays(**columns):
    """Two users: u plays Lamp 0 three times and Lamp 2 once, the last time on 4 May; v plays others."""
    rows = [("u", "i0", 1), ("u", "i0", 2), ("u", "i2", 0), ("u", "i0", 3)]
    rows += [("v", f"i{n % 5}", 0) for n in range(9)]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "day"], orient="row")
    frame = frame.with_columns(type=pl.lit("play"), timestamp=START_S + pl.col("day") * DAY_S)
    return frame.with_columns(**columns).drop("day")


def repeating(log, **asked):
    return sn.fit(CATALOG, log, model="personal-top-frequency", seen=[], **asked)


def both(model, *who, **asked):
    return said(model, *who, **asked), said(model, *who, language="zh", **asked)


def test_a_repeat_says_how_often_and_when_last():
    model = repeating(plays())
    english = "because you played it 3 times, last on 4 May 2024"
    assert both(model, "u") == (english, "因为你播放过它3次，最近一次是2024年5月4日")
    explained = model.explain("u", "i0")
    assert explained.sentence() == english
    (own,) = [reason for reason in explained if reason.item_id == "i0"]
    assert own.to_json()["met"] == {"times": 3, "last_s": START_S + 3 * DAY_S}
    assert all(reason.met is None for reason in explained if reason.item_id != "i0")
    assert model.explain("u", "i7").to_json()["reasons"]
    new = pl.DataFrame(
        {"user_id": ["u"], "item_id": ["i0"], "type": ["play"], "timestamp": [START_S + 40 * DAY_S]}
    )
    model.update(new)
    assert said(model, "u") == "because you played it 4 times, last on 10 June 2024"


def test_so_does_a_saved_model(tmp_path):
    model = repeating(plays())
    assert both(sn.load(model.save(tmp_path / "model")), "u") == both(model, "u")


def test_without_times_or_types_less_is_said():
    assert said(repeating(plays().drop("timestamp")), "u") == "because you played it 3 times"
    assert said(repeating(plays().drop("type")), "u") == "because you chose it 3 times, last on 4 May 2024"
    some_undated = plays(timestamp=pl.when(pl.col("item_id") != "i0").then(START_S))
    assert said(repeating(some_undated), "u") == "because you played it 3 times"


def test_events_of_several_types_are_not_counted_as_the_strongest():
    mixed = plays(type=pl.Series(["play", "like", *["play"] * 11]))
    assert both(repeating(mixed), "u") == ("because you liked it", "因为你喜欢它")


def test_a_column_that_counts_is_told_by_its_name_and_counted():
    items = sn.Catalog.from_frame(CATALOG)
    log = plays(plays=pl.Series([5.0, 6.0, *[1.0] * 11])).drop("type")
    counted = sn.Events.from_frame(log, items=items.items, count="plays")
    assert said(repeating(counted), "u") == "because you played it 12 times, last on 4 May 2024"
    rated = sn.Events.from_frame(log.rename({"plays": "rating"}), items=items.items, positive=["rating >= 1"])
    assert said(repeating(rated), "u") == "because you rated it, last on 4 May 2024"


def test_what_the_request_names_is_not_counted():
    assert said(repeating(plays().drop("type")), history=["i3"]) == "because you liked it"


@pytest.mark.parametrize("model", ["text:title", "user-knn", "transitions"])
def test_an_item_that_is_shown_again_is_never_its_own_cause(model):
    fitted = sn.fit(CATALOG, plays(), model=model)
    answer = fitted.recommend("u", k=24, exclude_seen=False, explain=True)
    for language in ("en", "zh"):
        for title, reasons in zip(answer.titles, answer.reasons, strict=True):
            sentence = fitted.explain_text(reasons, language=language)
            assert f"“{title}”" not in sentence
            assert f"《{title}》" not in sentence
    assert "Lamp 0”" not in fitted.explain("u", "i0").sentence()
