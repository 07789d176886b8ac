"""Weights are learnt on some people and judged on others, and averaged over halves of them."""

from dataclasses import replace

import numpy as np
import pytest

from sensorium.fusion.validation_scores import ValidationScores, validation_scores
from sensorium.fusion.weights import (
    DRAWS,
    FEWEST_QUERIES,
    LEARNERS,
    LEAST_HEARD,
    LEAST_POPULARITY,
    POWERS,
    STEPS,
    SURENESS,
    averaged_weights,
    by_every_learner,
    dealt,
    lead,
    learn_weights,
    searched_from,
    shrunk_weights,
    softmax_weights,
    weights_by_strength,
)
from sensorium.models.base import ValidationData
from sensorium.models.registry import make_model

N_ITEMS = 40


def asked(n=60, seed=0):
    """Return queries, two of each person, of three sources: good, middling and noise."""
    rng = np.random.default_rng(seed)
    relevant = np.zeros((n, N_ITEMS), dtype=bool)
    relevant[:, :3] = True
    values = rng.normal(size=(3, n, N_ITEMS))
    values[0] += 1.5 * relevant
    values[1] += 0.7 * relevant
    return ValidationScores(
        names=("good", "middling", "noise"),
        kinds=("behaviour", "behaviour", "content"),
        values=values.astype(np.float32),
        can=None,
        real=np.ones((n, N_ITEMS), dtype=np.bool_),
        relevant=relevant,
        log_count=np.zeros((n, N_ITEMS), dtype=np.float32),
        n_relevant=np.full(n, 3),
        items=np.tile(np.arange(N_ITEMS), (n, 1)),
        askers=np.arange(n) // 2,
        lengths=np.full(n, 5, dtype=np.float32),
    )


def test_methods_are_judged_on_people_that_they_have_not_learnt_from():
    data = asked()
    learnt = learn_weights(data, seed=4)
    fold = dealt(data, 3, 4)
    reached = {name: np.zeros(len(data)) for name in LEARNERS}
    for number, part in enumerate(np.unique(fold)):
        found = by_every_learner(data.rows(fold != part))
        np.testing.assert_allclose(learnt.on_folds[number], found[learnt.method])
        judged = data.rows(fold == part)
        for name, weights in found.items():
            reached[name][fold == part] = judged.ndcg(judged.fused(weights))
    assert dict(learnt.held_out) == pytest.approx({name: values.mean() for name, values in reached.items()})


def test_with_too_few_queries_there_is_no_contest():
    data = asked()
    learnt = learn_weights(data.rows(np.arange(FEWEST_QUERIES - 1)))
    assert (learnt.method, dict(learnt.held_out), learnt.on_folds) == ("shrunk", {}, ())
    assert learn_weights(data.rows(np.arange(FEWEST_QUERIES))).held_out


@pytest.mark.parametrize("method", ["single", "softmax", "shrunk"])
def test_a_method_that_is_named_is_taken(method):
    data = asked()
    learnt = learn_weights(data, method=method)
    assert learnt.method == method
    assert list(learnt.weights.values()) == pytest.approx(LEARNERS[method](data).tolist())


def test_averages_are_over_halves_of_the_people_with_all_their_queries():
    data, seen = asked(), []

    def learner(some):
        seen.append(some)
        return np.asarray([1.0, 0.0, 0.0])

    averaged_weights(data, learner, seed=1)
    assert len(seen) == DRAWS
    drawn = [frozenset(some.askers.tolist()) for some in seen]
    assert len(set(drawn)) == DRAWS
    for some, people in zip(seen, drawn, strict=True):
        assert len(people) == len(np.unique(data.askers)) // 2
        assert len(some) == 2 * len(people)


@pytest.mark.parametrize(("n_using", "share", "kept"), [(1, 0.05, False), (1, 0.2, True), (5, 0.015, False)])
def test_a_source_that_is_tiny_in_the_mean_of_the_searches_gets_nothing(n_using, share, kept):
    calls = iter(range(DRAWS))

    def learner(some):
        return np.asarray([1 - share, 0.0, share] if next(calls) < n_using else [1.0, 0.0, 0.0])

    mean = share * n_using / DRAWS
    assert (mean >= LEAST_HEARD * (1 - mean)) == kept
    expected = [1 - mean, 0, mean] if kept else [1, 0, 0]
    np.testing.assert_allclose(averaged_weights(asked(), learner), expected, atol=1e-9)


