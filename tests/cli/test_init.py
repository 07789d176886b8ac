"""`sensorium init`: every column with its role, its reason, and an option that corrects it."""

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
