"""Predicted ratings: the model is chosen on validation and judged beside its floor."""

from dataclasses import replace

import numpy as np
import polars as pl

from sensorium.catalog.events import Events
from sensorium.core.vocabulary import Vocabulary
from sensorium.evaluation import splits
from sensorium.evaluation.splits import TuningView
from sensorium.experiments.rating_errors import rating_errors
from sensorium.features.block import FeatureBlock
from sensorium.metrics.ratings import mae, rmse
from sensorium.models.base import FitOptions, QueryBatch
from sensorium.models.rating_als import RatingALS, RatingALSConfig
from sensorium.models.rating_bias import RatingBias
from sensorium.models.rating_factors import RatingFactors
from sensorium.training.rating_prediction import (
    MOST_RATINGS,
    MOST_SAMPLED,
    fit_ratings,
    predictions,
    rating_models,
)
from sensorium.training.training_data import training_data

USERS, ITEMS = np.nonzero(np.random.default_rng(2).random((120, 40)) < 0.5)
ITEM_NAMES = Vocabulary([f"film-{n}" for n in range(40)])


def rated(values):
    log = pl.DataFrame(
        {
            "user_id": [f"user-{n}" for n in USERS],
            "item_id": [f"film-{n}" for n in ITEMS],
            "rating": values.astype(np.float32),
        }
    )
    return splits.random(Events.from_frame(log, items=ITEM_NAMES), 0.2, 0.1)


def errors_of(split):
    return rating_errors(training_data(split.train, {}), split, FitOptions())


def test_where_tastes_differ_factors_are_chosen_and_beat_the_floor():
    rng = np.random.default_rng(3)
    taste, kind = rng.choice([-1, 1], 120), rng.choice([-1, 1], 40)
    split = rated(3 + 1.5 * taste[USERS] * kind[ITEMS] + 0.2 * rng.normal(size=len(USERS)))
    found = errors_of(split)
    assert found["rmse"] < 0.3 < 1 < found["rmse_floor"]
    assert found["mae"] < found["mae_floor"]


def tastes():
    """Return a split in which tastes differ, so that factors are chosen."""
    rng = np.random.default_rng(3)
    taste, kind = rng.choice([-1, 1], 120), rng.choice([-1, 1], 40)
    return rated(3 + 1.5 * taste[USERS] * kind[ITEMS] + 0.2 * rng.normal(size=len(USERS)))


def test_errors_are_those_of_the_chosen_model_and_of_its_floor_on_the_test_part():
    split = tastes()
    train = training_data(split.train, {})
    found = rating_errors(train, split, FitOptions(seed=4))
    factors = RatingALS(RatingALSConfig(content=False)).fit(train, FitOptions(seed=4))
    for model, end in ((factors, ""), (RatingBias().fit(train), "_floor")):
        predicted, actual = predictions(model, train, split.test)
        assert found[f"rmse{end}"] == rmse(predicted, actual)
        assert found[f"mae{end}"] == mae(predicted, actual)


def test_the_model_is_chosen_on_validation_and_then_learns_from_all_it_is_given():
    split = tastes()
    whole = training_data(Events.concat(split.train, split.validation), {})
    found = fit_ratings(whole, split.tuning, FitOptions(seed=4))
    again = RatingALS(RatingALSConfig(content=False)).fit(whole, FitOptions(seed=4))
    users = np.arange(whole.n_users)
    np.testing.assert_array_equal(*(m.score(QueryBatch.of_users(whole, users)) for m in (found, again)))
    noise = split.validation
    shuffled = replace(noise, value=np.random.default_rng(0).permutation(noise.value))
    assert isinstance(fit_ratings(whole, TuningView(split.train, shuffled), FitOptions()), RatingBias)
    assert isinstance(fit_ratings(whole, None, FitOptions()), RatingBias)


def test_a_thousand_ratings_of_one_user_do_not_choose_the_model():
    split = tastes()
    own = split.validation.where(split.validation.user == split.validation.user[0])
    odd = replace(own, value=6 - own.value)
    flooded = Events.concat(split.validation, *[odd] * (1000 // len(own)))
    train = training_data(split.train, {})
    found = fit_ratings(train, TuningView(split.train, flooded), FitOptions())
    assert isinstance(found, RatingALS)


def test_every_rated_event_is_predicted_with_what_was_known_of_its_user():
    split = rated(np.random.default_rng(4).integers(1, 6, len(USERS)))
    train = training_data(split.train, {})
    model = RatingBias().fit(train)
    predicted, actual = predictions(model, train, split.test)
    assert actual.tolist() == split.test.value.tolist()
    user, item = split.test.user[3], split.test.item[3]
    assert predicted[3] == np.float32(model.mean) + model.user_bias[user] + model.item_bias[item]


def test_events_without_ratings_have_no_errors():
    log = pl.DataFrame({"user_id": USERS.astype(str), "item_id": [f"film-{n}" for n in ITEMS]})
    assert errors_of(splits.random(Events.from_frame(log, items=ITEM_NAMES), 0.2, 0.1)) == {}


def test_content_is_chosen_where_items_without_ratings_are_rated_by_it():
    user, item = (part.ravel() for part in np.mgrid[:40, :40])
    value = np.where(user % 2 == item % 2, 5.0, 1.0)
    log = pl.DataFrame({"user_id": user, "item_id": [f"film-{n}" for n in item], "rating": value})
    events = Events.from_frame(log, items=ITEM_NAMES)
    tastes = np.eye(2, dtype=np.float32)[np.arange(40) % 2]
    blocks = {"image:a": FeatureBlock("image:a", tastes, np.ones(40, dtype=np.bool_))}
    tuning = TuningView(events.where(events.item < 20), events.where(events.item >= 20))
    chosen = fit_ratings(training_data(events, blocks), tuning, FitOptions())
    assert chosen.config.content


def test_the_more_ratings_there_are_the_cheaper_is_what_is_tried():
    def tried(n_ratings, content):
        models = rating_models(n_ratings, content=content)
        return [(type(model), getattr(model.config, "content", None)) for model in models]

    bias, plain, by_content = (RatingBias, None), (RatingALS, False), (RatingALS, True)
    assert tried(MOST_SAMPLED, True) == [bias, plain, by_content, (RatingFactors, True)]
    assert tried(MOST_SAMPLED, False) == [bias, plain]
    assert tried(MOST_SAMPLED + 1, True) == tried(MOST_RATINGS, True) == [bias, by_content]
    assert tried(MOST_SAMPLED + 1, False) == tried(MOST_RATINGS, False) == [bias, plain]
    assert tried(MOST_RATINGS + 1, True) == [bias]