def test_popularity_that_is_hardly_heard_is_not_heard_by_those_without_a_history_alone():
    share = (LEAST_HEARD + LEAST_POPULARITY) / 2
    found = np.asarray([1 - 2 * share, share, share])
    data = replace(asked(), kinds=("behaviour", "popularity", "behaviour"))
    weights = averaged_weights(data, lambda some: found)
    np.testing.assert_allclose(weights, [(1 - 2 * share) / (1 - share), 0, share / (1 - share)])


def test_a_lead_is_the_mean_difference_over_its_standard_error():
    one, other = np.asarray([0.5, 0.7, 0.9, 0.3]), np.asarray([0.4, 0.4, 0.8, 0.4])
    difference = one - other
    assert lead(one, other) == pytest.approx(difference.mean() / (difference.std() / 2))
    assert lead(one, one) == 0
    assert lead(np.ones(4), np.zeros(4)) == np.inf
    assert lead(np.zeros(4), np.ones(4)) == -np.inf


def test_the_best_unused_items_of_each_content_member_are_candidates(known):
    members = {name: make_model(name).fit(known.data) for name in ("popularity", "ease")}
    members["image:picture"] = make_model("content-knn", {"block": "image:picture"}).fit(known.data)
    validation = ValidationData(known.queries, known.relevant, known.data.interactions)
    unused = ~known.data.seen_items
    found = validation_scores(members, validation, depth=3, unused=unused)
    scores = members["image:picture"].score(known.queries)
    for row in range(len(validation)):
        told = np.where(unused, scores[row], np.nan)
        best = np.argsort(-told)[: min(3, np.isfinite(told).sum())]
        assert set(best) <= set(found.items[row][found.real[row]])


def one_of(data, *changes, seed=5):
    """Return a source for each of `changes`, all of them noise but for what is added at relevant items."""
    rng = np.random.default_rng(seed)
    shape = data.relevant.shape
    values = np.stack([rng.normal(size=shape) + change * data.relevant for change in changes])
    names = tuple(f"s{number}" for number in range(len(changes)))
    return replace(data, names=names, kinds=("behaviour",) * len(names), values=values.astype(np.float32))


def test_nobody_is_learnt_from_in_one_fold_and_judged_in_another():
    data = asked()
    fold = dealt(data, 3, 0)
    assert all(len(set(fold[data.askers == person])) == 1 for person in range(30))
    assert len(set(fold)) == 3


def test_weights_by_strength_are_the_power_that_does_best():
    data = one_of(asked(), 1.5, 0.7, 0.0)
    taken = weights_by_strength(data)
    alone = data.alone / data.alone.max()
    reached = {power: data.ndcg(data.fused(alone**power / (alone**power).sum())).mean() for power in POWERS}
    best = max(reached, key=reached.get)
    np.testing.assert_allclose(taken, alone**best / (alone**best).sum())
    assert min(reached.values()) < max(reached.values())


def test_a_source_that_is_hardly_heard_is_left_out():
    data = one_of(asked(200), 2.5, 0.0, 0.0)
    halved = (softmax_weights(data) + weights_by_strength(data)) / 2
    heard = halved >= LEAST_HEARD * halved.max()
    assert halved[~heard].sum() > 0
    np.testing.assert_allclose(shrunk_weights(data), np.where(heard, halved, 0) / halved[heard].sum())


def test_a_search_moves_no_weight_for_a_gain_that_may_be_luck():
    data = one_of(asked(20), 1.5, 1.5, seed=0)
    even = np.array([0.5, 0.5])
    reached = data.ndcg(data.fused(even))
    moves = [even + change for step in STEPS for change in np.vstack([np.eye(2), -np.eye(2)]) * step]
    leads = [lead(data.ndcg(data.fused(moved / moved.sum())), reached) for moved in moves]
    assert 0 < max(leads) < SURENESS
    np.testing.assert_array_equal(searched_from(even, data), even)
