"""Where cold items stand beside the others: best where they are many, and no harm where they are not."""

from itertools import product

import numpy as np
import pytest

from sensorium.fusion.cold_start_simulation import ColdStartScores
from sensorium.fusion.cold_weights import (
    HALF_WARM_EVENTS,
    LEAST_HARM,
    LEAST_SHARE,
    OFFSETS,
    SCALES,
    ColdWeights,
    Lesson,
    learn_cold,
)
from sensorium.fusion.validation_scores import ValidationScores

N_WARM, N_COLD = 20, 20
N_ITEMS = N_WARM + N_COLD
COLD = np.arange(N_ITEMS) >= N_WARM


def asked(n, *, wants_cold, content_likes_cold, seed=0, sure=2.0):
    """Return queries of a source of behaviour, which knows the warm items alone, and one of content.

    The first three warm items are relevant, with `wants_cold` also three cold ones, which content finds.
    `content_likes_cold` lifts all cold items in the eyes of content.
    """
    rng = np.random.default_rng(seed)
    relevant = np.zeros((n, N_ITEMS), dtype=bool)
    relevant[:, :3] = True
    relevant[:, N_WARM : N_WARM + 3] = wants_cold
    behaviour = rng.normal(size=(n, N_ITEMS)) + sure * relevant
    content = rng.normal(size=(n, N_ITEMS)) + sure * relevant + content_likes_cold * COLD
    can = np.ones((2, n, N_ITEMS), dtype=np.float32)
    can[0][:, COLD] = 0
    values = np.stack([behaviour, content]).astype(np.float32) * can
    return ValidationScores(
        names=("ease", "image:a"),
        kinds=("behaviour", "content"),
        values=values,
        can=can,
        real=np.ones((n, N_ITEMS), dtype=np.bool_),
        relevant=relevant,
        log_count=np.zeros((n, N_ITEMS), dtype=np.float32),
        n_relevant=relevant.sum(axis=1),
        items=np.tile(np.arange(N_ITEMS), (n, 1)),
        askers=np.arange(n),
        lengths=np.full(n, 5, dtype=np.float32),
    )


def both(first, second):
    """Return the queries of both."""
    fields = ("values", "can", "real", "relevant", "log_count", "n_relevant", "items", "lengths")
    axes = {"values": 1, "can": 1}
    joined = {
        name: np.concatenate([getattr(first, name), getattr(second, name)], axis=axes.get(name, 0))
        for name in fields
    }
    n = len(first) + len(second)
    return ValidationScores(first.names, first.kinds, askers=np.arange(n), **joined)


def lesson(as_it_is, natural, revealed, n_events=None):
    hidden = ColdStartScores(
        alone=revealed.only(["image:a"]),
        among=both(natural, revealed),
        n_natural=len(natural),
        asking=None,
        later=None,
        shown=None,
    )
    return Lesson(as_it_is, np.asarray([1.0, 0.0]), hidden, n_events)


def reached(cold, scores):
    """Return mean NDCG@20 with cold items in their place."""
    return scores.ndcg(cold.beside(scores.warm().fused(np.asarray([1.0, 0.0])), scores)).mean()


def place(cold):
    return cold.scale, cold.offset, cold.like_warm


N = 200
HARMLESS = asked(N, wants_cold=False, content_likes_cold=-8.0)
"""Content ranks cold items so low that their place hardly matters."""
HARMED = asked(N, wants_cold=False, content_likes_cold=3.0, seed=1)
"""Content loves cold items that nobody wants: whoever lifts them does harm."""
WANTED = asked(N, wants_cold=True, content_likes_cold=-1.5, seed=2)
HIGH = learn_cold(lesson(HARMLESS, HARMLESS, WANTED))


def test_where_it_harms_nobody_cold_items_stand_where_they_are_found_best():
    tried = [
        reached(ColdWeights(HIGH.weights, scale, offset), WANTED)
        for scale, offset in product(SCALES, OFFSETS)
    ]
    assert reached(HIGH, WANTED) == pytest.approx(max(tried))
    assert max(tried) > min(tried) + 0.02
    assert place(HIGH) != (SCALES[0], OFFSETS[0], 0.0), "it is not merely the first of equals"


def test_no_place_costs_more_where_unused_items_are_ranked_than_the_least_harm():
    found = learn_cold(lesson(HARMED, HARMLESS, WANTED))
    best = max(
        reached(ColdWeights(found.weights, scale, offset), HARMED)
        for scale in (0.1, 1.0)
        for offset in (-1.0, 0.0)
    )
    assert reached(found, HARMED) >= (1 - LEAST_HARM) * best
    assert reached(HIGH, HARMED) < (1 - LEAST_HARM) * best, "without the limit it would be harmed"
    assert place(found) != place(HIGH)


