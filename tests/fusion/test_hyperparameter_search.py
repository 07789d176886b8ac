import dataclasses
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from sensorium.fusion.hyperparameter_search import HyperparameterSearch, Trial, sampled, surely_better
from sensorium.fusion.member_selection import WORKING, Limits, MemberSpec, ranking_models, select_members
from sensorium.fusion.plan import Effort, Plan, PlannedTrial
from sensorium.fusion.popular_items_sample import popular_items_sample
from sensorium.fusion.race import Track
from sensorium.fusion.search_schedule import Afterwards, Load, reading, search_all
from sensorium.fusion.trial_cost import as_searched
from sensorium.fusion.tuning_metric import mean_ndcg, ndcg_of_queries
from sensorium.models.base import FitOptions, Size, TrainingData, ValidationData
from sensorium.models.popularity import Popularity
from sensorium.models.registry import model_types
from sensorium.training.fit_model import fit_model


@pytest.fixture(scope="module")
def validation(known):
    return ValidationData(known.queries, known.relevant, known.data.interactions)


def roomy(**changes):
    return Limits(**({"memory_bytes": 8e9, "dense_items": 25_000, "fit_seconds": 60} | changes))


def test_a_gain_within_noise_is_not_sure():
    rng = np.random.default_rng(0)
    floor = rng.random(400)
    assert not surely_better(floor, floor)
    assert not surely_better(floor + rng.normal(0.0, 1.0, 400), floor)
    assert surely_better(floor + rng.normal(0.2, 1.0, 400), floor)
    noise = rng.normal(size=400)
    noise = (noise - noise.mean()) / noise.std()
    for n_errors, is_sure in ((0.9, False), (1.1, True)):
        gain = noise + n_errors / np.sqrt(400)
        assert surely_better(floor + gain, floor) == is_sure


def test_a_sample_of_queries_is_repeatable_and_keeps_small_data_whole(validation):
    assert sampled(validation, 10**9, 0) is validation
    wide = validation.rows(np.arange(len(validation)).repeat(20))
    one, same = (sampled(wide, 1, 3).relevant.toarray() for _ in range(2))
    assert len(one) == 300
    np.testing.assert_array_equal(one, same)
    some = validation.sample(5, 3).queries.users
    assert some.tolist() == sorted(some.tolist()), "queries keep their order"


@pytest.fixture
def search_of(known, validation):
    def made(name, data=known.data, seed=0, **more):
        return HyperparameterSearch(
            MemberSpec(name, name, {}), data, Track(validation, seed), FitOptions(seed=seed), **more
        )

    return made


def searched(known, validation, seconds, refits=0.0, plan=None, **more):
    wanted = [MemberSpec(name, name, {}) for name in ("item-knn", "rp3")]
    effort = Effort(seconds, refits, plan=plan)
    found = search_all(wanted, known.data, [validation] * 2, FitOptions(), effort=effort, **more)
    return {name: len(choice.trials) for name, (_, choice) in found.items()}


def test_without_time_every_member_has_its_defaults(known, validation):
    assert searched(known, validation, 0.0) == {"item-knn": 1, "rp3": 1}


def test_what_follows_is_kept_of_the_time(known, validation):
    assert searched(known, validation, 60.0, afterwards=Afterwards(seconds=60.0)) == {"item-knn": 1, "rp3": 1}
    assert searched(known, validation, 60.0, refits=1e9) == {"item-knn": 1, "rp3": 1}
    assert searched(known, validation, 60.0, afterwards=Afterwards(queries=10**12)) == {
        "item-knn": 1,
        "rp3": 1,
    }
    assert sum(searched(known, validation, 60.0, refits=1.0).values()) > 4


def test_settings_are_expected_to_take_what_they_cost_beside_those_before(search_of):
    search = search_of("ials")
    assert search.hoped() is None, "nobody knows yet"
    search.step()
    search.step()
    found = []
    for _ in range(30):
        found.append(search.hoped())
        search.pass_over()
    by_factors = sorted((one.settings.get("factors", 64), one.seconds) for one in found)
    (few, quick), (many, slow) = by_factors[0], by_factors[-1]
    assert (few, many) > (0, 2 * few)
    assert slow > 1.2 * quick
    hoped = search.hoped()
    search.step()
    assert search.trials[-1].settings == hoped.settings


