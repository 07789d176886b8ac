"""A fitted model predicts ratings: of known users, new users and new items, and again from its bundle."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import NotReadyError, UnknownIdError
from sensorium.models.rating_als import RatingALS
from sensorium.models.rating_bias import RatingBias
from sensorium.models.rating_factors import RatingFactors
from sensorium.training.rating_prediction import predictions

N_USERS, N_ITEMS = 60, 24
RED, BLUE = "i0", "i1"


def film(n):
    return {"item_id": f"i{n}", "words": ("ember brick ruby", "ocean whale glacier")[n % 2]}


def rating(user, item):
    return 4.5 if user % 2 == item % 2 else 1.5


@pytest.fixture(scope="module")
def tables():
    """Even users love even items and dislike odd ones; the others the other way round; half is rated."""
    rng = np.random.default_rng(0)
    catalog = sn.Catalog.from_frame(pl.DataFrame([film(n) for n in range(N_ITEMS)]), text="words")
    users, items = np.nonzero(rng.random((N_USERS, N_ITEMS)) < 0.5)
    log = pl.DataFrame(
        {
            "user_id": [f"u{user}" for user in users],
            "item_id": [f"i{item}" for item in items],
            "rating": [rating(*pair) + 0.5 * rng.integers(-1, 2) for pair in zip(users, items, strict=True)],
        }
    )
    return catalog, sn.Events.from_frame(log, items=catalog.items, positive=["rating >= 4"])


@pytest.fixture(scope="module")
def fitted(tables):
    return sn.fit(*tables, model="popularity", ratings=True)


@pytest.fixture
def model(fitted, tmp_path):
    """One that a test may change."""
    return sn.load(fitted.save(tmp_path))


def test_each_user_is_predicted_to_rate_as_users_of_the_same_taste(fitted):
    for user in (0, 1, 2, 3):
        told = fitted.predict_ratings(f"u{user}", [RED, BLUE, "i2"])
        assert told.dtype == np.float32
        assert told == pytest.approx([rating(user, item) for item in (0, 1, 2)], abs=0.5)
    assert fitted.record.ratings.model == "rating-als"


def test_they_are_those_of_the_model_that_evaluate_judges(fitted, tables):
    events = tables[1]
    asked = events.where(events.user == 5)
    told, _ = predictions(fitted.rating_model, fitted.data, asked)
    np.testing.assert_array_equal(fitted.predict_ratings("u5", events.items.ids_at(asked.item)), told)


def test_a_new_user_is_expected_to_rate_in_the_middle_and_nobody_beyond_the_scale(fitted, tables):
    assert fitted.predict_ratings(None, [RED, BLUE]) == pytest.approx([3, 3], abs=0.5)
    everything = fitted.predict_ratings("u0", tables[0].items.ids)
    assert 1.0 <= everything.min() <= everything.max() <= 5.0


@pytest.mark.parametrize(("mean", "told"), [(-9.0, 1.0), (9.0, 5.0)])
def test_what_lies_beyond_the_scale_is_its_end(model, mean, told):
    model.rating_model = RatingBias().fit(model.data)
    model.rating_model.mean = mean
    assert model.predict_ratings("u0", [RED, BLUE]).tolist() == [told, told]


def test_a_bundle_predicts_the_same(fitted, model):
    assert type(model.rating_model) is type(fitted.rating_model)
    for user in ("u7", None):
        np.testing.assert_array_equal(
            model.predict_ratings(user, [RED, BLUE]), fitted.predict_ratings(user, [RED, BLUE])
        )


def test_a_new_user_is_predicted_by_the_ratings_that_came_since_the_fit(model, tmp_path):
    log = {"user_id": ["new"] * 6, "item_id": [f"i{n}" for n in range(2, 8)], "rating": [5.0, 1.0] * 3}
    model.update(pl.DataFrame(log))
    red, blue = model.predict_ratings("new", [RED, BLUE])
    assert red > 4 > 2 > blue


def test_a_new_item_is_predicted_by_its_content_or_at_the_mean(model):
    rated = model.data
    model.add_items(pl.DataFrame([film(100) | {"item_id": "new"}]))
    for kind in (RatingALS, RatingFactors):
        model.rating_model = kind(content=False).fit(rated).extend(model.data.blocks)
        assert model.predict_ratings("u0", ["new"])[0] == pytest.approx(3, abs=0.5)
        model.rating_model = kind().fit(rated).extend(model.data.blocks)
        assert model.predict_ratings("u0", ["new"])[0] > 4 > 2 > model.predict_ratings("u1", ["new"])[0]


@pytest.mark.parametrize("single", ["popularity", sn.models.Popularity()])
def test_beside_a_single_model_ratings_are_learnt_only_where_asked_for(tables, single):
    model = sn.fit(*tables, model=single)
    assert model.rating_model is model.record.ratings is None
    with pytest.raises(NotReadyError, match=r"no ratings were learnt.*Fit with `ratings=True`"):
        model.predict_ratings("u0", [RED])


@pytest.mark.parametrize(("ratings", "learnt"), [(None, True), (True, True), (False, False)])
def test_auto_learns_ratings_unless_told_not_to(tables, ratings, learnt):
    model = sn.fit(*tables, seconds=0.1, ratings=ratings)
    assert (model.rating_model is not None) == learnt


def test_without_ratings_it_is_said_what_to_do(tables):
    catalog, _ = tables
    log = pl.DataFrame({"user_id": ["u", "v", "v"], "item_id": [RED, BLUE, RED]})
    model = sn.fit(catalog, sn.Events.from_frame(log, items=catalog.items), model="popularity", ratings=True)
    assert model.rating_model is None
    assert model.record.ratings is None
    with pytest.raises(NotReadyError, match=r"no ratings were learnt.*column of ratings"):
        model.predict_ratings("u", [RED])


def test_unknown_users_and_items_are_named(fitted):
    for ask in (lambda: fitted.predict_ratings("u999", [RED]), lambda: fitted.predict_ratings("u0", ["i99"])):
        with pytest.raises(UnknownIdError, match=r"unknown (user 'u999'|item 'i99')"):
            ask()
