"""All levels of fusion on the two-colour world, and imputation from settings to serving."""

import json

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import DataError
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.fusion_levels import SPACES, TAKEN, compare_levels
from sensorium.fusion.shared_scorer import shared_scorers
from sensorium.models.base import QueryBatch
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.testing.two_colour import two_colour
from sensorium.training.training_data import split_events
from sensorium.workspace.commands import compare_folder
from sensorium.workspace.settings import FeatureSettings, Settings


@pytest.fixture(scope="module")
def levels(fitted_workspace):
    return compare_folder(fitted_workspace, seconds=2)


def test_every_level_is_there_and_is_compared_with_what_auto_takes(levels):
    names = [method.name for method in levels.methods]
    assert {method.level for method in levels.methods} >= {"features", "scores", "ranks", "learnt weights"}
    assert {f"{space}, content alone" for space in SPACES} <= set(names)
    assert [method.name for method in levels.methods if method.against is None] == [TAKEN]
    assert len(set(names)) == len(names)
    learnt = [method.name for method in levels.methods if method.level == "learnt weights"]
    assert learnt[:4] == ["by length of history", "by events of item", "by age of item", "by all of these"]


def test_all_methods_are_judged_on_the_same_users(levels):
    assert {method.result.n_users for method in levels.methods} == {levels.n_users}


def test_the_comparison_is_json(levels):
    found = json.loads(json.dumps(levels.to_json()))
    assert found["methods"][-1]["method"] == TAKEN
    assert found["methods"][-1]["against_auto"] is None
    assert set(found["methods"][0]) == {"level", "method", "metrics", "interval", "against_auto"}


def test_without_blocks_there_is_nothing_to_compare(tables):
    _, events = tables
    with pytest.raises(DataError, match="nothing to fuse"):
        compare_levels(split_events(events), {}, EvaluationOptions(seconds=1))


def test_a_member_that_many_ask_answers_as_if_asked_once():
    world = two_colour()
    model = ContentKNN(ContentKNNConfig(block="image:picture")).fit(world.data)
    shared = shared_scorers({"a": model})["a"]
    first, second = world.queries, QueryBatch.of_users(world.data, np.arange(3))
    np.testing.assert_array_equal(shared.score(first), model.score(first))
    assert shared.score(first) is shared.score(first)
    np.testing.assert_array_equal(shared.score(second), model.score(second))


@pytest.fixture(scope="module")
def tables():
    """Twenty items of two kinds, four of which do not tell theirs, and users who like one kind."""
    rng = np.random.default_rng(0)
    kinds = ["a", "b"] * 8 + [None] * 4
    items = pl.DataFrame({"item_id": [f"i{n}" for n in range(20)], "kind": kinds})
    liked = [2 * rng.choice(10, size=6, replace=False) + user % 2 for user in range(40)]
    ids = [f"i{n}" for n in np.concatenate(liked)]
    log = pl.DataFrame({"user_id": np.repeat(np.arange(40), 6), "item_id": ids})
    catalog = sn.Catalog.from_frame(items, category="kind")
    return catalog, sn.Events.from_frame(log, items=catalog.items)


def test_imputing_lets_content_speak_of_items_without_it_in_and_after_the_fit(tables):
    plain, filled = (
        sn.fit(*tables, model="category:kind", seconds=1, impute=impute) for impute in ("no", "neighbours")
    )
    index = plain.catalog.items.index("i16")
    history = ["i0", "i2"]
    assert not plain.fusion.members["category:kind"].present[index]
    assert filled.fusion.members["category:kind"].present[index]
    assert not filled.item_features.blocks["category:kind"].present[index]
    answers = filled.recommend(history=history, k=20)
    filled.add_items(pl.DataFrame({"item_id": ["new"], "kind": ["a"]}))
    assert filled.fusion.members["category:kind"].present[index]
    assert "new" in filled.recommend(history=history, k=21).item_ids
    assert answers.item_ids.index("i16") < answers.item_ids.index("i17")


def test_imputing_is_a_setting_of_the_workspace(fitted_workspace):
    settings = Settings.read(fitted_workspace / "sensorium.toml")
    assert settings.features.impute == "no"
    asked = settings.model_copy(update={"features": FeatureSettings(impute="neighbours")})
    assert '[features]\nimpute = "neighbours"' in asked.toml()
