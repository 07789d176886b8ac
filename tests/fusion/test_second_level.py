"""A second level: what it may change, what it reads, where it is taken, and how it is explained."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sensorium.core.errors import ConfigError
from sensorium.fusion.best_items import n_inputs
from sensorium.fusion.drop_sources import drop_sources
from sensorium.fusion.explanation import SECOND_LEVEL
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import LateFusionConfig
from sensorium.fusion.learn_second_level import learn_second_level, with_products
from sensorium.fusion.second_level import SecondLevel
from sensorium.fusion.sole_member import sole_member
from sensorium.fusion.tuning_metric import mean_ndcg
from sensorium.models.base import FitOptions, QueryBatch, TrainingData, ValidationData
from sensorium.models.registry import make_model
from sensorium.training.fit_model import refit

SOURCES = ("ease", "image:picture")


def second_level(seed: int = 0, *, sources: tuple[str, ...] = SOURCES, **settings) -> SecondLevel:
    """Return a second level that nothing was learnt for: any numbers."""
    n = n_inputs(len(sources))
    rng = np.random.default_rng(seed)
    return SecondLevel(
        sources=sources,
        strength=2.0,
        means=tuple(rng.normal(size=n).tolist()),
        scales=tuple(rng.uniform(0.5, 2, size=n).tolist()),
        linear=tuple(rng.normal(size=n).tolist()),
        products=tuple(rng.normal(size=n * (n + 1) // 2).tolist()),
        **settings,
    )


def with_second(fusion: LateFusion, second: SecondLevel | None) -> LateFusion:
    config = fusion.config.model_copy(update={"second_level": second})
    return LateFusion.fitted(config, fusion.members, fusion.n_events, fusion.ages)


@pytest.fixture(scope="module")
def fusion(known):
    members = {name: make_model(name).fit(known.data) for name in ("popularity", "ease")}
    members["image:picture"] = make_model("content-knn", {"block": "image:picture"}).fit(known.data)
    weights = {"popularity": 0.2, "ease": 0.5, "image:picture": 0.3}
    plain = LateFusion.from_members(members, weights)
    return LateFusion.fitted(plain.config, members, known.data.n_events, item_ages(known.data))


@given(seed=st.integers(0, 1000), depth=st.integers(1, 60))
def test_it_deals_the_scores_of_the_best_items_out_anew_and_leaves_all_others(known, fusion, seed, depth):
    before = fusion.score(known.queries)
    after = with_second(fusion, second_level(seed, depth=depth)).score(known.queries)
    free = known.queries.history.toarray() == 0
    free &= known.data.seen_items
    for row in range(len(before)):
        candidates = np.flatnonzero(free[row])
        best = candidates[np.argsort(-before[row, candidates], kind="stable")[:depth]]
        rest = np.setdiff1d(np.arange(before.shape[1]), best)
        np.testing.assert_array_equal(after[row, rest], before[row, rest])
        np.testing.assert_array_equal(np.sort(after[row, best]), np.sort(before[row, best]))


def test_queries_without_a_history_are_answered_as_before(known, fusion):
    nobody = QueryBatch(sparse.csr_array((2, known.data.n_items), dtype=np.float32), np.full(2, -1))
    both = (one.score(nobody) for one in (fusion, with_second(fusion, second_level())))
    np.testing.assert_array_equal(*both)


def test_what_it_says_is_linear_in_the_inputs_and_their_products():
    second = second_level(3)
    rows = np.random.default_rng(0).normal(size=(40, len(second.means))).astype(np.float32)
    scaled = (rows - np.asarray(second.means)) * np.asarray(second.scales)
    expected = with_products(scaled) @ np.asarray([*second.linear, *second.products])
    np.testing.assert_allclose(second.said(rows), expected, rtol=1e-3, atol=1e-3)


def test_reasons_add_up_and_name_the_second_level_by_what_it_changes(known, fusion):
    second = with_second(fusion, second_level())
    query, items = known.queries.rows(0, 1), np.arange(known.data.n_items)
    found = second.explanation(query, items)
    change = second.score(query)[0] - fusion.score(query)[0]
    assert np.count_nonzero(change) > 10
    np.testing.assert_allclose(found.totals()[SECOND_LEVEL], change, atol=1e-6)
    np.testing.assert_allclose(sum(found.totals().values()), second.score(query)[0], rtol=1e-4, atol=1e-5)
    plain = fusion.explanation(query, items).totals()
    for name, values in plain.items():
        np.testing.assert_allclose(found.totals()[name], values, atol=1e-6)
    moved = int(np.abs(change).argmax())
    (reasons,) = second.explain(query, np.asarray([moved]))
    assert [reason.kind.value for reason in reasons if reason.source == SECOND_LEVEL] == ["second-level"]


def test_the_scores_say_whether_a_second_level_has_ordered_them(known, fusion):
    assert with_second(fusion, second_level()).scored(known.queries).has_second_level
    assert not fusion.scored(known.queries).has_second_level


def test_it_is_saved_and_loaded_with_the_fusion(known, fusion, tmp_path):
    second = with_second(fusion, second_level())
    second.save(tmp_path)
    again = LateFusion.load(tmp_path)
    assert again.config.second_level == second.config.second_level
    np.testing.assert_array_equal(again.score(known.queries), second.score(known.queries))


def test_a_fusion_that_was_saved_before_there_was_any_is_loaded(known, fusion, tmp_path):
    fusion.save(tmp_path)
    where = tmp_path / "fusion.json"
    settings = json.loads(where.read_text(encoding="utf-8"))
    del settings["second_level"]
    where.write_text(json.dumps(settings), encoding="utf-8")
    np.testing.assert_array_equal(LateFusion.load(tmp_path).score(known.queries), fusion.score(known.queries))


def test_it_stays_when_the_members_are_fitted_again(known, fusion):
    second = with_second(fusion, second_level())
    again = refit(second, known.data, FitOptions())
    np.testing.assert_allclose(again.score(known.queries), second.score(known.queries), rtol=1e-4, atol=1e-4)


def test_without_a_source_there_is_none(fusion):
    second = with_second(fusion, second_level())
    assert drop_sources(second, ["ease"]).config.second_level is None
    fewer = second.without_blocks(["image:picture"])
    assert fewer is not None
    assert fewer.config.second_level is None


def test_no_member_decides_alone_beside_a_second_level(fusion):
    alone = LateFusion.from_members(fusion.members, {"ease": 1.0}, cold_weights={})
    assert sole_member(alone) == "ease"
    assert sole_member(with_second(alone, second_level(sources=("ease", "popularity")))) is None


@pytest.mark.parametrize(
    "wrong", [{"linear": (1.0,)}, {"products": (1.0, 2.0)}, {"sources": ("ease",)}, {"strength": -1.0}]
)
def test_numbers_that_do_not_belong_together_are_refused(wrong):
    settings = second_level().model_dump(mode="json") | wrong
    with pytest.raises(ConfigError):
        SecondLevel.parse(settings, where="here")


def test_a_source_that_is_not_a_member_is_refused(fusion):
    settings = fusion.config.model_dump(mode="json")
    settings["second_level"] = second_level(sources=("ease", "unknown")).model_dump(mode="json")
    with pytest.raises(ConfigError, match="second level"):
        LateFusionConfig.parse(settings, where="here")


def crowd(seed: int, *, middling: bool) -> tuple[TrainingData, ValidationData]:
    """Return 400 users of two tastes; they go on to what is middling popular, or to just anything."""
    rng = np.random.default_rng(seed)
    n_users, n_items = 400, 120
    popularity = np.geomspace(1, 40, n_items // 2)
    chances = np.concatenate([popularity, popularity])
    train, held = (np.zeros((n_users, n_items), dtype=np.float32) for _ in range(2))
    for user in range(n_users):
        taste = np.arange(n_items) // (n_items // 2) == user % 2
        drawn = chances * np.where(taste, 1, 0.1)
        train[user, rng.choice(n_items, 8, replace=False, p=drawn / drawn.sum())] = 1
        wanted = train[user] == 0
        if middling:
            wanted &= taste & (chances > 5) & (chances < 12)
        held[user, rng.choice(np.flatnonzero(wanted), 2, replace=False)] = 1
    data = TrainingData(sparse.csr_array(train))
    queries = QueryBatch.of_users(data, np.arange(n_users))
    return data, ValidationData(queries, sparse.csr_array(held), data.interactions)


def tuned(data: TrainingData, asking: ValidationData) -> FusionTuning:
    members = {name: make_model(name).fit(data) for name in ("popularity", "item-knn", "ease")}
    found = FusionTuning.of(members, asking, fallback="popularity", data=data)
    assert found is not None
    return found


def test_it_is_taken_where_weights_cannot_say_what_people_choose_and_helps_others():
    data, asking = crowd(0, middling=True)
    odd = np.arange(len(asking)) % 4 > 1  # users of both tastes on either side
    learnt = tuned(data, asking.rows(np.flatnonzero(odd)))
    assert learnt.second_level is not None
    assert learnt.moving_with[-1] == "the order of the best items"
    others = asking.rows(np.flatnonzero(~odd))
    plain = mean_ndcg(with_second(learnt.fusion, None), others)
    assert mean_ndcg(learnt.fusion, others) > plain + 0.05


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_not_taken_where_there_is_nothing_more_to_say(seed):
    assert tuned(*crowd(seed, middling=False)).second_level is None


def test_without_a_source_it_is_learnt_from_the_others():
    data, asking = crowd(0, middling=True)
    rest = tuned(data, asking).without(["ease"]).config.second_level
    assert rest is not None
    assert "ease" not in rest.sources


def test_nothing_is_learnt_from_few_people_or_where_things_come_back():
    data, asking = crowd(0, middling=True)
    fusion = with_second(tuned(data, asking).fusion, None)
    assert learn_second_level(fusion, asking) is not None
    assert learn_second_level(fusion, asking.rows(np.arange(30))) is None
    again = replace(asking, queries=replace(asking.queries, frequency=asking.queries.history))
    assert learn_second_level(fusion, again) is None
