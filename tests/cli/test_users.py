"""Users from the command line: init finds them, fit learns from them, recommend and evaluate ask."""

import numpy as np
import polars as pl
import pytest

N_USERS, N_ITEMS = 160, 30


@pytest.fixture
def shop(tmp_path):
    """A folder with items, events, users and whom they follow; cooks choose the first half of the items."""
    rng = np.random.default_rng(3)
    rows = []
    for user in range(N_USERS):
        half = (user % 2) * (N_ITEMS // 2)
        chosen = rng.choice(N_ITEMS // 2, size=6, replace=False) + half
        rows += [(f"u{user}", f"i{item}", int(1e9 + rng.integers(1e6))) for item in chosen]
    pl.DataFrame(
        {"item_id": [f"i{n}" for n in range(N_ITEMS)], "title": [f"thing {n}" for n in range(N_ITEMS)]}
    ).write_csv(tmp_path / "items.csv")
    pl.DataFrame(rows, schema=["user_id", "item_id", "time"], orient="row").write_csv(tmp_path / "events.csv")
    users = pl.DataFrame(
        {
            "user_id": [*(f"u{user}" for user in range(N_USERS)), "newcomer", "newcomer"],
            "job": [*(("cook", "pilot")[user % 2] for user in range(N_USERS)), "pilot", "cook"],
            "age": [*(20 + user % 2 * 30 for user in range(N_USERS)), 51, 3],
        }
    )
    users.write_csv(tmp_path / "users.csv")
    return tmp_path


def test_the_whole_line_with_users(shop, sensorium):
    started = sensorium("init", shop / "w", "--from", shop, "--json").json
    assert started["settings"]["users"]["file"].endswith("users.csv")
    assert (started["settings"]["users"]["category"], started["settings"]["users"]["number"]) == (
        ["job"],
        ["age"],
    )
    assert "162 users" in sensorium("init", shop / "w", "--from", shop, "--force").out
    toml = shop / "w" / "sensorium.toml"
    toml.write_text(toml.read_text() + "\n[evaluation]\nsplit = 'random'\n")
    assert sensorium("fit", shop / "w", "--seconds", 1).code == 0
    assert "duplicate user id: 'newcomer'" in (shop / "w/.sensorium/rejected/users.csv").read_text()

    told = sensorium("recommend", shop / "w", "--user-attribute", "job=cook,age=20", "-k", 5, "--json").json
    assert {int(item["item_id"][1:]) < N_ITEMS // 2 for item in told["items"]} == {True}
    assert told["path"] == "profile"
    shown = sensorium(
        "recommend", shop / "w", "--user-attribute", "job=cook", "--user-attribute", "age=22"
    ).out
    assert "Recommended to a new user (job cook, age 22)" in shown
    known = sensorium("recommend", shop / "w", "--user", "newcomer", "-k", 5, "--json").json
    assert {int(item["item_id"][1:]) >= N_ITEMS // 2 for item in known["items"]} == {True}

    many = sensorium("recommend", shop / "w", "--all", "--users-where", "age>50", "--json").json
    assert {row["user_id"] for row in many["recommendations"]} == {"newcomer"}

    found = sensorium("evaluate", shop / "w", "--model", "user-attributes", "--json").json
    assert found["slices"]["user:job=cook"]["n_users"] > 0


def test_mistakes_say_what_there_is(shop, sensorium):
    sensorium("init", shop / "w", "--from", shop)
    sensorium("fit", shop / "w", "--model", "user-attributes", "--seconds", 1)
    for words, said in (
        (("--user-attribute", "town=Ulm"), "users have no attribute 'town'. Attributes are: job, age"),
        (("--user-attribute", "age>20"), "states no attribute. Write it as in age=25"),
        (("--user-attribute", "job=king"), "no user has the job 'king'. There are for example: cook, pilot"),
        (("--users-where", "age>20"), "--users-where without --all or --users"),
        (("--all", "--user-attribute", "age=20"), "--user-attribute together with --all or --users"),
    ):
        assert said in sensorium("recommend", shop / "w", *words).mistake()
    follows = shop / "pairs.csv"
    follows.write_text("user_id,followed_id\nu1,u2\n")
    words = ("--items", shop / "items.csv", "--events", shop / "events.csv", "--follows", follows)
    assert "without a table of users" in sensorium("init", shop / "v", *words).mistake()
    toml = shop / "w" / "sensorium.toml"
    toml.write_text(toml.read_text().replace("users.csv", "gone.csv"))
    assert "gone.csv" in sensorium("fit", shop / "w").mistake()


def test_circumstances_are_named_in_the_settings_and_asked_about(shop, sensorium):
    log = pl.read_csv(shop / "events.csv")
    late = pl.col("item_id").str.slice(1).cast(pl.Int64) >= N_ITEMS // 2
    log = log.with_columns(device=pl.when(late).then(pl.lit("tv")).otherwise(pl.lit("phone")))
    log.write_csv(shop / "events.csv")
    toml = shop / "w" / "sensorium.toml"
    toml.parent.mkdir()
    toml.write_text(
        '[catalog]\nitems = "../items.csv"\ntext = "title"\n'
        '[events]\nfile = "../events.csv"\ncontext = ["hour", "device"]\n'
    )
    assert sensorium("fit", shop / "w", "--model", "circumstances", "--seconds", 1).code == 0
    for device, half in (("tv", True), ("phone", False)):
        found = sensorium("recommend", shop / "w", "--context", f"device={device}", "-k", 6, "--json").json
        assert {int(item["item_id"][1:]) >= N_ITEMS // 2 for item in found["items"]} == {half}
        assert found["path"] == "profile"
    assert "(hour 21, device tv)" in sensorium("recommend", shop / "w", "--context", "hour=21,device=tv").out
    wrong = sensorium("recommend", shop / "w", "--context", "place=home").mistake()
    assert "events have no circumstance 'place'. Known are: hour, device" in wrong
    toml.write_text(toml.read_text().replace('"device"', '"place"'))
    assert "no column 'place'" in sensorium("fit", shop / "w").mistake()
