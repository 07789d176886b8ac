"""How numbers and times of the events are written: seen, said in the settings, and known of later events."""

import numpy as np
import polars as pl
import pytest

from sensorium.core.errors import ConfigError, DataError
from sensorium.workspace.bundles import load_latest, update_workspace
from sensorium.workspace.check import check_workspace
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.event_batches import read_updates
from sensorium.workspace.initialize import initialize_workspace
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

ITEMS = "item_id,title\na,red ball\nb,blue ball\nc,green kite\n"
DATED = 'user_id,item_id,rating,date\nu,a,"4,5",13/02/2024\nu,b,"1,125",02/03/2024\nv,a,5,01/02/2024\n'


@pytest.fixture
def write(tmp_path):
    def written(events, **options):
        (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
        (tmp_path / "events.csv").write_text(events, encoding="utf-8")
        initialize_workspace(
            tmp_path, items=tmp_path / "items.csv", events=tmp_path / "events.csv", **options
        )
        return Workspace.open(tmp_path)

    return written


def days_of(events):
    return events.time.astype("datetime64[s]").astype("datetime64[D]").astype(str).tolist()


def test_a_rule_compares_values_as_the_column_was_read(write):
    events = write(DATED, positive=["rating >= 4"]).tables().all_events
    assert events.value.tolist() == [4.5, 1.125, 5]
    assert events.positive.tolist() == [True, False, True]
    assert days_of(events) == ["2024-02-13", "2024-03-02", "2024-02-01"]


def test_a_rule_compares_times_as_the_column_was_read(write):
    log = "user_id,item_id,date\nu,a,02/13/2024\nu,b,02/03/2024\nv,a,03/02/2024\n"
    events = write(log, positive=["date >= 2024-03-01"]).tables().all_events
    assert events.positive.tolist() == [False, False, True]


def test_the_settings_may_say_how_times_are_written(write):
    log = "user_id,item_id,when\nu,a,12:30 on 01/02/24\nv,b,13:00 on 05/02/24\n"
    workspace = write(log, event_columns={"time": "when"}, time_format="%H:%M on %m/%d/%y")
    text = (workspace.folder / "sensorium.toml").read_text(encoding="utf-8")
    assert 'time_format = "%H:%M on %m/%d/%y"' in text
    assert days_of(workspace.tables().all_events) == ["2024-01-02", "2024-05-02"]


def test_an_order_may_be_said_where_the_dates_do_not_tell(write):
    log = "user_id,item_id,date\nu,a,01/02/2024\nu,b,02/02/2024\nv,b,03/02/2024\n"
    assert days_of(write(log).tables().all_events)[0] == "2024-02-01"
    workspace = write(log, time_format="month-first", overwrite=True)
    assert days_of(workspace.tables().all_events)[0] == "2024-01-02"
    assert not [found for found in check_workspace(workspace).problems if found.kind == "ambiguous time"]


@pytest.mark.parametrize(
    ("time_format", "message"),
    [
        ("%H-%Y", "no time of 'date' is written as '%H-%Y'|is no format of times"),
        ("%d-%m-%Y", "no time of 'date' is written as '%d-%m-%Y'. They are for example: 01/02/2024"),
        ("dd/mm/yyyy", "is no format of times"),
    ],
)
def test_a_format_that_no_time_has_is_refused_by_init(write, time_format, message):
    log = "user_id,item_id,date\nu,a,01/02/2024\nv,b,02/02/2024\n"
    with pytest.raises(ConfigError, match=message):
        write(log, time_format=time_format)


def test_a_format_without_a_column_of_times_is_refused_by_init(write):
    with pytest.raises(ConfigError, match="no column of the events holds times"):
        write("user_id,item_id\nu,a\nv,b\n", time_format="ms")


def test_a_format_of_the_settings_that_is_none_is_refused(write):
    workspace = write("user_id,item_id,date\nu,a,01/02/2024\nv,b,02/02/2024\n")
    file = workspace.folder / "sensorium.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('time = "date"', 'time = "date"\ntime_format = "soon"'),
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="'soon' is no format of times"):
        Workspace.open(workspace.folder)


def test_later_events_are_read_as_those_that_were_learnt_from(write):
    workspace = write(DATED, positive=["rating >= 4"])
    fit_workspace(workspace, model="popularity")
    later = workspace.folder / "later.csv"
    later.write_text('user_id,item_id,rating,date\nw,c,"3,500",04/05/2024\nw,a,5,never\n', encoding="utf-8")
    changed, _ = update_workspace(workspace, later)
    assert (changed.events, changed.liked) == (2, 1)
    table = workspace.tables().all_events
    (read,) = read_updates(workspace, table)
    assert read.events.value.tolist() == [3.5, 5]
    assert days_of(read.events)[0] == "2024-05-04"
    model, _ = load_latest(workspace.folder)
    assert set(model.recommend(user="w", exclude_seen=True).item_ids) == {"b"}


def test_numbers_of_a_later_table_with_types_keep_their_decimals(write):
    workspace = write(DATED)
    fit_workspace(workspace, model="popularity")
    later = workspace.folder / "later.parquet"
    pl.DataFrame(
        {"user_id": ["w"], "item_id": ["c"], "rating": [1.125], "date": ["04/05/2024"]}
    ).write_parquet(later)
    update_workspace(workspace, later)
    (read,) = read_updates(workspace, workspace.tables().all_events)
    assert read.events.value.tolist() == [1.125]
    assert days_of(read.events) == ["2024-05-04"]


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("user_id,item_id,rating\nu,a,good\nv,b,bad\n", "in 2 of 2 rows the value is not a number"),
        ("user_id,item_id\nu,x\nv,y\n", "in 2 of 2 rows the item is unknown"),
    ],
)
def test_a_fit_without_a_usable_event_names_the_first_cause(write, log, cause):
    workspace = write(log, event_columns={"value": "rating"} if "rating" in log else {})
    with pytest.raises(DataError, match=cause):
        training_tables(workspace)


def test_a_fit_learns_from_events_whose_times_cannot_be_read(write):
    workspace = write("user_id,item_id,date\nu,a,soon\nv,b,later\n", event_columns={"time": "date"})
    _, events = training_tables(workspace)
    assert len(events) == 2
    assert np.isnan(events.time).all()


def test_the_settings_may_say_what_stands_before_decimals(write):
    log = 'user_id,item_id,rating\nu,a,"3,500"\nv,b,"4,250"\n'
    workspace = write(log, event_columns={"value": "rating"})
    assert workspace.tables().all_events.value.tolist() == [3500, 4250]
    file = workspace.folder / "sensorium.toml"
    text = file.read_text(encoding="utf-8").replace('value = "rating"', 'value = "rating"\ndecimal = ","')
    file.write_text(text, encoding="utf-8")
    workspace = Workspace.open(workspace.folder)
    assert workspace.tables().all_events.value.tolist() == [3.5, 4.25]
    file.write_text(text.replace('","', '";"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="decimal"):
        Workspace.open(workspace.folder)
