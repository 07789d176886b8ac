"""Nothing of hidden items reaches what cold weights are learnt from."""

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from sensorium.fusion.cold_start_simulation import FEWEST_ASKING, HIDDEN_SHARE, ColdStartScores
from sensorium.fusion.zscore import zscores
from sensorium.models.base import FitOptions, ValidationData
from sensorium.models.registry import make_model

LEARNING = ("content-factors", "ease-prior", "smoothed-graph-filter")
"""Content members that learn from events."""


@pytest.fixture(scope="module")
def validation(known):
    return ValidationData(known.queries, known.relevant, known.data.interactions)


@pytest.fixture(scope="module")
def members(known):
    fitted = {name: make_model(name).fit(known.data) for name in ("popularity", "ease", *LEARNING)}
    fitted["image:picture"] = make_model("content-knn", {"block": "image:picture"}).fit(known.data)
    return fitted


@pytest.fixture(scope="module")
def hidden(known, members, validation):
    found = ColdStartScores.of(members, known.data, validation, seed=2)
    assert found is not None
    assert found.among is not None
    return found


def hidden_items(found, data):
    """Return which items have lost their events."""
    return data.seen_items & ~found.shown.seen_items


def test_a_share_of_the_items_loses_every_event_and_the_others_none(known, hidden):
    gone = hidden_items(hidden, known.data)
    assert gone.sum() == round(HIDDEN_SHARE * known.data.seen_items.sum())
    for name in ("interactions", "times", "ratings"):
        left = getattr(hidden.shown, name).toarray()
        assert not left[:, gone].any()
        np.testing.assert_array_equal(left[:, ~gone], getattr(known.data, name).toarray()[:, ~gone])


@pytest.mark.parametrize("name", LEARNING)
def test_members_that_learn_from_events_have_not_learnt_from_those_of_hidden_items(name, hidden, members):
    assert members[name].traits.kind == "content"
    again = make_model(name).fit(hidden.shown, FitOptions(seed=2))
    for scores, queries in ((hidden.alone, hidden.asking), (hidden.among, hidden.later)):
        told = zscores(again.score(queries)).values
        expected = np.take_along_axis(told, scores.items, axis=1) * scores.real
        found = scores.values[scores.names.index(name)]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        before = np.take_along_axis(zscores(members[name].score(queries)).values, scores.items, axis=1)
        assert np.abs(found - before * scores.real).max() > 0.01, "what had seen them says something else"


def test_histories_do_not_hold_hidden_items(known, hidden):
    gone = hidden_items(hidden, known.data)
    for queries in (hidden.asking, hidden.later):
        assert queries.history.nnz
        for matrix in (queries.history, queries.times):
            assert not gone[matrix.indices].any()


def test_who_liked_hidden_items_is_asked_for_all_of_them_and_for_nothing_else(known, hidden):
    gone = hidden_items(hidden, known.data)
    liked = known.data.interactions.toarray()[hidden.asking.users] * gone
    np.testing.assert_array_equal(hidden.alone.n_relevant, (liked > 0).sum(axis=1))
    rows, places = np.nonzero(hidden.alone.relevant)
    assert gone[hidden.alone.items[rows, places]].all()


def test_validation_asks_first_as_it_is_and_then_for_hidden_items_too(known, hidden, validation):
    gone = hidden_items(hidden, known.data)
    n = hidden.n_natural
    assert len(hidden.among) == 2 * n
    np.testing.assert_array_equal(hidden.later.users[:n], hidden.later.users[n:])
    held = known.relevant.toarray()[hidden.later.users[:n]] > 0
    np.testing.assert_array_equal(hidden.among.n_relevant[:n], held.sum(axis=1))
    more = (known.data.interactions.toarray()[hidden.later.users[:n]] > 0) & gone
    np.testing.assert_array_equal(hidden.among.n_relevant[n:], (held | more).sum(axis=1))
    found = hidden.among.relevant.sum(axis=1)
    np.testing.assert_array_equal(found[n:] - found[:n], more.sum(axis=1), "what is asked for is not barred")


def test_items_that_nobody_has_used_are_ranked_only_where_somebody_went_on_to_like_them(
    known, members, validation
):
    few = validation.rows(np.arange(4))
    found = ColdStartScores.of({"image:picture": members["image:picture"]}, known.data, few, seed=2)
    assert found is not None
    assert found.among is not None
    wanted = known.relevant.toarray()[found.later.users].any(axis=0)
    unused = ~known.data.seen_items
    assert (unused & ~wanted).any()
    for scores in (found.alone, found.among):
        assert not (unused & ~wanted)[scores.items[scores.real]].any()


def test_another_seed_hides_other_items(known, members, validation, hidden):
    other = ColdStartScores.of(members, known.data, validation, seed=3)
    assert not np.array_equal(hidden_items(other, known.data), hidden_items(hidden, known.data))


def test_too_few_people_or_no_content_teach_nothing(known, members, validation):
    behaviour = {name: members[name] for name in ("popularity", "ease")}
    assert ColdStartScores.of(behaviour, known.data, validation) is None
    few = sparse.csr_array(known.data.interactions[: FEWEST_ASKING - 1])
    data = dataclasses.replace(known.data, interactions=few, times=None, ratings=None)
    asked = validation.rows(np.arange(FEWEST_ASKING - 1))
    assert ColdStartScores.of({"image:picture": members["image:picture"]}, data, asked) is None
