"""`sn.compare`: the levels of fusion of a catalogue and events, as the command line finds them."""

import polars as pl
import pytest
from tests.experiments.judging import BLOCKS, SEED
from tests.experiments.rated_world import N_ITEMS, rated_events

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.progress import SILENT
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.fusion_levels import TAKEN, compare_levels
from sensorium.training.feature_plan import FeaturePlan

EVENTS = rated_events()
SPLIT = sn.splits.time(EVENTS, 0.2, 0.2)
CATALOG = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)]}))


@pytest.fixture(scope="module")
def levels():
    return sn.compare(CATALOG, split=SPLIT, features=BLOCKS, seconds=0, seed=SEED, k=7, mask="train")


def test_the_numbers_are_those_of_compare_levels(levels):
    options = EvaluationOptions(seconds=0, seed=SEED, k=7, mask="train")
    items = FeaturePlan.of(CATALOG, BLOCKS, None, []).make(None, SILENT).items
    expected = compare_levels(SPLIT, items.blocks, options)
    assert [method.name for method in levels.methods] == [method.name for method in expected.methods]
    for found, other in zip(levels.methods, expected.methods, strict=True):
        assert found.result.metrics == pytest.approx(other.result.metrics, abs=1e-6), found.name
    assert levels.protocol == expected.protocol


def test_the_frame_has_a_row_a_way_with_its_difference_to_what_auto_takes(levels):
    frame = levels.to_frame()
    assert frame.height == len(levels.methods)
    assert frame.columns[:6] == ["level", "method", "n_users", "ndcg@7", "ndcg@7_low", "ndcg@7_high"]
    taken = frame.filter(pl.col("method") == TAKEN)
    assert taken["difference"].to_list() == [None]
    others = frame.filter(pl.col("method") != TAKEN)
    for row in others.to_dicts():
        assert row["difference"] == pytest.approx(row["ndcg@7"] - taken["ndcg@7"][0])
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]
    assert levels.best == frame.sort("ndcg@7", descending=True, maintain_order=True)["method"][0]


def test_it_shows_itself(levels):
    lines = repr(levels).splitlines()
    assert lines[0] == f"time split, {levels.n_users:,} users"
    assert len(lines) == 2 + len(levels.methods)
    assert TAKEN in levels._repr_html_()


def test_of_folds_the_first_is_taken_and_without_content_there_is_nothing_to_fuse():
    folds = sn.splits.folds(EVENTS, 3)
    found = sn.compare(CATALOG, split=folds, features=BLOCKS, seconds=0)
    assert found.protocol["parameters"] == folds[0].protocol["parameters"]
    with pytest.raises(DataError, match="nothing to fuse but behaviour"):
        sn.compare(CATALOG, EVENTS, seconds=0)
    with pytest.raises(ConfigError, match="'tiem' is no split"):
        sn.compare(CATALOG, EVENTS, split="tiem")
