"""A data scientist with MovieLens in pandas, who writes two files and types four commands."""

from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def films(real_data, tmp_path_factory, run) -> Path:
    """What `to_csv` makes of two frames, index and all, and the workspace of it."""
    folder, data = tmp_path_factory.mktemp("films"), real_data / "movielens-100k"
    items, events = pd.read_csv(data / "items.csv"), pd.read_csv(data / "events.csv")
    events["timestamp"] = pd.to_datetime(events["timestamp"], unit="s")
    items[["item_id", "title", "genres", "year"]].to_csv(folder / "movies.csv")
    events.to_csv(folder / "ratings.csv")
    run("init", folder, "--items", folder / "movies.csv", "--events", folder / "ratings.csv")
    run("fit", folder, "--seconds", 10)
    return folder


def test_the_index_is_no_feature_and_ratings_from_four_are_liked(films):
    text = (films / "sensorium.toml").read_text(encoding="utf-8")
    assert "Unnamed" not in text.split("[events]")[0].replace("#", "")
    assert 'value = "rating"' in text
    assert 'time = "timestamp"' in text


def test_films_like_toy_story_are_of_its_kind_and_not_the_most_popular_ones(films, run):
    found = run("similar", films, "--item", "1", "-k", 10, "--json")["items"]
    genres = pd.read_csv(films / "movies.csv", dtype=str).set_index("item_id")["genres"]
    own = set(genres["1"].split("|"))
    assert sum(bool(own & set(genres[item["item_id"]].split("|"))) for item in found) >= 6
    assert not any("Star Wars" in item["title"] for item in found[:3])


def test_evaluation_says_how_it_compares_with_the_best_of_the_trivial_ones(films, run):
    found = run("evaluate", films, "--seconds", 10, "--json")
    best = max(result["ndcg@20"] for result in found["baselines"].values())
    assert found["metrics"]["ndcg@20"] > 0.95 * best
    assert found["against"]["recent-popularity"]["mean"] == pytest.approx(
        found["metrics"]["ndcg@20"] - found["baselines"]["recent-popularity"]["ndcg@20"], abs=1e-6
    )
    assert found["metrics"]["rmse"] < found["metrics"]["rmse_floor"]


def test_a_user_gets_ten_films_not_seen_each_with_a_reason(films, run):
    items = run("recommend", films, "--user", 1, "--explain", "--json")["items"]
    seen = pd.read_csv(films / "ratings.csv").query("user_id == 1")["item_id"].astype(str)
    assert len(items) == 10
    assert not {item["item_id"] for item in items} & set(seen)
    assert all(item["reasons"] for item in items)


def test_who_directed_it_is_searched_in_words(films, run):
    found = run("search", films, "--text", "star wars", "-k", 3, "--json")["items"]
    assert "Star Wars" in found[0]["title"]
