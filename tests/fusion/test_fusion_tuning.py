import dataclasses

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import ConfigError
from sensorium.core.sparse import keep_entries
from sensorium.features.block import FeatureBlock
from sensorium.fusion.cold_weights import Lesson, learn_cold
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.later_queries import add_later_queries
from sensorium.fusion.tuning_metric import CUTOFF, mean_ndcg, unmasked
from sensorium.fusion.validation_scores import ValidationScores, rescore, validation_scores
from sensorium.fusion.weights import (
    LEARNERS,
    LEAST_HEARD,
    _winner,
    learn_weights,
    searched_from,
    searched_weights,
    shrunk_weights,
    softmax_weights,
    weights_by_strength,
)
from sensorium.fusion.zscore import zscores
from sensorium.metrics.ranking import ndcg_of_scores
from sensorium.models.base import QueryBatch, ValidationData
from sensorium.models.registry import make_model
from sensorium.testing.two_colour import two_colour


@pytest.fixture(scope="module")
def validation(known):
    return ValidationData(known.queries, known.relevant, known.data.interactions)


@pytest.fixture(scope="module")
def members(known):
    blocks = ("image:picture", "audio:sound")
    fitted = {name: make_model(name).fit(known.data) for name in ("popularity", "ease")}
    fitted |= {name: make_model("content-knn", {"block": name}).fit(known.data) for name in blocks}
    shuffled = np.random.default_rng(5).permutation(known.data.n_items)
    noise = known.data.blocks["image:picture"].rows(shuffled)
    data = dataclasses.replace(known.data, blocks={"text:noise": noise})
    fitted["text:noise"] = make_model("content-knn", {"block": "text:noise"}).fit(data)
    return fitted


def test_the_candidates_rank_as_all_items_do(known, members, validation):
    cached = validation_scores(members, validation, depth=25).warm()
    rows, columns = known.relevant.nonzero()
    n_relevant = np.diff(known.relevant.indptr)
    for weights in ([0, 1, 0, 0, 0], [0.2, 0.5, 0.2, 0.1, 0.0]):
        fusion = LateFusion.from_members(members, dict(zip(members, weights, strict=True)))
        scores = fusion.score(known.queries)
        scores[:, ~known.data.seen_items] = np.nan
        exact = ndcg_of_scores(unmasked(scores, validation), rows, columns, n_relevant, CUTOFF)
        found = cached.ndcg(cached.fused(np.asarray(weights, dtype=float)))
        np.testing.assert_allclose(found, exact, atol=1e-6)


@pytest.mark.parametrize("method", sorted(LEARNERS))
def test_every_learner_gives_weights_above_zero_that_sum_to_one(members, validation, method):
    weights = LEARNERS[method](validation_scores(members, validation).warm())
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
def test_a_source_that_does_not_help_gets_next_to_no_weight(seed):
    rng = np.random.default_rng(seed)
    relevant = np.arange(100) < 3 * np.ones((400, 1))
    tells = rng.normal(size=(2, 400, 100)) + 1.5 * relevant
    values = np.concatenate([tells, rng.normal(size=(1, 400, 100))]).astype(np.float32)
    cached = ValidationScores(
        names=("one", "another", "noise"),
        kinds=("behaviour", "content", "content"),
        values=values,
        can=None,
        real=np.ones((400, 100), dtype=np.bool_),
        relevant=relevant,
        log_count=np.zeros((400, 100), dtype=np.float32),
        n_relevant=np.full(400, 3),
        items=np.tile(np.arange(100), (400, 1)),
        askers=np.arange(400),
        lengths=np.full(400, 5, dtype=np.float32),
    )
    weights = learn_weights(cached).weights
    assert weights["noise"] < 0.1
    assert abs(weights["one"] - weights["another"]) < 0.2


def test_softmax_weights_are_at_the_optimum_of_their_convex_program(members, validation):
    cached = validation_scores(members, validation).warm()
    first = softmax_weights(cached)
    flipped = cached.only(cached.names[::-1])
    np.testing.assert_allclose(softmax_weights(flipped)[::-1], first, atol=0.02)


