"""What `check` says of columns that can be read in two ways, and of tables of which no row can be used."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.catalog.catalog import Catalog, read_catalog
from sensorium.catalog.checks import check_catalog, check_events
from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import Events, read_events
from sensorium.catalog.problems import Severity
from sensorium.core.errors import DataError
from sensorium.core.roles import Role
from sensorium.core.vocabulary import Vocabulary
from sensorium.ranking.filters import eligible_items

ITEMS = Vocabulary(["a", "b", "c"])


def by_kind(problems):
    return {problem.kind: problem for problem in problems}


def problems_of_items(**columns):
    frame = pl.DataFrame({"item_id": ["a", "b", "c"], "title": ["x", "y", "z"], **columns})
    roles = {"title": Role.TEXT} | {
        name: Role.PUBLISHED if name == "released" else Role.NUMBER for name in columns
    }
    return by_kind(check_catalog(read_catalog(frame, roles=roles)))


def events_of(**columns):
    log = pl.DataFrame({"user_id": ["u", "v", "w"], "item_id": ["a", "b", "c"], **columns})
    return read_events(log, items=ITEMS)


def test_prices_that_may_be_thousands_or_decimals_are_told_with_both_readings():
    found = problems_of_items(price=["1,125", "2,250", "12,000"])["ambiguous number"]
    assert "'1,125' as 1,125, which was taken, or as 1.125" in found.message
    assert (found.severity, found.column, found.count) == (Severity.WARNING, "price", 3)
    assert problems_of_items(price=["1.125", "2.250", "3"])["ambiguous number"].severity is Severity.NOTE


def test_a_column_of_both_signs_says_so():
    found = problems_of_items(price=["9,5", "10.5", "1,125"])["ambiguous number"]
    assert "some values have a decimal comma, others a decimal point" in found.message
    assert found.samples == ("1,125",)


@pytest.mark.parametrize(
    "prices", [["9,5", "1,125", "3"], ["9.5", "1,125", "3"], [1.125, 2.25, 3.0], ["1", "2", "3"]]
)
def test_prices_that_tell_their_sign_are_no_problem(prices):
    assert "ambiguous number" not in problems_of_items(price=prices)


def test_dates_of_release_that_may_begin_with_the_month_are_told_with_both_readings():
    found = problems_of_items(released=["01/02/2024", "03/02/2024", "02/03/2024"])["ambiguous time"]
    assert (
        "'01/02/2024' as 2024-02-01, with the day first, which was taken, or as 2024-01-02" in found.message
    )
    assert "ambiguous time" not in problems_of_items(released=["01/02/2024", "13/02/2024", "02/03/2024"])


def test_times_of_events_that_can_be_read_in_two_ways_are_told_with_the_remedy():
    found = by_kind(check_events(events_of(date=["01/02/2024", "03/02/2024", "02/03/2024"])))[
        "ambiguous time"
    ]
    assert found.severity is Severity.WARNING
    assert "time_format" in found.remedy
    found = by_kind(check_events(events_of(date=["45322.5", "45323", "45324"])))["ambiguous time"]
    assert found.severity is Severity.NOTE
    assert "'45322.5' as 2024-01-31 12:00, as days of a spreadsheet" in found.message
    assert "1970-01-01 12:35 as unix time" in found.message


def test_times_that_were_said_to_be_so_are_no_problem():
    log = pl.DataFrame({"user_id": ["u"], "item_id": ["a"], "date": ["01/02/2024"]})
    read = read_events(log, EventColumns(time_format="month-first"), items=ITEMS)
    assert read.events.time.astype("datetime64[s]")[0] == np.datetime64("2024-01-02")
    assert "ambiguous time" not in by_kind(check_events(read))


def test_events_whose_time_alone_cannot_be_read_are_used_without_it_and_that_is_said():
    read = events_of(date=["2024-01-31", "someday", ""])
    assert len(read.events) == 3
    assert not len(read.rejected)
    found = by_kind(check_events(read))
    assert found["time cannot be read"].rows == (2,)
    assert (
        found["time cannot be read"].message == "1 time of 'date' cannot be read; its event is used without"
    )
    assert found["no time"].rows == (3,)
    assert found["no time"].message == "1 event has no time and counts as older than all others"


def test_a_table_that_must_be_faultless_may_hold_no_unreadable_time():
    log = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"], "date": ["2024-01-31", "someday"]})
    with pytest.raises(DataError, match="row 2: time cannot be read: 'someday'"):
        Events.from_frame(log, items=ITEMS)


def test_where_no_row_can_be_used_the_first_cause_stands_first_with_three_rows():
    first = check_events(events_of(rating=["good", "bad", "ugly"]))[0]
    assert first.kind == "no events"
    assert first.message == (
        "no event can be used; in 3 of 3 rows the value is not a number "
        "(row 1: 'good'; row 2: 'bad'; row 3: 'ugly')"
    )
    assert "ids" not in first.remedy
    log = pl.DataFrame({"user_id": ["u"] * 4, "item_id": ["x", "y", "z", "x"]})
    first = check_events(read_events(log, items=ITEMS))[0]
    assert "in 4 of 4 rows the item is unknown (row 1: 'x'; row 2" in first.message
    assert first.remedy.endswith("in the catalogue they are for example: a, b, c")


def test_a_table_without_rows_says_so_rather_than_blame_the_ids():
    log = pl.DataFrame({"user_id": [], "item_id": []}, schema={"user_id": pl.String, "item_id": pl.String})
    assert check_events(read_events(log, items=ITEMS))[0].message == "there are no rows"


def test_the_library_may_be_told_how_times_are_written(tmp_path):
    log = pl.DataFrame({"user_id": ["u"], "item_id": ["a"], "date": ["01/02/2024"]})
    log.write_csv(tmp_path / "log.csv")
    told = {"items": ITEMS, "time_format": "%m/%d/%Y"}
    read = [Events.from_frame(log, **told), Events.from_file(tmp_path / "log.csv", **told)]
    read.append(Events.from_frame(log.head(0), items=ITEMS).extended(log, time_format="%m/%d/%Y"))
    read.append(Events.from_frame(log.head(0), **told).extended(log))
    assert {float(events.time[0]) for events in read} == {np.datetime64("2024-01-02", "s").astype(float)}


GERMAN = {
    "price": ["9,50", "12,25", "1.299,00"],
    "weight": ["1,250", "2,500", "3,125"],
    "size": ["0.5", "1.125", "2"],
}


def test_a_column_that_does_not_tell_its_sign_follows_the_others_of_the_table():
    frame = pl.DataFrame({"item_id": ["a", "b", "c"], **GERMAN})
    catalog = Catalog.from_frame(frame, number=list(GERMAN))
    assert catalog.numbers("weight").tolist() == [1.25, 2.5, 3.125]
    assert catalog.numbers("size").tolist() == [0.5, 1.125, 2]
    found = problems_of_items(**GERMAN)["ambiguous number"]
    assert (found.severity, found.column) == (Severity.NOTE, "weight")
    assert "'1,250' as 1.25, which was taken, or as 1,250" in found.message


def test_the_sign_may_be_said_where_no_column_tells():
    frame = pl.DataFrame({"item_id": ["a", "b"], "weight": ["1,250", "2,500"]})
    read = read_catalog(frame, roles={"weight": Role.NUMBER}, decimal=",")
    assert read.catalog.numbers("weight").tolist() == [1.25, 2.5]
    log = pl.DataFrame({"user_id": ["u"], "item_id": ["a"], "rating": ["3,500"]})
    assert read_events(log, EventColumns(decimal=","), items=ITEMS).events.value.tolist() == [3.5]


def test_items_that_come_later_or_apart_are_read_as_the_catalogue_was():
    frame = pl.DataFrame(
        {"item_id": ["a", "b"], "price": ["9,5", "1,125"], "released": ["02/13/2024", "01/02/2024"]}
    )
    catalog = Catalog.from_frame(frame, number="price", published="released")
    apart = catalog.only([1])
    assert apart.numbers("price").tolist() == [1.125]
    assert apart.published().tolist() == [catalog.published()[1]]
    later = pl.DataFrame({"item_id": ["c"], "price": ["2,250"], "released": ["03/04/2024"]})
    longer = catalog.extended(later)
    assert longer.numbers("price").tolist() == [9.5, 1.125, 2.25]
    assert eligible_items(longer, ["price < 2"]).tolist() == [False, True, False]
    assert eligible_items(longer, ["released >= 2024-03-01"]).tolist() == [False, False, True]


def test_a_model_that_was_saved_reads_its_catalogue_as_it_was(tmp_path):
    frame = pl.DataFrame(
        {"item_id": list("abc"), "title": ["x y", "y z", "z x"], "price": ["9,5", "1,125", "2,250"]}
    )
    catalog = Catalog.from_frame(frame, text="title", number="price")
    events = Events.from_frame(
        pl.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"]}), items=catalog.items
    )
    sn.fit(catalog, events, model="popularity").save(tmp_path / "model")
    opened = sn.load(tmp_path / "model").catalog
    assert opened.only([1]).numbers("price").tolist() == [1.125]