def test_no_place_is_surely_worse_on_what_validation_holds():
    found = learn_cold(lesson(HARMLESS, HARMED, WANTED))
    low = ColdWeights(found.weights, 0.1, -1.0)
    assert reached(found, HARMED) >= reached(low, HARMED) - 0.01
    assert reached(HIGH, HARMED) < reached(low, HARMED) - 0.05, "without the limit it would be"
    assert place(found) != place(HIGH)


def test_where_every_place_harms_somebody_the_one_that_is_best_as_it_is_stands():
    few = WANTED.rows(np.arange(N))
    found = learn_cold(lesson(HARMED, few, WANTED))
    others = [
        ColdWeights(found.weights, scale, offset, found.like_warm)
        for scale in (0.1, 0.5, 1.0, 2.0)
        for offset in (-1.0, -0.5, 0.0, 0.5)
    ]
    assert reached(found, HARMED) >= (1 - LEAST_HARM) * max(reached(one, HARMED) for one in others)


@pytest.mark.parametrize("like", [ColdWeights({}, 0.35, -0.25, 0.5, method="softmax")])
def test_a_place_that_is_given_is_kept(like):
    found = learn_cold(lesson(HARMED, HARMLESS, WANTED), like=like)
    assert place(found) == (0.35, -0.25, 0.5)
    assert found.method == "softmax"


def test_each_of_several_content_sources_keeps_its_least_share():
    two = asked(N, wants_cold=True, content_likes_cold=0.0)
    noise = np.random.default_rng(9).normal(size=(1, N, N_ITEMS)).astype(np.float32)
    three = ValidationScores(
        ("ease", "image:a", "text:noise"),
        ("behaviour", "content", "content"),
        np.concatenate([two.values, noise]),
        np.concatenate([two.can, np.ones_like(noise)]),
        two.real,
        two.relevant,
        two.log_count,
        two.n_relevant,
        two.items,
        two.askers,
        two.lengths,
    )
    found = learn_cold(Lesson(three, np.asarray([0.5, 0.5, 0.0]), None, None))
    assert sum(found.weights.values()) == pytest.approx(1)
    assert found.weights["text:noise"] == pytest.approx(LEAST_SHARE / 2)
    assert found.weights["image:a"] == pytest.approx(1 - LEAST_SHARE / 2)


def test_items_are_warm_by_degrees_only_where_that_is_clearly_better():
    rng = np.random.default_rng(3)
    counts = np.where(np.arange(N_ITEMS) < 10, 1, 500)
    counts[COLD] = 0
    noisy = asked(N, wants_cold=True, content_likes_cold=0.0, sure=4.0)
    values = noisy.values.copy()
    values[0][:, :10] = rng.normal(size=(N, 10))  # of items with one event behaviour knows nothing
    noisy = ValidationScores(**{**noisy.__dict__, "values": values})
    assert (
        learn_cold(Lesson(noisy, np.asarray([1.0, 0.0]), None, counts)).half_warm_events in HALF_WARM_EVENTS
    )
    plain = asked(N, wants_cold=True, content_likes_cold=0.0, sure=4.0)
    values = plain.values.copy()
    values[1] = rng.normal(size=values[1].shape)  # content knows nothing
    plain = ValidationScores(**{**plain.__dict__, "values": values})
    assert learn_cold(Lesson(plain, np.asarray([1.0, 0.0]), None, counts)).half_warm_events == 0
    assert learn_cold(Lesson(noisy, np.asarray([1.0, 0.0]), None, None)).half_warm_events == 0


def test_items_with_few_events_are_scored_by_content_and_those_with_many_by_behaviour():
    rng = np.random.default_rng(3)
    few = np.isin(np.arange(N_ITEMS), [0, *range(3, 10)])
    many = ~few & ~COLD
    asking = asked(N, wants_cold=True, content_likes_cold=0.0, sure=4.0)
    values = asking.values.copy()
    values[0][:, few] = rng.normal(size=(N, few.sum()))
    values[1][:, many] = rng.normal(size=(N, many.sum()))
    asking = ValidationScores(**{**asking.__dict__, "values": values})
    counts = np.where(COLD, 0, np.where(few, 1, 500))
    found = learn_cold(Lesson(asking, np.asarray([1.0, 0.0]), None, counts))
    assert found.half_warm_events in HALF_WARM_EVENTS
