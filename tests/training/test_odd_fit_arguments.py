"""Arguments of the wrong kind are refused before anything is encoded or fitted, by all that fit."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError

ITEMS = pd.DataFrame({"item_id": range(12), "title": [f"film {n % 3}" for n in range(12)]})
LOG = pd.DataFrame({"user_id": [n % 5 for n in range(40)], "item_id": [n * 7 % 12 for n in range(40)]})


@pytest.fixture(scope="module")
def tables():
    catalog = sn.Catalog.from_frame(ITEMS, id="item_id", text=["title"])
    return catalog, sn.Events.from_frame(LOG, items=catalog.items)


def calls(tables, **how):
    """All that fit, with the same arguments."""
    yield lambda: sn.fit(*tables, **({"model": sn.models.Popularity()} | how))
    yield lambda: sn.evaluate(sn.models.Popularity(), *tables, split="random", **how)
    yield lambda: sn.compare(*tables, split="random", **how)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"seconds": -1}, "seconds: "),
        ({"seconds": float("inf")}, "seconds: "),
        ({"seconds": float("nan")}, "seconds: "),
        ({"seconds": "soon"}, "seconds: "),
        ({"seed": -1}, "^seed: -1 is no seed"),
        ({"seed": None}, "^seed: None is no seed"),
        ({"seed": 1.5}, "^seed: 1.5 is no seed"),
        ({"seed": 2**40}, "is no seed"),
        ({"impute": "yes"}, "^impute: unknown impute 'yes'. Choose one of: no, neighbours$"),
        ({"impute": True}, "^impute: unknown impute True"),
        ({"progress": "yes"}, "^progress: 'yes' is no progress. Write True for bars, or False for the log$"),
        ({"progress": None}, "^progress: None is no progress"),
    ],
)
def test_all_that_fit_refuse_the_same(tables, how, said):
    for call in calls(tables, **how):
        with pytest.raises(ConfigError, match=said):
            call()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("ease", "^settings: a str is no mapping. Write for example {'ease': {'regularization': 500}}$"),
        ([("ease", {})], "^settings: a list is no mapping"),
        ({"ease": None}, "^settings of 'ease': a NoneType is no mapping"),
        ({"ease": 5}, "^settings of 'ease': a int is no mapping"),
        ({"ease": sn.models.EASE()}, "^settings of 'ease': a EASE is no mapping"),
        ({5: {}}, "^settings: no model is called 5"),
    ],
)
def test_settings_are_a_mapping_of_mappings(tables, settings, said):
    with pytest.raises(ConfigError, match=said):
        sn.fit(*tables, settings=settings)


def test_no_settings_are_none(tables):
    for settings in (None, {}):
        assert sn.fit(*tables, model="popularity", settings=settings, seconds=0).record.model == "popularity"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "a NoneType is no model. Give a name"),
        (5, "a int is no model"),
        (["ease", "ials"], "a list is no model"),
        (sn.models.EASE, r"EASE is a class. Make a model of it: EASE\(\)$"),
    ],
)
def test_a_model_is_a_name_or_a_recommender(tables, model, said):
    with pytest.raises(ConfigError, match=f"^model: {said}"):
        sn.fit(*tables, model=model)


def test_a_fitted_model_is_not_fitted_again(tables):
    fitted = sn.fit(*tables, model=sn.models.Popularity())
    with pytest.raises(ConfigError, match="^model: a FittedModel is no model"):
        sn.fit(*tables, model=fitted)


@pytest.mark.parametrize("metrics", [None, 5, [5], sn.metrics.ndcg])
def test_metrics_are_names(tables, metrics):
    with pytest.raises(ConfigError, match="^metrics: "):
        sn.evaluate(sn.models.Popularity(), *tables, split="random", metrics=metrics)


def test_seconds_are_a_number_in_whatever_form(tables):
    for seconds in ("0", np.float32(0), np.int64(0)):
        assert sn.fit(*tables, model="popularity", seconds=seconds).record.model == "popularity"


def test_models_alone_refuse_a_seed_that_is_none(tables):
    for seed in (None, -1, "a"):
        with pytest.raises(ConfigError, match="is no seed"):
            sn.models.IALS().fit(tables[1].interactions(), sn.models.FitOptions(seed=seed))


@pytest.mark.parametrize(
    "divide",
    [sn.splits.time, sn.splits.per_user, sn.splits.random, sn.splits.folds, sn.splits.cold_items],
)
def test_splits_divide_events_alone(divide):
    with pytest.raises(DataError, match="^split: a DataFrame is given where events belong. Make them with"):
        divide(LOG)
    with pytest.raises(DataError, match="a NoneType is given"):
        sn.splits.own(None, None, None)


def test_shares_and_numbers_of_splits_are_numbers(tables):
    events = dataclasses.replace(tables[1], time=np.arange(40.0))
    for call in (
        lambda: sn.splits.time(events, "a"),
        lambda: sn.splits.random(events, None),
        lambda: sn.splits.per_user(events, "a"),
        lambda: sn.splits.per_user(events, True),
        lambda: sn.splits.per_user(events, float("inf")),
        lambda: sn.splits.folds(events, "a"),
        lambda: sn.splits.folds(events, 3.5),
        lambda: sn.splits.cold_items(events, "a"),
        lambda: sn.splits.cold_items(events, 1),
        lambda: sn.splits.random(events, seed=None),
        lambda: sn.splits.folds(events, seed=-1),
    ):
        with pytest.raises(ConfigError):
            call()


def test_numbers_of_numpy_are_numbers_all_the_way_to_a_file(tables, tmp_path):
    events = dataclasses.replace(tables[1], time=np.arange(40.0))
    for split in (
        sn.splits.time(events, np.float32(0.25), np.float64(0.25)),
        sn.splits.per_user(events, np.int64(2)),
        sn.splits.random(events, np.float32(0.25), seed=np.int64(3)),
        *sn.splits.folds(events, np.int64(3), seed=np.int64(3)),
        sn.splits.cold_items(events, np.float32(0.5), seed=np.uint8(3)),
    ):
        assert json.loads(json.dumps(split.protocol)) == split.protocol
    model = sn.fit(*tables, model=sn.models.Popularity(), seed=np.int64(3))
    assert sn.load(model.save(tmp_path / "model")).record.seed == 3
    judged = sn.evaluate(
        sn.models.Popularity(), *tables, split="random", seed=np.int64(3), seconds=np.float32(1)
    )
    assert judged.report(tmp_path / "page.html").is_file()
