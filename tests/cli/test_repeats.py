"""A music library as its owner would use it: plays come again and again, and so do the answers."""

import json

import numpy as np
import polars as pl
import pytest

import sensorium as sn

N_SONGS, N_USERS = 30, 12
SETTINGS = """
[catalog]
items = "songs.csv"
id = "song"
text = "title"

[events]
file = "plays.csv"
item = "song"
time = "played_at"
type = "what"

[model]
name = "personal-top-frequency"
seconds = 1
"""


@pytest.fixture(scope="module")
def plays() -> pl.DataFrame:
    """Everybody plays three favourites most of the time, and skips nothing but one song at the end."""
    rng = np.random.default_rng(2)
    rows = []
    for number in range(600):
        user = number % N_USERS
        song = 2 * user + rng.integers(3) if rng.random() < 0.8 else rng.integers(N_SONGS)
        rows.append((f"u{user}", f"s{song}", "play"))
    frame = pl.DataFrame(rows, schema=["user_id", "song", "what"], orient="row")
    moments = pl.datetime_range(pl.datetime(2026, 1, 1), pl.datetime(2026, 6, 1), "1h", eager=True)
    frame = frame.with_columns(played_at=moments.head(len(frame)).dt.strftime("%Y-%m-%dT%H:%M:%S"))
    last = pl.DataFrame(
        {"user_id": ["u0"], "song": ["s1"], "what": ["dislike"], "played_at": ["2026-02-01T00:00:00"]}
    )
    return pl.concat([frame, last])


@pytest.fixture
def library(tmp_path, plays):
    pl.DataFrame(
        {"song": [f"s{n}" for n in range(N_SONGS)], "title": [f"Song {n}" for n in range(N_SONGS)]}
    ).write_csv(tmp_path / "songs.csv")
    plays.write_csv(tmp_path / "plays.csv")
    (tmp_path / "sensorium.toml").write_text(SETTINGS + "\n[ranking]\nseen = []\n", encoding="utf-8")
    return tmp_path


def told(library, *lines: str) -> None:
    """Write other settings."""
    (library / "sensorium.toml").write_text("\n".join([SETTINGS, *lines]), encoding="utf-8")


def test_the_reason_of_a_favourite_is_how_often_it_was_played(sensorium, library, plays):
    assert sensorium("fit", library).code == 0
    asked = ("recommend", library, "--user", "u5", "-k", 1, "--explain")
    (item,) = sensorium(*asked, "--json").json["items"]
    mine = plays.filter(user_id="u5", song=item["item_id"])
    day = mine["played_at"].max()[:10]
    last = f"{int(day[8:])} {('January', 'February')[int(day[5:7]) - 1]} {day[:4]}"
    assert item["because"] == f"because you played it {len(mine)} times, last on {last}"
    own = next(reason for reason in item["reasons"] if reason["item_id"] == item["item_id"])
    assert own["met"]["times"] == len(mine)
    shown = " ".join(sensorium(*asked, "--language", "zh").out.split())
    assert f"因为你播放过它{len(mine)}次，最近一次是" in shown
    explained = sensorium("explain", library, "--user", "u5", "--item", item["item_id"])
    assert item["because"] in " ".join(explained.out.split())
    assert explained.out.count("the item itself") == 2, "in the history, and among the ranks without each"
    assert explained.out.count(item["title"]) == 1, "above all"


def test_favourites_are_recommended_again_and_what_was_disliked_is_not(sensorium, library, plays):
    assert sensorium("fit", library).code == 0
    for user in ("u0", "u5"):
        asked = sensorium("recommend", library, "--user", user, "-k", 3, "--json").json
        mine = plays.filter(user_id=user, what="play")["song"].value_counts(sort=True)
        often = [song for song in mine["song"] if (user, song) != ("u0", "s1")]
        assert {item["item_id"] for item in asked["items"]} <= set(often[:6])
    everything = sensorium("recommend", library, "--user", "u0", "-k", N_SONGS, "--json").json["items"]
    assert {item["item_id"] for item in everything} == {f"s{n}" for n in range(N_SONGS)} - {"s1"}
    new = sensorium("recommend", library, "--user", "u0", "-k", N_SONGS, "--seen", "all", "--json").json
    known = set(plays.filter(user_id="u0")["song"])
    assert not {item["item_id"] for item in new["items"]} & known
    batch = sensorium("recommend", library, "--all", "-k", N_SONGS, "--json").json["recommendations"]
    assert {row["item_id"] for row in batch if row["user_id"] == "u0"} == {
        item["item_id"] for item in everything
    }