def test_learning_is_repeatable(members, validation):
    first, second = (FusionTuning.of(members, validation, fallback="popularity", seed=7) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.learnt == second.learnt
    assert first.cold_weights == second.cold_weights


def test_every_content_source_can_speak_for_a_new_item_that_has_nothing_else(known, members, validation):
    tuning = FusionTuning.of(members, validation, fallback="popularity")
    assert tuning is not None
    assert tuning.cold_weights["text:noise"] > 0
    assert tuning.cold_weights["text:noise"] < 0.1 * tuning.cold_weights["image:picture"]
    assert sum(tuning.cold_weights.values()) == pytest.approx(1)
    for source in ("text:noise", "image:picture", "audio:sound"):
        told = {name: member for name, member in members.items() if name != source}
        silent = {
            name: type(member)(member.config).fit(_without_new_rows(known.data, name, members))
            if ":" in name
            else member
            for name, member in told.items()
        }
        fusion = LateFusion.fitted(tuning.fusion.config, {**members, **silent})
        new = np.flatnonzero(~known.data.seen_items & members[source].present)
        assert len(new)
        assert set(fusion.scored(known.queries).path_names(0, new)) == {"content"}


def _without_new_rows(data, name, members):
    """Return the data of the block `name` in which no item without events has a row."""
    member = members[name]
    present = member.present & data.seen_items
    block = FeatureBlock(name, member.features * present[:, None], present)
    return dataclasses.replace(data, blocks={name: block})


def test_leaving_a_modality_out_relearns_the_weights_of_the_rest(members, validation):
    tuning = FusionTuning.of(members, validation, fallback="popularity")
    assert tuning is not None
    without = tuning.without(["image"])
    assert set(without.weights) == set(members) - {"image:picture"}
    assert sum(without.weights.values()) == pytest.approx(1)
    assert tuning.fusion.weights.keys() == members.keys()


def test_leaving_the_fallback_out_keeps_it_for_who_has_no_history(members, validation):
    tuning = FusionTuning.of(members, validation, fallback="popularity")
    assert tuning is not None
    assert tuning.without(["popularity"]).weights["popularity"] == 0
    assert tuning.without(list(members)).weights == {"popularity": 1.0}


def test_leaving_out_what_is_not_there_is_refused(members, validation):
    tuning = FusionTuning.of(members, validation, fallback="popularity")
    assert tuning is not None
    with pytest.raises(ConfigError, match=r"no source is called 'video'.*audio, audio:sound, ease"):
        tuning.without(["video"])


def test_validation_without_any_history_teaches_nothing(members, validation):
    empty = QueryBatch(
        sparse.csr_array(validation.queries.history.shape, dtype=np.float32), validation.queries.users
    )
    nothing = ValidationData(empty, validation.relevant, validation.masked)
    assert FusionTuning.of(members, nothing, fallback="popularity") is None


def test_the_search_ends_no_lower_than_where_it_started(members, validation):
    cached = validation_scores(members, validation).warm()
    starts = [shrunk_weights(cached), weights_by_strength(cached)]
    ends = [searched_from(start, cached) for start in starts]
    for start, end in zip(starts, ends, strict=True):
        assert cached.ndcg(cached.fused(end)).mean() >= cached.ndcg(cached.fused(start)).mean() - 1e-12
    np.testing.assert_allclose(searched_weights(cached), np.mean(ends, axis=0))


def test_the_shrunk_mixture_lies_between_the_convex_one_and_the_strengths_and_holds_nothing_tiny(
    members, validation
):
    cached = validation_scores(members, validation).warm()
    shrunk = shrunk_weights(cached)
    both = np.stack([softmax_weights(cached), weights_by_strength(cached)])
    kept = shrunk > 0
    scale = (both.mean(axis=0)[kept] / shrunk[kept]).max()
    np.testing.assert_allclose(scale * shrunk[kept], both.mean(axis=0)[kept], atol=1e-9)
    assert shrunk[kept].min() >= LEAST_HEARD * shrunk.max()
    assert (both.mean(axis=0)[~kept] < LEAST_HEARD * both.mean(axis=0).max()).all()


def test_strength_orders_sources_as_they_do_alone(members, validation):
    cached = validation_scores(members, validation).warm()
    alone = [cached.ndcg(cached.fused(row)).mean() for row in np.eye(len(cached.names))]
    strengths = weights_by_strength(cached)
    assert strengths.sum() == pytest.approx(1)
    assert (np.diff(strengths[np.argsort(alone)]) >= 0).all()


def test_on_few_queries_another_method_needs_a_clear_lead():
    even = np.tile([0.4, 0.6], 20)
    others = {"softmax": even, "shrunk": even * 0.9}
    assert _winner({"single": even + 0.001, **others, "searched": even[::-1]}) == "searched"
    assert _winner({"single": even + 0.1, **others, "searched": even}) == "single"


def test_the_fusion_is_judged_on_the_queries_its_members_are_judged_on(known, members, validation):
    tuning = FusionTuning.of(members, validation, fallback="popularity", data=known.data)
    assert len(tuning.scores) > len(validation)
    assert tuning.ndcg == pytest.approx(mean_ndcg(tuning.fusion, validation), abs=0.02)


def test_the_unused_items_that_content_finds_best_are_among_what_weights_are_learnt_on():
    wide = two_colour(n_users=20, n_items=600)
    clicks = keep_entries(wide.data.interactions, wide.data.interactions.indices < 500)
    data = dataclasses.replace(wide.data, interactions=clicks, times=None, ratings=None)
    members = {"popularity": make_model("popularity").fit(data)}
    members["image:picture"] = make_model("content-knn", {"block": "image:picture"}).fit(data)
    asked = ValidationData(QueryBatch.of_users(data, np.arange(20)), wide.relevant, clicks)
    tuning = FusionTuning.of(members, asked, fallback="popularity", data=data, seed=2)
    later = add_later_queries(asked.with_history(), seed=2)
    expected = validation_scores(members, later, seed=2, unused=~data.seen_items)
    np.testing.assert_array_equal(tuning.scores.items, expected.items)
    assert expected.real.sum() > validation_scores(members, later, seed=2).real.sum()


MIXING = ("smoothed-graph-filter", "ease-prior", "content-factors")


@pytest.fixture(scope="module")
def mixing_tuning(known, members, validation):
    """A tuning in which some members read all blocks at once."""
    mixing = {name: make_model(name).fit(known.data) for name in MIXING}
    return FusionTuning.of({**members, **mixing}, validation, fallback="popularity", data=known.data)


def test_members_that_mix_modalities_forget_the_one_that_is_left_out(known, mixing_tuning):
    fewer = mixing_tuning.without(["image"])
    blocks = {name: block for name, block in known.data.blocks.items() if not name.startswith("image")}
    assert "image:picture" not in fewer.members
    for name in MIXING:
        alone = make_model(name).fit(dataclasses.replace(known.data, blocks=blocks))
        told = fewer.members[name].score(known.queries)
        np.testing.assert_allclose(told, alone.score(known.queries), rtol=1e-5, atol=1e-6)
        assert not np.allclose(told, mixing_tuning.members[name].score(known.queries), equal_nan=True)


def test_weights_without_a_modality_are_learnt_from_what_the_refitted_members_say(known, mixing_tuning):
    fewer = mixing_tuning.without(["image"])
    asked = mixing_tuning.asked
    cached = rescore(mixing_tuning.scores, {n: fewer.members[n] for n in MIXING}, asked)
    for name in MIXING:
        position = cached.names.index(name)
        told = zscores(fewer.members[name].score(asked)).values
        expected = np.take_along_axis(told, cached.items, axis=1) * cached.real
        np.testing.assert_allclose(cached.values[position], expected, atol=1e-6)


def test_members_that_mix_modalities_are_left_out_with_the_last_of_them(mixing_tuning, known):
    every = {name.partition(":")[0] for name in known.data.blocks} | {"text"}
    assert not set(MIXING) & set(mixing_tuning.without(every).members)


def test_a_tuning_names_the_modalities_that_its_members_read(mixing_tuning, known):
    assert set(mixing_tuning.modalities) == {name.partition(":")[0] for name in known.data.blocks}


def test_cold_weights_without_a_modality_are_learnt_from_members_that_never_had_it(known, mixing_tuning):
    fewer = mixing_tuning.without(["image"])
    blocks = {name: block for name, block in known.data.blocks.items() if not name.startswith("image")}
    shown = dataclasses.replace(mixing_tuning.hidden.shown, blocks=blocks)
    kept = [name for name in mixing_tuning.scores.names if name in fewer.members]
    hidden = mixing_tuning.hidden.refitted({name: make_model(name) for name in MIXING}, shown, 0).only(kept)
    again = {name: fewer.members[name] for name in MIXING}
    scores = rescore(mixing_tuning.scores, again, mixing_tuning.asked).only(kept)
    weights = np.asarray([fewer.weights[name] for name in kept])
    lesson = Lesson(scores, weights, hidden, known.data.n_events)
    expected = learn_cold(lesson, like=mixing_tuning.cold)
    assert fewer.cold_weights == pytest.approx(dict(expected.weights))


def test_without_a_source_the_weights_are_learnt_by_the_same_method(known, validation):
    names = {"popularity": {}, "ease": {}, "item-knn": {}, "image:picture": {"block": "image:picture"}}
    members = {
        name: make_model("content-knn" if given else name, given).fit(known.data)
        for name, given in names.items()
    }
    tuning = FusionTuning.of(members, validation, fallback="popularity", method="single", data=known.data)
    for left_out in ([], ["image"]):
        assert sorted((tuning.without(left_out) if left_out else tuning.fusion).weights.values())[-2:] == [
            0,
            1,
        ]
