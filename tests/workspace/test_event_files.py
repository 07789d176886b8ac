"""Several tables of events: read one after another, each with its own columns, and updated alike."""

import numpy as np
import pytest

from sensorium.core.errors import ConfigError, DataError
from sensorium.workspace.bundles import load, update_workspace
from sensorium.workspace.check import check_workspace
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

ITEMS = "item_id,title\n1,red ball\n2,blue ball\n3,green kite\n4,red kite\n"
ORDERS = "customer,sku,date\nann,1,2024-01-01\nbob,2,2024-01-02\n"
CLICKS = "user_id,item_id,timestamp\nann,3,2024-01-03\neve,1,2024-01-04\neve,9,2024-01-05\n"
OWN = """
[[events]]
file = "orders.csv"
user = "customer"
item = "sku"
time = "date"
every = "purchase"
[[events]]
file = "clicks.csv"
every = "view"
[events.strength]
purchase = 1.0
view = 0.2
"""


def workspace(folder, events=OWN, **files):
    files = {"items": ITEMS, "orders": ORDERS, "clicks": CLICKS, **files}
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "sensorium.toml").write_text(f'[catalog]\nitems = "items.csv"\ntext = "title"\n{events}')
    return Workspace.open(folder)


def test_each_table_is_read_by_its_own_columns_and_its_events_are_what_it_says(tmp_path):
    _, events = training_tables(workspace(tmp_path))
    assert events.users.ids.to_list() == ["ann", "bob", "eve"]
    assert events.types is not None
    assert events.types.cast(str).to_list() == ["purchase", "purchase", "view", "view"]
    assert events.strength.tolist() == pytest.approx([1, 1, 0.2, 0.2])
    assert np.isfinite(events.time).all()


def test_unusable_rows_are_set_aside_for_each_table(tmp_path):
    found = check_workspace(workspace(tmp_path))
    assert found.facts["events"] == 4
    assert found.facts["events-clicks: rows set aside"] == 1
    assert "eve,9" in found.set_aside["events-clicks"].read_text()
    assert any("clicks.csv" in problem.where for problem in found.problems)


def test_a_list_of_files_has_one_set_of_columns_of_which_some_may_lack_some(tmp_path):
    events = '[events]\nfile = ["orders.csv", "clicks.csv"]\nvalue = "stars"\npositive = "stars >= 4"\n'
    orders = "user_id,item_id,stars\nann,1,5\nbob,2,1\n"
    _, read = training_tables(workspace(tmp_path, events, orders=orders))
    assert read.positive.tolist() == [True, False, False, False]
    with pytest.raises(DataError, match="no column 'stars'"):
        training_tables(workspace(tmp_path, events, orders="user_id,item_id\nann,1\n"))


def test_an_update_in_the_columns_of_any_table_counts_and_is_learnt_from(tmp_path):
    opened = workspace(tmp_path)
    fit_workspace(opened, seconds=1)
    for name, text in (("a", "user_id,item_id\nzoe,3\n"), ("b", "customer,sku\nzoe,4\n")):
        (tmp_path / f"{name}.csv").write_text(text)
        update_workspace(opened, tmp_path / f"{name}.csv")
    model = load(tmp_path)
    assert model.data.interactions[[model.users.index("zoe")]].toarray()[0].tolist() == pytest.approx(
        [0, 0, 0.2, 1]
    )
    _, events = training_tables(opened)
    assert events.types is not None
    assert events.types.cast(str).to_list()[-2:] == ["view", "purchase"]
    assert events.strength.tolist()[-2:] == pytest.approx([0.2, 1])


def test_ratings_of_an_update_are_scaled_as_those_of_the_table(tmp_path):
    events = '[events]\nfile = "orders.csv"\nvalue = "rating"\n[events.strength]\nrating = 1.0\n'
    rated = "user_id,item_id,rating\n" + "".join(f"u{n},{n % 4 + 1},{n % 5 + 1}\n" for n in range(40))
    opened = workspace(tmp_path, events, orders=rated)
    (tmp_path / "updates").mkdir()
    (tmp_path / "updates" / "new.csv").write_text("user_id,item_id,rating\nzoe,1,1\n")
    _, read = training_tables(opened)
    assert read.strength[-1] < -0.5


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ('[[events]]\nfile = "orders.csv"\nrelevant = 0.3\n[[events]]\nrelevant = 0.4\n', "holds for all"),
        ('[[events]]\nfile = "orders.csv"\n[[events]]\nspeed = 3\n', "no such setting"),
        ('[events]\nfile = ["orders.csv", "./orders.csv"]\n', "'./orders.csv' stands there twice"),
        ('others = 3\n[[events]]\nfile = "orders.csv"\n', "no such setting"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, events, said):
    with pytest.raises(ConfigError, match=said):
        workspace(tmp_path, events)


def test_settings_of_several_tables_are_written_as_they_are_read(tmp_path):
    settings = workspace(tmp_path).settings
    (tmp_path / "sensorium.toml").write_text(settings.toml())
    assert Workspace.open(tmp_path).settings == settings
