"""A music library: plays with their counts; people listen again and again."""

from pathlib import Path

import numpy as np
import pytest
from tests.people.files import write_table

N_TRACKS, N_LISTENERS = 60, 60
GENRES = ("jazz", "techno", "folk")


@pytest.fixture(scope="module")
def library(tmp_path_factory, run) -> Path:
    """Each listens mostly to a few favourites of one genre, over and over."""
    folder, rng = tmp_path_factory.mktemp("music"), np.random.default_rng(3)
    tracks = [(f"t{n}", f"Song {n}", f"artist {n % 12}", GENRES[n % 3]) for n in range(N_TRACKS)]
    write_table(folder / "tracks.csv", ("track_id", "title", "artist", "genre"), tracks)
    plays = []
    for listener in range(N_LISTENERS):
        own = [n for n in range(N_TRACKS) if n % 3 == listener % 3]
        favourites = rng.choice(own, size=4, replace=False)
        for day in range(30):
            track = int(rng.choice(favourites) if rng.random() < 0.8 else rng.choice(own))
            when = f"2026-03-{day + 1:02} 20:00"
            plays.append((f"l{listener}", f"t{track}", 1 + int(rng.integers(3)), when))
    write_table(folder / "plays.csv", ("listener", "track_id", "plays", "played_at"), plays)
    run("init", folder, "--items", folder / "tracks.csv", "--events", folder / "plays.csv")
    run("fit", folder, "--seconds", 3)
    return folder


def favourites(folder: Path, listener: str) -> list[str]:
    rows = [line.split(",") for line in (folder / "plays.csv").read_text("utf-8-sig").splitlines()[1:]]
    counts: dict[str, int] = {}
    for who, track, plays, _ in rows:
        if who == listener:
            counts[track] = counts.get(track, 0) + int(plays)
    return sorted(counts, key=lambda track: -counts[track])


def test_init_sees_plays_times_and_that_people_come_back(library):
    text = (library / "sensorium.toml").read_text(encoding="utf-8")
    assert 'count = "plays"' in text
    assert 'time = "played_at"' in text
    assert "seen = []" in text.split("[ranking]")[1]


def test_a_listener_hears_favourites_again(library, run):
    for listener in ("l0", "l7", "l20"):
        items = run("recommend", library, "--user", listener, "-k", 4, "--json")["items"]
        listed = {item["item_id"] for item in items}
        assert len(listed & set(favourites(library, listener)[:4])) >= 2


def test_something_new_is_one_option_away(library, run):
    listed = run("recommend", library, "--user", "l0", "-k", 5, "--exclude-seen", "--json")["items"]
    assert not {item["item_id"] for item in listed} & set(favourites(library, "l0"))
    assert sum(int(item["item_id"][1:]) % 3 == 0 for item in listed) >= 4, "of the listener's genre"


def test_evaluation_counts_what_is_heard_again(library, run):
    found = run("evaluate", library, "--seconds", 3, "--json")
    assert found["metrics"]["ndcg@20"] > 0.4
    assert found["protocol"]["seen"] == []