def test_a_trial_that_would_make_what_follows_too_long_is_not_begun(known, validation):
    def estimate(trials):
        return (1e9 if max(trials, key=lambda one: one.ndcg).ndcg == np.inf else 0.0), 0.0

    loads = [Load("rp3", estimate)]
    tried = searched(known, validation, 60.0, afterwards=Afterwards(loads=loads))
    assert tried["rp3"] == 1
    assert tried["item-knn"] > 1


def test_just_what_is_planned_is_tried(known, validation):
    tried = [PlannedTrial({}), PlannedTrial({"neighbours": 30}), PlannedTrial({"neighbours": 40})]
    plan = Plan("auto", 0.0, 0, {"rp3": tried})
    assert searched(known, validation, 0.0, plan=plan) == {"item-knn": 1, "rp3": 3}


def test_ctrl_c_keeps_the_best_so_far(known, validation):
    wanted = [MemberSpec("item-knn", "item-knn", {})]
    n_asked, is_pressed, effort = 0, False, Effort(1e9, is_kept_by_hand=True)

    def clock():
        nonlocal n_asked, is_pressed
        n_asked += 1
        if n_asked > 8 and not is_pressed and threading.current_thread() is threading.main_thread():
            is_pressed = True
            raise KeyboardInterrupt
        return float(n_asked)

    try:
        found = search_all(wanted, known.data, [validation], FitOptions(), effort=effort, clock=clock)
    except KeyboardInterrupt:
        pytest.fail("the search is lost")
    model, choice = found["item-knn"]
    assert is_pressed
    assert "stopped by hand" in choice.why
    assert choice.ndcg == pytest.approx(mean_ndcg(model, validation))


def test_a_member_says_why_its_settings_were_taken(search_of):
    search = search_of("popularity")
    search.step()
    assert search.chosen()[1].why == "by default; it has no settings to tune"


def test_dense_members_must_fit_the_memory(known):
    n = known.data.n_items
    wanted, _, _ = select_members(known.data, roomy(memory_bytes=2.6 * 4 * n**2))
    assert "ease" in {member.name for member in wanted}
    none, left_out, _ = select_members(known.data, roomy(memory_bytes=4 * n**2))
    assert "ease" not in {member.name for member in none}
    assert "GB" in left_out["ease"]


def test_a_fit_that_takes_longer_than_the_time_allows_is_left_out(known):
    wanted, left_out, _ = select_members(known.data, roomy(fit_seconds=1e-9))
    assert not wanted
    assert "more than the time allows" in left_out["rp3"]


def test_beyond_its_limits_a_model_learns_the_popular_part(known):
    rng = np.random.default_rng(0)
    entries = (rng.integers(300, size=9_000), (6_000 * rng.random(9_000) ** 2).astype(int))
    data = TrainingData.of_matrix(
        sparse.csr_array((np.ones(9_000), entries), shape=(300, 6_000)), rated=False, where="test"
    )

    def settings(limits):
        return {member.model: member.settings for member in select_members(data, limits)[0]}.get("ease")

    assert settings(roomy(whole_seconds=60.0)) == {}
    small = settings(roomy(whole_seconds=0.1, part_seconds=0.1))
    assert 1_000 <= small["max_items"] < 6_000
    larger = settings(roomy(whole_seconds=0.1, part_seconds=0.3))
    assert small["max_items"] < larger["max_items"] < 6_000
    assert settings(roomy(dense_items=2_000, part_seconds=60.0)) == {"max_items": 2_000}
    assert settings(roomy(memory_bytes=2.5 * 4 * 1_500**2, part_seconds=60.0)) == {"max_items": 1_500}
    assert settings(roomy(dense_items=900, part_seconds=60.0)) is None, "too small to be worth it"


def test_models_of_content_need_content(known):
    bare = type(known.data)(known.data.interactions, known.data.times)
    wanted, _, _ = select_members(bare, roomy())
    reading = {model.name for model in ranking_models() if model.traits.block or model.traits.blocks}
    assert not reading & {member.model for member in wanted}


def test_a_class_that_only_this_process_knows_is_taken_by_name_and_not_by_auto(known):
    class AtHand(Popularity):
        """Bears a name of its own, and declares nothing that keeps it out."""

    assert AtHand in ranking_models()
    wanted, left_out, _ = select_members(known.data, roomy())
    assert "at-hand" not in left_out.keys() | {member.model for member in wanted}
    fitted = fit_model("at-hand", known.data, None, FitOptions()).fusion
    assert "at-hand" in fitted.members


