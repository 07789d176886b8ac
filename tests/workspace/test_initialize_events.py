"""What `init` makes of tables of events: roles, strengths, several tables; each with its reason."""

import tomllib

import pytest

from sensorium.core.errors import ConfigError, DataError
from sensorium.workspace.initialize import initialize_workspace
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.workspace import Workspace

ITEMS = "sku,title,in_stock\n" + "".join(f"p{n},thing {n} of wood,{n % 3}\n" for n in range(30))


def tables(folder, **events):
    (folder / "items.csv").write_text(ITEMS)
    for name, text in events.items():
        (folder / f"{name}.csv").write_text(text)
    return {"items": folder / "items.csv", "events": [folder / f"{name}.csv" for name in events]}


def rows(head, *cells):
    return head + "\n" + "".join(f"u{n % 4},p{n},{cells[n % len(cells)]}\n" for n in range(12))


def test_types_that_differ_get_strengths_each_with_its_reason_above_it(tmp_path):
    log = rows("user_id,sku,action", "view", "view", "purchase", "dislike")
    started = initialize_workspace(tmp_path / "shop", **tables(tmp_path, log=log))
    assert started.settings.events.strength == {"purchase": 1.0, "view": 0.2, "dislike": -1.0}
    text = (tmp_path / "shop" / "sensorium.toml").read_text(encoding="utf-8")
    assert "# 3 events; by its name it speaks against the item\ndislike = -1.0" in text
    assert Workspace.open(tmp_path / "shop").settings == started.settings
    _, events = training_tables(Workspace.open(tmp_path / "shop"))
    assert sorted(set(events.strength.round(2).tolist())) == pytest.approx([-1, 0.2, 1])


def test_strengths_that_are_given_stand_beside_those_that_are_guessed(tmp_path):
    log = rows("user_id,sku,action", "view", "purchase", "ping")
    given = {"View": 0.1, "ping": 0}
    found = initialize_workspace(tmp_path / "shop", **tables(tmp_path, log=log), strength=given)
    assert found.settings.events.strength == {"purchase": 1.0, "view": 0.1, "ping": 0}
    assert found.events.why_strength["view"] == "you said so"
    with pytest.raises(ConfigError, match=r"no event is of type 'buy'.*Types are: ping, purchase, view"):
        initialize_workspace(tmp_path / "other", **tables(tmp_path, log=log), strength={"buy": 1})


def test_counts_and_shares_are_found_and_used(tmp_path):
    log = "用户ID,商品ID,播放次数,完播率\n" + "".join(f"u{n % 4},p{n},{n % 3 + 1},50%\n" for n in range(12))
    started = initialize_workspace(tmp_path / "shop", **tables(tmp_path, log=log))
    events = started.settings.events
    assert (events.user, events.item, events.count, events.portion) == (
        "用户ID", "商品ID", "播放次数", "完播率",
    )  # fmt: skip
    _, read = training_tables(Workspace.open(tmp_path / "shop"))
    assert read.strength[:3].tolist() == pytest.approx([0.5, 0.5 * 1.585, 1.0], abs=1e-3)


def test_several_tables_are_read_by_their_own_columns_and_named_by_their_files(tmp_path):
    orders = rows("customer,sku,quantity", "1", "2")
    clicks = rows("user_id,sku,foo", "x", "y")
    started = initialize_workspace(tmp_path / "shop", **tables(tmp_path, orders=orders, clicks=clicks))
    said = tomllib.loads((tmp_path / "shop" / "sensorium.toml").read_text(encoding="utf-8"))["events"]
    assert [(part["user"], part["every"]) for part in said] == [("customer", "order"), ("user_id", "click")]
    assert said[0]["strength"] == {"order": 1.0, "click": 0.2}
    assert {row["column"]: row["role"] for row in started.events.tables[1].columns()} == {
        "user_id": "user",
        "sku": "item",
        "foo": None,
    }
    _, events = training_tables(Workspace.open(tmp_path / "shop"))
    assert len(events) == 24


def test_tables_that_are_alike_are_one_list_of_files(tmp_path):
    parts = {name: rows("user_id,sku,action", "view", "buy") for name in ("january", "february")}
    started = initialize_workspace(tmp_path / "shop", **tables(tmp_path, **parts))
    assert started.settings.events.file == ("../january.csv", "../february.csv")
    assert not started.settings.events.others


def test_a_folder_of_orders_and_clicks_needs_no_option(tmp_path):
    tables(tmp_path, orders=rows("customer,sku,quantity", "1"), clicks=rows("user_id,sku,foo", "x"))
    started = initialize_workspace(tmp_path)
    assert [table.path.name for table in started.events.tables] == ["orders.csv", "clicks.csv"]


def test_ratings_beside_clicks_keep_their_rule(tmp_path):
    ratings = rows("user_id,sku,rating", "1", "3", "5")
    clicks = rows("user_id,sku,foo", "x")
    started = initialize_workspace(tmp_path / "shop", **tables(tmp_path, ratings=ratings, clicks=clicks))
    assert started.settings.events.positive == ("rating >= 4", "click")
    _, events = training_tables(Workspace.open(tmp_path / "shop"))
    assert events.positive.sum() == 4 + 12


def test_every_column_of_every_table_is_told_in_the_file_and_in_json(tmp_path):
    log = rows("user_id,sku,foo", "x", "y")
    found = initialize_workspace(tmp_path / "shop", **tables(tmp_path, log=log)).to_json()
    assert [column["column"] for column in found["columns"]] == ["title", "in_stock"]
    assert [column["role"] for column in found["events"][0]["columns"]] == ["user", "item", None]
    text = (tmp_path / "shop" / "sensorium.toml").read_text(encoding="utf-8")
    assert "# left out: foo: text; the name does not say of what" in text
    assert '# who\nuser = "user_id"' in text
    assert 'available = ["in_stock"]' in text


def test_a_column_that_no_table_has_is_refused(tmp_path):
    with pytest.raises(DataError, match="no column 'when'"):
        initialize_workspace(
            tmp_path / "shop",
            **tables(tmp_path, log=rows("user_id,sku,foo", "x")),
            event_columns={"time": "when"},
        )
