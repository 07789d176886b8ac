"""`sensorium update`: kept in the workspace, served at once, learnt from by the next fit."""

import shutil

import polars as pl
import pytest

import sensorium as sn
from sensorium.core.log_clock import log_span
from sensorium.workspace.bundles import update_workspace
from sensorium.workspace.check import check_workspace
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.event_batches import update_files
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

NEW = (
    "user_id,item_id,type,rating,timestamp\nnew,i00,,5,2000000000\nnew,zz,,5,2000000001\n,i01,,5,2000000002\n"
)


@pytest.fixture
def workspace(even_workspace, tmp_path):
    return Workspace.open(shutil.copytree(even_workspace, tmp_path / "workspace"))


@pytest.fixture
def new_events(tmp_path):
    file = tmp_path / "new.csv"
    file.write_text(NEW, encoding="utf-8")
    return file


def test_a_loaded_model_serves_them_until_a_fit_has_learnt_them(workspace, new_events):
    changed, file = update_workspace(workspace, new_events)
    assert changed.new_users == ("new",)
    served = sn.load(workspace.folder)
    assert served.n_learnt == 12
    assert "i00" not in served.recommend("new", k=16).item_ids
    fitted, bundle = fit_workspace(workspace, model="popularity")
    assert fitted.record.updates == (file.name,)
    assert fitted.n_learnt == 13
    again = sn.load(workspace.folder)
    assert again.n_learnt == len(again.users) == 13
    assert "new" in sn.load(bundle).users


def test_only_rows_that_may_count_one_day_are_kept(workspace, new_events):
    _, file = update_workspace(workspace, new_events)
    kept = pl.read_csv(file, infer_schema=False)
    assert set(kept.columns) == {"user_id", "item_id", "rating", "timestamp", "type"}
    assert kept.select("user_id", "item_id", "rating", "timestamp").rows() == [
        ("new", "i00", "5", "2000000000"),
        ("new", "zz", "5", "2000000001"),
    ]
    assert "user id is empty" in workspace.rejected_file("updates").read_text(encoding="utf-8")


def test_the_same_file_twice_is_kept_once_and_changes_nothing(workspace, new_events):
    update_workspace(workspace, new_events)
    changed, _ = update_workspace(workspace, new_events)
    assert changed.new_users == ()
    assert len(update_files(workspace)) == 1


def test_a_table_of_events_that_caught_up_is_not_counted_twice(workspace, new_events):
    update_workspace(workspace, new_events)
    _, events = training_tables(workspace)
    table = workspace.folder / "events.csv"
    with table.open("a", encoding="utf-8") as lines:
        lines.write("new,i00,,5,2000000000\n")
    _, caught_up = training_tables(workspace)
    assert len(caught_up) == len(events)


def test_an_event_without_a_time_happens_when_it_came_at_the_next_fit_too(workspace, tmp_path):
    before = training_tables(workspace)[1]
    for name, row in (("bare", "u00,i15,,1,\n"), ("later", "u01,i15,,5,2000000000\nu02,i15,,5,\n")):
        file = tmp_path / f"{name}.csv"
        file.write_text("user_id,item_id,type,rating,timestamp\n" + row, encoding="utf-8")
        update_workspace(workspace, file)
    _, events = training_tables(workspace)
    own = before.time[before.user == before.users.index("u00")].max()
    now = max(log_span(before.user, before.time).end, own)
    assert events.time[len(before) :].tolist() == [now, 2e9, 2e9]
    served = sn.load(workspace.folder)
    u00, i15 = events.users.index("u00"), events.items.index("i15")
    assert served.data.ratings[u00, i15] == events.ratings()[u00, i15] == 1.0


def test_a_column_of_times_that_the_settings_name_may_be_left_out(workspace, tmp_path):
    settings = workspace.folder / "sensorium.toml"
    named = '[events]\ntime = "timestamp"\n'
    settings.write_text(settings.read_text(encoding="utf-8").replace("[events]\n", named), encoding="utf-8")
    bare = tmp_path / "bare.csv"
    bare.write_text("user_id,item_id,rating\nnew,i00,5\n", encoding="utf-8")
    changed, file = update_workspace(Workspace.open(workspace.folder), bare)
    assert changed.new_users == ("new",)
    assert file is not None
    assert file.read_text(encoding="utf-8") == "user_id,item_id,rating\nnew,i00,5\n"


def test_check_counts_them_among_the_events_and_reports_their_problems(workspace, new_events):
    before = check_workspace(workspace)
    _, file = update_workspace(workspace, new_events)
    checked = check_workspace(workspace)
    assert "brought by updates" not in before.facts
    assert checked.facts["brought by updates"] == "1 of the events, in 1 file"
    for name in ("events", "users", "liked"):
        assert checked.facts[name] == before.facts[name] + 1
    assert checked.facts["to"] == "2033-05-18"
    in_batch = {problem.kind: problem for problem in checked.problems if problem.where == str(file)}
    assert set(in_batch) == {"unknown item", "time in the future"}
    assert in_batch["unknown item"].samples == ("unknown item: 'zz'",)
    assert in_batch["time in the future"].column == "timestamp"
    assert len(checked.problems) == len(before.problems) + 3, "the new user has one event"


def test_a_batch_that_is_half_written_is_not_read(workspace, new_events):
    _, file = update_workspace(workspace, new_events)
    shutil.copy(file, file.with_name(f".{file.name}.x.part"))
    assert update_files(workspace) == [file]


def test_a_file_without_a_usable_row_leaves_nothing(workspace, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text("user_id,item_id,rating\n,i00,5\n", encoding="utf-8")
    changed, kept = update_workspace(workspace, file)
    assert (changed.events, kept) == (0, None)
    assert update_files(workspace) == []