def test_an_update_counts_at_once(sensorium, library):
    assert sensorium("fit", library).code == 0
    new = library / "new.csv"
    moments = [f"2026-03-{day:02d}T00:00:00" for day in range(1, 25)]
    new.write_text(
        "user_id,song,what,played_at\n" + "".join(f"u5,s29,play,{one}\n" for one in moments), encoding="utf-8"
    )
    before = sensorium("recommend", library, "--user", "u5", "-k", 1, "--json").json["items"][0]["item_id"]
    assert sensorium("update", library, "--events", new).code == 0
    after = sensorium("recommend", library, "--user", "u5", "-k", 1, "--json").json["items"][0]["item_id"]
    assert (before != "s29", after) == (True, "s29")


def test_the_evaluation_counts_repeats_by_the_same_rule_and_says_so(sensorium, library):
    counted = sensorium("evaluate", library, "--json").json
    assert counted["protocol"]["seen"] == []
    assert counted["slices"]["repeats"]["n_relevant"] > counted["slices"]["first_time"]["n_relevant"] > 0
    words = sensorium("evaluate", library, width=200).out
    assert "What users had seen is ranked, too: repeats count." in words
    assert "items that the user had met before" in words
    masked = sensorium("evaluate", library, "--model", "popularity", "--seen", "all", "--json").json
    assert "seen" not in masked["protocol"]
    assert masked["n_relevant"] == counted["slices"]["first_time"]["n_relevant"]
    only = sensorium("evaluate", library, "--model", "popularity", "--seen", "dislike", "--json").json
    assert only["protocol"]["seen"] == ["dislike"]


def test_check_says_when_most_would_be_lost_and_when_a_type_is_unknown(sensorium, library):
    assert "repeats" not in {one["kind"] for one in sensorium("check", library, "--json").json["problems"]}
    told(library)
    (note,) = (
        one for one in sensorium("check", library, "--json").json["problems"] if one["kind"] == "repeats"
    )
    assert "seen = []" in note["remedy"]
    told(library, "[ranking]", 'seen = ["bought"]')
    checked = sensorium("check", library, width=200)
    assert checked.code == 2
    assert "no event is of type 'bought'" in checked.out
    failed = sensorium("fit", library)
    assert failed.code == 2
    assert "ranking.seen: no event is of type 'bought'. Known types: dislike, play" in failed.err


def test_a_type_that_an_option_names_and_no_event_has_is_a_mistake_of_that_option(sensorium, library):
    sensorium("fit", library)
    for command in (("recommend", library, "--user", "u0"), ("evaluate", library, "--model", "popularity")):
        said = sensorium(*command, "--seen", "bought").mistake()
        assert "--seen: no event is of type 'bought'. Known types: dislike, play" in said


@pytest.mark.parametrize("wrong", ['seen = "bought"', "seen = 3", "seen = [1]"])
def test_what_is_no_rule_is_refused_with_the_name_of_the_setting(sensorium, library, wrong):
    told(library, "[ranking]", wrong)
    failed = sensorium("check", library)
    assert failed.code == 2
    assert "seen" in failed.err


def test_a_bundle_from_before_there_was_a_rule_leaves_out_all_that_was_seen(sensorium, library, tmp_path):
    told(library, "[ranking]", 'seen = "all"')
    assert sensorium("fit", library, "--model", "popularity").code == 0
    model = sn.load(library)
    bundle = model.save(tmp_path / "old")
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["facts"].pop("seen") == "all"
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    old = sn.load(bundle)
    assert old.record.seen == "all"
    assert old.recommend("u0", k=N_SONGS) == model.recommend("u0", k=N_SONGS)


def test_what_was_fitted_to_repeats_is_saved_with_them(library, tmp_path):
    catalog = sn.Catalog.from_frame(pl.read_csv(library / "songs.csv"), id="song", text="title")
    names = {"item": "song", "time": "played_at", "type": "what"}
    events = sn.Events.from_file(library / "plays.csv", items=catalog.items, **names)
    model = sn.fit(catalog, events, model="personal-top-frequency", seconds=1, seen=["dislike"])
    again = sn.load(model.save(tmp_path / "model"))
    assert again.record.seen == ("dislike",)
    assert again.data.frequency is not None
    assert again.data.frequency.sum() == model.data.frequency.sum()
    assert again.recommend_batch(k=5).equals(model.recommend_batch(k=5))
