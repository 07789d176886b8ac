"""`sensorium init`: every column with its role, its reason, and an option that corrects it."""

import polars as pl
import pytest


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "items.csv").write_text(
        "id,name,stock,gone,since\n" + "".join(f"{n},oak chair {n},{n},no,2024-01-01\n" for n in range(1, 9))
    )
    (tmp_path / "events.csv").write_text(
        "user,item,did,times,share\n"
        + "".join(f"u{n},{n},view,2,0.5\nu{n},{n},buy,1,1\n" for n in range(1, 9))
    )
    return tmp_path


def test_every_role_has_an_option(sensorium, shop):
    words = ["--available", "stock", "--hidden", "gone", "--published", "since", "--text", "name"]
    words += ["--type", "did", "--count", "times", "--portion", "share", "--strength", "view=0.1"]
    found = sensorium("init", shop, *words, "--json").json
    catalog, events = found["settings"]["catalog"], found["settings"]["events"]
    assert (catalog["available"], catalog["hidden"], catalog["published"]) == (["stock"], ["gone"], "since")
    assert (events["type"], events["count"], events["portion"]) == ("did", "times", "share")
    assert events["strength"] == {"buy": 1.0, "view": 0.1}
    assert {row["role"] for row in found["events"][0]["columns"]} == {
        "user", "item", "type", "count", "portion",
    }  # fmt: skip


def test_the_tables_show_every_column_and_what_events_say(sensorium, shop):
    shown = sensorium("init", shop, "--type", "did", width=120).out
    for column in ("id", "name", "stock", "gone", "since", "user", "item", "did", "times", "share"):
        assert f"\n{column} " in shown
    assert "by its name it was looked at" in shown
    assert "left out" in shown


@pytest.mark.parametrize("text", ["view", "view=much", "=1"])
def test_a_strength_that_cannot_be_read_says_how_to_write_it(sensorium, shop, text):
    assert "Write it as in view=0.2" in sensorium("init", shop, "--strength", text).mistake()


def test_a_table_of_searches_is_one_of_events_without_items(tmp_path, sensorium):
    items = {
        "item_id": [f"i{n}" for n in range(6)],
        "title": ["red hat", "blue hat", "red shoe", "sock", "belt", "coat"],
    }
    pl.DataFrame(items).write_csv(tmp_path / "items.csv")
    orders = [(f"u{user}", f"i{(user + n) % 6}", 1e9 + 10 * n) for user in range(30) for n in range(3)]
    pl.DataFrame(orders, schema=["user_id", "item_id", "time"], orient="row").write_csv(
        tmp_path / "orders.csv"
    )
    searches = [(f"u{user}", ("hat", "sock", "nothing")[user % 3], 1e9 + 5) for user in range(33)]
    pl.DataFrame(searches, schema=["user_id", "query", "time"], orient="row").write_csv(
        tmp_path / "searches.csv"
    )
    tables = ["--events", tmp_path / "orders.csv", "--events", tmp_path / "searches.csv"]
    started = sensorium("init", tmp_path / "w", "--items", tmp_path / "items.csv", *tables, "--json").json
    (other,) = started["settings"]["events"]["others"]
    assert (other["every"], other["text"]) == ("searches", "query")
    assert started["strength"] == {}, "orders alone do not differ in what they say"
    written = (tmp_path / "w" / "sensorium.toml").read_text()
    assert written.count("item = ") == 1
    assert "# what was searched for, by its name" in written
    shown = sensorium("check", tmp_path / "w").out
    assert "33 by 33 users" in shown
    assert sensorium("fit", tmp_path / "w", "--model", "user-searches", "--seconds", 1).code == 0
    found = sensorium("recommend", tmp_path / "w", "--searched", "hats", "--explain", "-k", 2).out
    assert "red hat" in found
    assert "you searched for “hats”" in found
    pl.DataFrame({"user_id": ["u40"], "query": ["sock"], "time": [2e9]}).write_csv(tmp_path / "more.csv")
    taken = sensorium("update", tmp_path / "w", "--events", tmp_path / "more.csv")
    assert taken.code == 0
    assert "1 search" in taken.out
    answer = sensorium("recommend", tmp_path / "w", "--user", "u40", "-k", 1, "--json").json
    assert answer["items"][0]["item_id"] == "i3"
