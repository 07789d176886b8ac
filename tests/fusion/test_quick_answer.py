"""The best items of one query are those of all scores, though few items are scored."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.block_name import BlockName
from sensorium.core.linalg import unit_rows
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.fusion import quick_answer, quick_answering
from sensorium.fusion.event_updates import refresh_counts
from sensorium.fusion.joint_factors import JointFactors, Vectors
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import LateFusionConfig, Member
from sensorium.fusion.quick_answer import QuickAnswer, QuickAnswers
from sensorium.fusion.second_level import SecondLevel
from sensorium.fusion.zscore import zscores
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.registry import make_model
from sensorium.models.short_forms import Product
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.item_features import ItemFeatures
from sensorium.testing.recommender_contract import longer, nobody

N_ITEMS, N_USERS, N_COLD = 2_000, 400, 60
PICTURE, SOUND = "image:picture", "audio:sound"
MODELS = {
    "popularity": ("popularity", {}),
    "recent-popularity": ("recent-popularity", {}),
    "item-knn": ("item-knn", {"neighbours": 20}),
    "user-knn": ("user-knn", {"neighbours": 20}),
    "transitions": ("transitions", {}),
    "graph-filter": ("graph-filter", {"edges": 20}),
    "walked": ("graph-filter", {"half_life_items": 5.0}),
    "ease": ("ease", {"max_items": 300}),
    "pure-svd": ("pure-svd", {"factors": 16, "half_life_items": 10.0}),
    "ials": ("ials", {"factors": 16, "iterations": 2}),
    "bpr": ("bpr", {"factors": 16, "iterations": 2}),
    "content-factors": ("content-factors", {"factors": 16}),
    PICTURE: ("content-knn", {"block": PICTURE}),
    SOUND: ("content-knn", {"block": SOUND, "neighbours": 10}),
}


def drawn_data():
    """Events of a few tastes; some items have none, and some no picture."""
    rng = np.random.default_rng(0)
    taste, colour = rng.normal(size=(N_USERS, 8)), rng.normal(size=(N_ITEMS, 8))
    appeal = taste @ colour.T + rng.gumbel(size=(N_USERS, N_ITEMS)) + rng.normal(size=N_ITEMS) * 2
    appeal[:, -N_COLD:] = -np.inf
    items = np.argsort(-appeal, axis=1)[:, :25]
    shape, rows = (N_USERS, N_ITEMS), np.repeat(np.arange(N_USERS), 25)
    events = sparse.csr_array((np.ones(rows.size, np.float32), (rows, items.ravel())), shape=shape)
    times = sparse.csr_array((1.6e9 + rng.random(rows.size) * 1e7, (rows, items.ravel())), shape=shape)
    blocks = {}
    for name, missing in ((PICTURE, 0.1), (SOUND, 0.3)):
        present = rng.random(N_ITEMS) > missing
        values = unit_rows(
            (colour @ rng.normal(size=(8, 24)) + rng.normal(size=(N_ITEMS, 24))).astype(np.float32)
        )
        values[~present] = 0
        blocks[name] = FeatureBlock(BlockName(name), values, present)
    events.sort_indices()
    times.sort_indices()
    return TrainingData(events, times, blocks=blocks)


@pytest.fixture(scope="module")
def data():
    return drawn_data()


@pytest.fixture(scope="module")
def models(data):
    return {name: make_model(model, own).fit(data) for name, (model, own) in MODELS.items()}


@pytest.fixture(scope="module")
def joint(models):
    return JointFactors.of(models, N_ITEMS, dimensions=12)


def fusion_of(models, data, rng, **config):
    """A fusion of some of the models, with weights that are drawn."""
    names = ["popularity", *rng.permutation([name for name in models if name != "popularity"])[:7].tolist()]
    members = tuple(
        Member(
            name=name,
            model=MODELS[name][0],
            settings=MODELS[name][1],
            weight=float(rng.random() * (rng.random() < 0.9)),
            cold_weight=float(rng.random() * (rng.random() < 0.8)),
            weight_without_history=float(rng.random()) if rng.random() < 0.3 else None,
        )
        for name in names
    )
    own = {name: models[name] for name in names}
    return LateFusion.fitted(LateFusionConfig(members=members, **config), own, data.n_events)


def plain_best(fusion, query, eligible, k):
    fused = fusion.scored(query)
    scores = np.where(eligible, fused.scores[0], -np.inf)
    best = np.argsort(-scores, kind="stable")[: min(k, int(eligible.sum()))]
    return fused, best, scores[best]


def assert_same(found, fusion, query, eligible, k):
    fused, best, scores = plain_best(fusion, query, eligible, k)
    np.testing.assert_allclose(found.scores, scores, rtol=2e-4, atol=2e-5)
    all_scores = fused.scores[0, found.items]
    np.testing.assert_allclose(all_scores, scores, rtol=2e-4, atol=2e-5)  # ties in rounding may change places
    assert eligible[found.items].all()
    assert len(np.unique(found.items)) == len(best)
    assert found.path == fused.query_paths[0]
    assert found.paths == fused.path_names(0, found.items)


@pytest.mark.parametrize("seed", range(60))
def test_few_scored_items_give_the_best_of_all(models, data, joint, seed):
    rng = np.random.default_rng(seed)
    rule = {
        "cold_scale": 0.7,
        "cold_offset": float(rng.normal() * 0.3),
        "half_warm_events": float(rng.integers(0, 2)),
    }
    fusion = fusion_of(models, data, rng, **rule)
    answers = QuickAnswers.of(fusion.scorer, fusion.members, joint, least_scored=100)
    assert answers is not None
    answered = 0
    for user in rng.integers(0, N_USERS, 3):
        query = QueryBatch.of_users(data, np.asarray([user]))
        eligible = rng.random(N_ITEMS) < rng.choice([1.0, 0.5, 0.03])
        eligible[query.history.indices] = False
        k = int(rng.choice([1, 5, 10]))
        found = answers.best(query, eligible, k)
        if isinstance(found, QuickAnswer):
            assert_same(found, fusion, query, eligible, k)
            answered += 1
    assert answered or not any(fusion.weights.values()), "all of them were left to the plain form"


@pytest.mark.parametrize("seed", range(4))
def test_who_has_no_history_or_one_of_new_items_alone_gets_the_same_answer(models, data, joint, seed):
    fusion = fusion_of(models, data, np.random.default_rng(seed), half_warm_events=2.0 * (seed % 2))
    answers = QuickAnswers.of(fusion.scorer, fusion.members, joint, least_scored=100)
    row = np.zeros((1, N_ITEMS), dtype=np.float32)
    row[0, -3:] = 1
    eligible = np.ones(N_ITEMS, dtype=bool)
    for query in (nobody(N_ITEMS), QueryBatch(sparse.csr_array(row), np.asarray([-1]))):
        found = answers.best(query, eligible, 5)
        if isinstance(found, QuickAnswer):
            assert_same(found, fusion, query, eligible, 5)


def test_dislikes_are_read_as_by_all_scores(models, data, joint):
    fusion = fusion_of(models, data, np.random.default_rng(3))
    answers = QuickAnswers.of(fusion.scorer, fusion.members, joint, least_scored=100)
    history = data.interactions[[5]].copy()
    history.data[::3] = -1
    query = QueryBatch(sparse.csr_array(history), np.asarray([-1]))
    eligible = np.ones(N_ITEMS, dtype=bool)  # what is in the history, too
    found = answers.best(query, eligible, 10)
    assert isinstance(found, QuickAnswer)
    assert_same(found, fusion, query, eligible, 10)


def test_mean_and_spread_follow_from_the_vectors(models, data):
    for name in ("pure-svd", "ials", "bpr", "content-factors", PICTURE):
        vectors = Vectors.of(models[name].item_vectors(), models[name].able_items)
        for user in range(20):
            query = QueryBatch.of_users(data, np.asarray([user]))
            told, plain = models[name].short_form(query), zscores(models[name].score(query))
            assert isinstance(told, Product)
            found = vectors.standard(told)
            assert found is not None
            assert found.mean == pytest.approx(plain.mean[0], rel=1e-4, abs=1e-5)
            assert found.inverse_spread == pytest.approx(plain.inverse_spread[0], rel=1e-4)


def test_a_spread_that_has_a_floor_or_is_noise_is_left_to_the_plain_form(models, data):
    model = make_model("pure-svd", {"factors": 2}).fit(data)
    model.directions = np.zeros_like(model.directions)
    query = QueryBatch.of_users(data, np.asarray([0]))
    told = model.short_form(query)
    assert Vectors.of(model.item_vectors(), model.able_items).standard(told) is None  # all alike
    model.directions = model.directions.copy()
    model.directions[7] = 1  # one item stands out: the spread of all scores has a floor
    assert Vectors.of(model.item_vectors(), model.able_items).standard(told) is None


def second_level(names, rng):
    n = 2 * len(names) + 4
    return SecondLevel(
        sources=tuple(names),
        strength=0.7,
        means=tuple(rng.normal(size=n)),
        scales=tuple(rng.random(n)),
        linear=tuple(rng.normal(size=n)),
        products=tuple(rng.normal(size=n * (n + 1) // 2) * 0.1),
        depth=25,
    )


@pytest.mark.parametrize("seed", range(40))
def test_weights_that_move_with_the_age_and_a_second_level_give_the_best_of_all(models, data, joint, seed):
    rng = np.random.default_rng(seed)
    plain = fusion_of(models, data, rng, half_warm_events=float(rng.integers(0, 2)))
    members = [
        member.model_copy(update={"factors_by_age": tuple(rng.choice([0.3, 1.0, 2.0], 2).tolist())})
        for member in plain.config.members
    ]
    second = second_level([member.name for member in members if member.weight][:3], rng) if seed % 3 else None
    changed = {"members": tuple(members), "item_ages": (1.0, 30.0), "second_level": second}
    ages = np.asarray(rng.exponential(20, N_ITEMS), dtype=np.float32) if seed % 2 else None
    config = plain.config.model_copy(update=changed)
    fusion = LateFusion.fitted(config, plain.members, data.n_events, ages)
    answers = QuickAnswers.of(fusion.scorer, fusion.members, joint, least_scored=100)
    answered = 0
    for user in rng.integers(0, N_USERS, 3):
        query = QueryBatch.of_users(data, np.asarray([user]))
        eligible = rng.random(N_ITEMS) < rng.choice([1.0, 0.5, 0.03])
        found = answers.best(query, eligible, 5)
        if isinstance(found, QuickAnswer):
            assert_same(found, fusion, query, eligible, 5)
            answered += 1
    assert answered or not any(fusion.weights.values()) or second is not None


def test_an_answer_with_a_second_level_is_mostly_sure(models, data, joint):
    own = {name: models[name] for name in ("popularity", "item-knn", "ials", PICTURE)}
    plain = LateFusion.from_members(own, {"item-knn": 0.4, "ials": 0.4, PICTURE: 0.2})
    second = second_level(["item-knn", "ials"], np.random.default_rng(0))
    config = plain.config.model_copy(update={"second_level": second})
    fusion = LateFusion.fitted(config, own, data.n_events)
    answers = QuickAnswers.of(fusion.scorer, own, joint, least_scored=200)
    queries = [QueryBatch.of_users(data, np.asarray([user])) for user in range(20)]
    found = [answers.best(query, np.ones(N_ITEMS, dtype=bool), 5) for query in queries]
    assert sum(isinstance(one, QuickAnswer) for one in found) >= 15
    for query, one in zip(queries, found, strict=True):
        if isinstance(one, QuickAnswer):
            assert_same(one, fusion, query, np.ones(N_ITEMS, dtype=bool), 5)


def test_items_that_nothing_scores_are_left_to_the_plain_form(models, data):
    fusion = LateFusion.from_members({name: models[name] for name in ("popularity", "ials")}, {"ials": 1.0})
    answers = QuickAnswers.of(fusion.scorer, fusion.members, least_scored=100)
    query = QueryBatch.of_users(data, np.asarray([0]))
    new = np.zeros(N_ITEMS, dtype=bool)
    new[-N_COLD:] = True
    assert answers.best(query, new, 5) is None
    assert len(answers.best(query, np.zeros(N_ITEMS, dtype=bool), 5).items) == 0


def test_where_very_many_are_asked_for_all_are_scored_and_nothing_is_held_against_it(models, data, joint):
    fusion = fusion_of(models, data, np.random.default_rng(4))
    answers = QuickAnswers.of(fusion.scorer, fusion.members, joint, least_scored=100)
    query = QueryBatch.of_users(data, np.asarray([0]))
    assert answers.best(query, np.ones(N_ITEMS, dtype=bool), N_ITEMS // 4) is None


def fitted_model(models, data):
    rng = np.random.default_rng(1)
    rows = {"item_id": [f"i{n}" for n in range(N_ITEMS)], "title": [f"Item {n}" for n in range(N_ITEMS)]}
    catalog = Catalog.from_frame(pl.DataFrame(rows), text="title")
    users = Vocabulary([f"u{n}" for n in range(N_USERS)], name="user")
    return FittedModel(catalog, users, data, ItemFeatures({}, {}, {}), fusion_of(models, data, rng))


def test_a_model_answers_alike_before_and_after_it_keeps_what_makes_it_quick(models, data, monkeypatch):
    monkeypatch.setattr(quick_answering, "FEWEST_ITEMS", 100)
    monkeypatch.setattr(quick_answer, "LEAST_SCORED", 100)
    model = fitted_model(models, data)
    before = [model.recommend(f"u{n}", k=5) for n in range(quick_answering.ANSWERS_BEFORE)]
    model.recommend("u0")
    assert model.fusion._quick._answers is not None
    for n, plain in enumerate(before):
        again = model.recommend(f"u{n}", k=5)
        np.testing.assert_allclose(again.scores, plain.scores, rtol=1e-4)
        assert (again.item_ids, again.path, again.paths) == (plain.item_ids, plain.path, plain.paths)


def test_new_events_keep_the_vectors_and_new_items_do_not(models, data, monkeypatch):
    monkeypatch.setattr(quick_answering, "FEWEST_ITEMS", 100)
    fusion = fusion_of(
        {name: models[name] for name in ("popularity", "ials", PICTURE)}, data, np.random.default_rng(2)
    )
    query, eligible = QueryBatch.of_users(data, np.asarray([0])), np.ones(N_ITEMS, dtype=bool)
    for _ in range(quick_answering.ANSWERS_BEFORE + 1):
        fusion.best(query, eligible, 5)
    more = data.interactions + sparse.csr_array(([1.0], ([0], [7])), shape=data.interactions.shape)
    later = refresh_counts(
        fusion, dataclasses.replace(data, interactions=sparse.csr_array(more, dtype=np.float32))
    ).fusion
    found = later.best(query, eligible, 5)
    assert later._quick._joint is fusion._quick._joint
    assert isinstance(found, QuickAnswer)
    assert_same(found, later, query, eligible, 5)
    wider = later.extend(longer(data.blocks, 4))
    assert wider._quick._joint is None


def test_where_few_dimensions_are_rarely_enough_there_are_more_and_in_the_end_all_items_are_scored(
    models, data, monkeypatch
):
    """Features without a few directions that matter are the worst case: of 24, 8 hold a third."""
    monkeypatch.setattr(quick_answering, "FEWEST_ITEMS", 100)
    monkeypatch.setattr(quick_answering, "DIMENSIONS", 4)
    monkeypatch.setattr(quick_answering, "MOST_DIMENSIONS", 16)
    monkeypatch.setattr(quick_answer, "LEAST_SCORED", 20)
    noise = unit_rows(np.random.default_rng(0).normal(size=(N_ITEMS, 24)).astype(np.float32))
    blocks = {PICTURE: FeatureBlock(BlockName(PICTURE), noise, np.ones(N_ITEMS, dtype=bool))}
    own = {
        "popularity": models["popularity"],
        PICTURE: make_model("content-knn", {"block": PICTURE}).fit(dataclasses.replace(data, blocks=blocks)),
    }
    fusion = LateFusion.from_members(own, {PICTURE: 1.0})
    eligible, made = np.ones(N_ITEMS, dtype=bool), []
    for user in range(quick_answering.ANSWERS_BEFORE + 3 * quick_answering.JUDGED):
        query = QueryBatch.of_users(data, np.asarray([user]))
        found = fusion.best(query, eligible, 1)
        if found is not None:
            assert_same(found, fusion, query, eligible, 1)
        joint = fusion._quick._joint
        made.append(0 if joint is None else joint.reduced.shape[1])
    assert list(dict.fromkeys(made)) == [0, 4, 16]
    assert made[-1] == 0


@pytest.mark.parametrize("seed", range(6))
def test_in_all_dimensions_the_sum_is_the_fused_scores(models, data, seed):
    rng = np.random.default_rng(seed)
    own = {name: model for name, model in models.items() if name != "bpr"}
    plain = fusion_of(own, data, rng, cold_offset=0.4, cold_scale=0.6, half_warm_events=2.0 * (seed % 2))
    aged = [m.model_copy(update={"factors_by_age": (0.5, 2.0)}) for m in plain.config.members[:4]]
    members = (*aged, *plain.config.members[4:])
    config = plain.config.model_copy(update={"members": members, "item_ages": (1.0, 30.0)})
    ages = np.asarray(rng.exponential(20, N_ITEMS), dtype=np.float32) if seed % 3 else None
    fusion = LateFusion.fitted(config, plain.members, data.n_events, ages)
    answers = QuickAnswers.of(fusion.scorer, fusion.members, dimensions=500)
    query = QueryBatch.of_users(data, np.asarray([seed]))
    told = [answers._asked(member.name, query) for member in answers.members]
    weights = np.asarray([answers.scorer.weight_of(member, query)[0] for member in answers.members])
    frame = answers._frame(weights, np.asarray([answer is not None for answer in told]))
    about, error = answers._approximate(told, weights, frame)
    fused = fusion.scorer.blended(query)[1]
    scored = np.broadcast_to(fused.scored, fused.scores.shape)[0]
    np.testing.assert_array_equal(np.isfinite(about), scored)
    np.testing.assert_allclose(about[scored], fused.scores[0, scored], rtol=1e-3, atol=1e-3)
    assert error < 1e-3


def test_what_was_not_scored_may_be_better_by_the_largest_error_up_or_down_and_by_that_of_all():
    about = np.asarray([5.0, 4.0, 3.0, -np.inf], dtype=np.float32)
    for error, of_all, margin in ((0.5, 0.0, 0.5), (-1.5, 0.0, 1.5), (0.5, 1.0, quick_answer.DEVIATIONS)):
        exact = about + np.asarray([0, 0, error, 0], dtype=np.float32)
        exact[3] = -7
        assert quick_answer._margin(exact, about, of_all) == pytest.approx(margin)