def test_fading_histories_are_tried_only_where_there_are_times(known, search_of):
    timeless = dataclasses.replace(known.data, times=None)
    for data, tried in ((known.data, True), (timeless, False)):
        search = search_of("rp3", data)
        assert ("half_life_items" in search._settings.space) == tried


def test_trials_of_dense_models_look_at_the_popular_of_many_items(known, validation, search_of, monkeypatch):
    monkeypatch.setattr("sensorium.fusion.hyperparameter_search.POPULAR_ITEMS", 20)
    monkeypatch.setattr("sensorium.fusion.hyperparameter_search.LEAST_QUERIES", 1)
    search = search_of("ease")
    for _ in range(6):
        search.step()
    model, choice = search.chosen()
    assert model.score(validation.queries).shape[1] == known.data.n_items
    assert choice.ndcg == pytest.approx(mean_ndcg(model, validation))
    assert search.finals_s > 3 * search.whole_fit_s > 0
    finalists = sorted(search.trials, key=lambda trial: -trial.ndcg)[:3]
    best = max(finalists, key=lambda trial: mean_ndcg(search._fit(trial), validation))
    assert choice.settings == best.settings


def test_the_popular_part_keeps_users_and_what_is_asked_for_in_it(known, validation):
    part, asked = popular_items_sample(known.data, validation, 20)
    assert part.interactions.shape == (known.data.n_users, 20)
    assert part.n_events.sum() == np.sort(known.data.n_events)[-20:].sum()
    assert all(len(block) == 20 for block in part.blocks.values())
    assert asked.relevant.shape[1] == asked.queries.history.shape[1] == 20
    assert (np.diff(asked.relevant.indptr) > 0).all()


def test_as_many_items_as_the_limit_says_are_not_too_many(known):
    n = known.data.n_items
    for limit, there in ((n, True), (n - 1, False)):
        wanted, _, _ = select_members(known.data, roomy(dense_items=limit))
        assert ("ease" in {member.name for member in wanted}) == there


def test_a_member_that_mixes_blocks_weighs_them_by_the_square_of_what_they_say_alone():
    def searched(name, ndcg):
        spec = MemberSpec(name, "content-knn", {"block": name})
        return SimpleNamespace(wanted=spec, trials=[Trial({}, ndcg, 1.0), Trial({}, 0.9, 1.0)])

    before = [
        searched("image:a", 0.4),
        searched("audio:b", 0.2),
        searched("text:c", 0.02),
        SimpleNamespace(wanted=MemberSpec("ease", "ease", {}), trials=[Trial({}, 0.9, 1.0)]),
    ]
    mixing = MemberSpec("ease-prior", "ease-prior", {})
    assert reading(mixing, before).settings == {"blocks": {"image:a": 1.0, "audio:b": 0.25}}
    told = MemberSpec("ease-prior", "ease-prior", {"blocks": {"image:a": 1.0}})
    assert reading(told, before) is told
    assert reading(MemberSpec("ease", "ease", {}), before).settings == {}


def test_a_trial_is_expected_to_cost_what_the_dearest_does():
    dearest = as_searched("item-knn", {})
    assert dearest.config.half_life_items == 100, "it is off by default, and costs where it is on"
    assert dearest.config.similarity == "cosine"
    assert as_searched("item-knn", {"half_life_items": None}).config.half_life_items is None


@pytest.mark.parametrize("name", ["ease", "rp3", "item-knn"])
def test_other_settings_are_taken_only_where_they_are_surely_better(validation, search_of, name):
    search = search_of(name, seed=1)
    for _ in range(6):
        search.step()
    default = next(trial for trial in search.trials if not trial.settings)
    best = max(search.trials, key=lambda trial: trial.ndcg)
    floor, reached = (ndcg_of_queries(search._fit(trial), validation) for trial in (default, best))
    taken = best if surely_better(reached, floor) else default
    model, choice = search.chosen()
    assert choice.settings == taken.settings
    assert choice.ndcg == pytest.approx(taken.ndcg)
    np.testing.assert_allclose(ndcg_of_queries(model, validation), floor if taken is default else reached)


def test_each_dense_member_takes_its_share_of_the_memory(known):
    each = Size.of(known.data).dense_bytes
    for fitting in (1, 2):
        wanted, _, _ = select_members(known.data, roomy(memory_bytes=(WORKING + fitting + 0.5) * each))
        dense = [member for member in wanted if model_types()[member.model].traits.dense_items]
        assert len(dense) == fitting
