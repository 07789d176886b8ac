"""The main job from end to end, as a user types it: the demo world, and MovieLens-100K with its posters."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

KEYS = {"model", "protocol", "metrics", "intervals", "baselines", "slices", "fit_seconds", "peak_memory_mb"}


def answer(*words: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "sensorium.cli.main", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1000)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo"


@pytest.fixture(scope="module")
def demo(world) -> dict[str, Any]:
    return answer("demo", world)


@pytest.fixture(scope="module")
def films(real_data, tmp_path_factory) -> Path:
    folder, data = tmp_path_factory.mktemp("films"), real_data / "movielens-100k"
    answer("init", folder, "--items", data / "items.csv", "--events", data / "events.csv")
    return folder


@pytest.fixture(scope="module")
def encoded(films) -> dict[str, Any]:
    """What the first encoding of the films did; whatever encodes by itself comes after it."""
    return answer("encode", films)["blocks"]


class TestDemo:
    def test_every_modality_costs_accuracy_when_it_is_left_out(self, demo):
        for modality in ("text", "image", "audio", "video"):
            assert demo["adds"][modality]["low"] > 0, modality

    def test_the_fusion_beats_popularity_and_the_best_single_source(self, demo):
        assert demo.keys() >= KEYS
        assert all(difference["low"] > 0 for difference in demo["against"].values())
        assert len(demo["against"]) >= 2
        assert "popularity" in demo["baselines"]

    def test_the_report_says_so_and_shows_pictures(self, demo):
        page = Path(demo["report"]).read_text(encoding="utf-8")
        assert "Leaving out" in page
        assert page.count("data:image/jpeg") > 10

    def test_the_world_that_it_leaves_answers_questions(self, demo, world):
        item = answer("recommend", world, "--history", "card-001,card-002", "--explain")["items"][0]
        assert sum(reason["contribution"] for reason in item["reasons"]) == pytest.approx(
            item["score"], abs=1e-3
        )
        for by in ("text", "image", "audio", "video"):
            assert answer("similar", world, "--item", item["item_id"], "--by", by)["items"]
        problems = answer("check", world)["problems"]
        assert {"missing media", "unreadable media"} & {problem["kind"] for problem in problems}


class TestMovieLens:
    def test_roles_are_guessed_from_names_and_values(self, films):
        text = (films / "sensorium.toml").read_text()
        assert 'image = ["poster"]' in text
        assert 'text = ["title", "plot"]' in text
        assert 'positive = ["rating >= 4"]' in text

    def test_a_second_encoding_encodes_nothing(self, films, encoded):
        assert encoded["image:poster"]["encoded"] > 1_400
        assert all(block["encoded"] == 0 for block in answer("encode", films)["blocks"].values())

    def test_the_fusion_beats_popularity_in_the_split_by_time(self, films, encoded):
        found = answer("evaluate", films, "--seconds", 20)
        assert found["protocol"]["split"] == "time"
        assert found["against"]["popularity"]["low"] > 0
        assert found["metrics"]["ndcg@20"] >= 0.98 * max(s["ndcg@20"] for s in found["sources"].values())
        assert 0.7 < found["metrics"]["rmse"] < 1.1

    def test_it_recommends_and_searches_by_words_and_by_a_poster(self, films, encoded, real_data):
        answer("fit", films, "--seconds", 10)
        assert len(answer("recommend", films, "--user", 7, "--explain")["items"]) == 10
        assert answer("search", films, "--text", "robots in space")["items"]
        poster = real_data / "movielens-100k" / "posters" / "50.jpg"
        assert answer("search", films, "--image", poster)["items"][0]["item_id"] == "50"
        assert "50" not in [item["item_id"] for item in answer("similar", films, "--item", 50)["items"]]
