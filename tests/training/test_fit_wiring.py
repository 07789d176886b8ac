"""What `sn.fit` learns from, tunes on, keeps from answers, and predicts ratings with."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.experiments.judging import assert_same_data
from tests.experiments.rated_world import N_ITEMS, rated_events

import sensorium as sn
from sensorium.evaluation.splits import known_items
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import FitOptions, QueryBatch
from sensorium.models.popularity import Popularity
from sensorium.models.registry import make_model
from sensorium.training.fit import fit_tables
from sensorium.training.fit_model import fit_model
from sensorium.training.rating_prediction import fit_ratings
from sensorium.training.training_data import training_data, tuning_split, validation_data

SEED = 3


@pytest.fixture(scope="module")
def tables():
    kinds = [None if n % 9 == 4 else ("red", "blue")[n % 2] for n in range(N_ITEMS)]
    frame = pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)], "kind": kinds})
    return sn.Catalog.from_frame(frame, category="kind"), rated_events()


@pytest.fixture(scope="module")
def fitted(tables):
    return sn.fit(*tables, model="item-knn", seconds=3, seed=SEED, ratings=True)


def everybody(data):
    return QueryBatch.of_users(data, np.arange(data.n_users))


def test_what_is_served_has_learnt_from_all_events(fitted, tables):
    whole = training_data(tables[1], fitted.item_features.blocks)
    assert_same_data(fitted.data, whole)
    assert fitted.record.seed == SEED
    again = LateFusion(fitted.fusion.config).fit(whole, FitOptions(seed=SEED))
    np.testing.assert_array_equal(fitted.fusion.score(everybody(whole)), again.score(everybody(whole)))


def test_settings_were_chosen_on_the_last_events_by_a_model_that_had_not_seen_them(fitted, tables):
    tuning = tuning_split(tables[1], seed=SEED)
    past = training_data(tuning.train, fitted.item_features.blocks)
    (member,) = fitted.record.members
    chosen = make_model(member.model, member.settings).fit(past, FitOptions(seed=SEED))
    assert member.ndcg == pytest.approx(mean_ndcg(chosen, validation_data(past, tuning)))
    assert member.trials > 1


def test_without_times_the_seed_draws_what_settings_are_chosen_on(tables):
    catalog, events = tables
    timeless = replace(events, time=np.full(len(events), np.nan))
    drawn = tuning_split(timeless, seed=SEED)
    assert not np.array_equal(drawn.validation.item, tuning_split(timeless).validation.item)
    (member,) = sn.fit(catalog, timeless, model="popularity", seconds=0.1, seed=SEED).record.members
    past = training_data(drawn.train, {})
    assert member.ndcg == pytest.approx(mean_ndcg(Popularity().fit(past), validation_data(past, drawn)))


def test_what_was_met_in_any_way_is_kept_from_answers(fitted, tables):
    expected = known_items(tables[1])
    np.testing.assert_array_equal(fitted.seen.toarray(), expected.toarray())
    assert expected.nnz > fitted.data.interactions.nnz
    met = set(fitted.catalog.items.ids_at(expected[[fitted.users.index("u1")]].indices))
    assert not met & set(fitted.recommend("u1", k=N_ITEMS).item_ids)


def test_ratings_are_predicted_by_what_was_chosen_on_the_last_events_and_fitted_on_all(fitted, tables):
    whole = training_data(tables[1], fitted.item_features.blocks)
    again = fit_ratings(whole, tuning_split(tables[1], seed=SEED), FitOptions(seed=SEED))
    assert type(fitted.rating_model) is type(again)
    asked = everybody(whole)
    np.testing.assert_array_equal(fitted.rating_model.score(asked), again.score(asked))


def test_what_an_evaluation_has_chosen_is_fitted_again_and_not_tuned(fitted, tables):
    past = training_data(tuning_split(tables[1]).train, fitted.item_features.blocks)
    chosen = fit_model("popularity", past, None, FitOptions(), 0)
    served = fit_tables(*tables, fitted.item_features, model="ease", effort=0.5, chosen=chosen)
    assert served.fusion.weights == {"popularity": 1.0}
    expected = Popularity().fit(training_data(tables[1], {})).popularity
    np.testing.assert_array_equal(served.fusion.members["popularity"].popularity, expected)


def test_too_few_events_to_tune_on_are_all_learnt_from(tables):
    catalog = tables[0]
    log = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["i1", "i3"]})
    model = sn.fit(catalog, sn.Events.from_frame(log, items=catalog.items), model="popularity")
    assert model.data.interactions.nnz == 2
    assert np.isfinite(model.fusion.members["popularity"].popularity).sum() == 2
    assert model.record.members[0].ndcg is None
