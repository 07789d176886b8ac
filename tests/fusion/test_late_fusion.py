import dataclasses

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import ConfigError
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.drop_sources import drop_sources
from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import LateFusionConfig, Member
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.registry import make_model
from sensorium.testing.recommender_contract import N_COLD, longer, nobody, widened
from sensorium.training.fit_model import without_unused_members

PICTURE = Member(name="image:picture", model="content-knn", settings={"block": "image:picture"}, weight=0.4)
SOUND = Member(name="audio:sound", model="content-knn", settings={"block": "audio:sound"}, weight=0.2)
POPULARITY = Member(name="popularity", model="popularity", weight=0.1)
EASE = Member(name="ease", model="ease", settings={"regularization": 20}, weight=0.3)


def fused(known, *members, **config):
    return LateFusion(LateFusionConfig(members=members, **config)).fit(known.data)


def zscores(scores):
    return (scores - np.nanmean(scores, axis=1, keepdims=True)) / np.nanstd(scores, axis=1, keepdims=True)


def query_of(known, *items):
    row = np.zeros((1, known.data.n_items), dtype=np.float32)
    row[0, list(items)] = 1
    return QueryBatch(sparse.csr_array(row), np.asarray([-1]))


def test_a_score_is_the_weighted_sum_of_z_scores_renormalised_over_what_can_be_scored(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE)
    parts = [zscores(fusion.members[name].score(known.queries)) for name in fusion.weights]
    weights = np.asarray([0.1, 0.3, 0.4])[:, None, None] * ~np.isnan(parts)
    expected = 0.8 * np.nansum(weights * np.nan_to_num(parts), axis=0) / weights.sum(axis=0)
    warm = slice(0, known.data.n_items - N_COLD)
    np.testing.assert_allclose(fusion.score(known.queries)[:, warm], expected[:, warm], rtol=1e-4, atol=1e-4)


def test_items_without_events_are_scored_by_cold_weights_and_scale(known):
    silent = SOUND.model_copy(update={"weight": 0.0, "cold_weight": 3.0})
    fusion = fused(known, POPULARITY, EASE, PICTURE, silent, cold_scale=0.5)
    scores = fusion.scored(known.queries)
    cold = np.arange(known.data.n_items - N_COLD, known.data.n_items)
    has_both = [
        c for c in cold if all(known.data.blocks[b].present[c] for b in ("image:picture", "audio:sound"))
    ]
    picture, sound = (
        zscores(fusion.members[n].score(known.queries)) for n in ("image:picture", "audio:sound")
    )
    expected = 0.5 * 0.8 * (picture + 3 * sound) / 4
    np.testing.assert_allclose(scores.scores[:, has_both], expected[:, has_both], rtol=1e-4, atol=1e-4)
    assert scores.path_names(0, np.asarray(has_both)) == ("content",) * len(has_both)
    assert scores.path_names(0, np.asarray([0, 1])) == ("fusion", "fusion")


def test_an_item_with_few_events_is_scored_in_part_as_a_cold_one(known):
    members = POPULARITY, EASE, PICTURE.model_copy(update={"cold_weight": 2.0})
    warm, cold = (fused(known, *members, half_warm_events=half).score(known.queries) for half in (0, 1e9))
    between = fused(known, *members, half_warm_events=3).score(known.queries)
    counts = known.data.n_events
    share = 3 / (counts + 3)
    share[~known.data.blocks["image:picture"].present] = 0
    expected = np.where(counts > 0, (1 - share) * warm + share * cold, warm)
    np.testing.assert_allclose(between, expected, rtol=1e-3, atol=1e-3)


def test_a_new_item_is_cold_and_warms_up_with_counted_events(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE, half_warm_events=3)
    again = LateFusion.fitted(fusion.config, fusion.members, np.full(known.data.n_items, 10**9))
    warm = fused(known, POPULARITY, EASE, PICTURE)
    seen = known.data.seen_items
    np.testing.assert_allclose(
        again.score(known.queries)[:, seen], warm.score(known.queries)[:, seen], rtol=1e-3, atol=1e-3
    )


def test_an_offset_lifts_items_that_content_alone_can_score(known):
    plain = fused(known, POPULARITY, EASE, PICTURE).scored(known.queries)
    lifted = fused(known, POPULARITY, EASE, PICTURE, cold_offset=0.5).scored(known.queries)
    alone = (plain.paths == 2) & ~known.data.seen_items
    np.testing.assert_allclose((lifted.scores - plain.scores)[alone], 0.5 * 0.8, rtol=1e-3)
    np.testing.assert_array_equal(
        lifted.scores[:, known.data.seen_items], plain.scores[:, known.data.seen_items]
    )


def test_weights_move_with_the_length_of_the_history(known):
    short = fused(
        known, EASE.model_copy(update={"weight": 1.0}), PICTURE.model_copy(update={"weight": 0.0}), POPULARITY
    )
    by_length = [
        EASE.model_copy(update={"weights_by_history": (1.0, 0.0)}),
        PICTURE.model_copy(update={"weights_by_history": (0.0, 1.0)}),
        POPULARITY.model_copy(update={"weights_by_history": (0.1, 0.1)}),
    ]
    fusion = fused(known, *by_length, history_lengths=(1, 4))
    one, four = query_of(known, 0), query_of(known, 0, 1, 2, 3)
    np.testing.assert_allclose(fusion.score(one), short.score(one), rtol=1e-4, atol=1e-4)
    assert np.abs(fusion.score(four) - short.score(four)).max() > 0.1
    two = query_of(known, 0, 1)
    found = fusion.explanation(two, np.arange(known.data.n_items))
    np.testing.assert_allclose(sum(found.totals().values()), fusion.score(two)[0], rtol=1e-4, atol=1e-5)


AGEING = (
    EASE.model_copy(update={"factors_by_age": (1.0, 0.001)}),
    PICTURE.model_copy(update={"factors_by_age": (0.001, 1.0)}),
    POPULARITY.model_copy(update={"weight": 0.0, "factors_by_age": (2.0, 2.0)}),
)


def ends(known):
    """Return two ages with some items below, between and above, and the ages."""
    ages = item_ages(known.data)
    young, old = np.quantile(ages[known.data.seen_items], [0.3, 0.6]).tolist()
    return ages, max(young, 0.1), max(old, 0.2)


def test_who_speaks_of_an_item_moves_with_its_age(known):
    ages, young, old = ends(known)
    fusion = fused(known, *AGEING, item_ages=(young, old))
    ease, picture = (
        np.float32(0.7) * zscores(fusion.members[name].score(known.queries))
        for name in ("ease", "image:picture")
    )
    scores, warm = fusion.score(known.queries), known.data.seen_items
    told = warm & known.data.blocks["image:picture"].present
    is_young, is_old = told & (ages <= young), told & (ages >= old)
    np.testing.assert_allclose(scores[:, is_young], ease[:, is_young], atol=0.02)
    np.testing.assert_allclose(scores[:, is_old], picture[:, is_old], atol=0.02)
    silent = warm & ~known.data.blocks["image:picture"].present  # there EASE alone speaks, however softly
    np.testing.assert_allclose(scores[:, silent], ease[:, silent], rtol=1e-3, atol=1e-3)
    between = np.flatnonzero(told & (ages > young) & (ages < old))[0]
    part = np.log(ages[between] / young) / np.log(old / young)
    weights = 0.3 * (1 - 0.999 * part), 0.4 * (0.001 + 0.999 * part)
    mixed = (weights[0] * ease + weights[1] * picture)[:, between] / sum(weights)
    np.testing.assert_allclose(scores[:, between], mixed, rtol=1e-3, atol=1e-3)


def test_factors_by_age_leave_cold_items_and_explanations_as_exact_as_ever(known):
    _, young, old = ends(known)
    fusion = fused(known, *AGEING, item_ages=(young, old))
    plain = fused(known, *(m.model_copy(update={"factors_by_age": ()}) for m in AGEING))
    cold = ~known.data.seen_items & known.data.blocks["image:picture"].present
    np.testing.assert_array_equal(fusion.score(known.queries)[:, cold], plain.score(known.queries)[:, cold])
    query = known.queries.rows(2, 3)
    found = fusion.explanation(query, np.arange(known.data.n_items))
    np.testing.assert_allclose(sum(found.totals().values()), fusion.score(query)[0], rtol=1e-4, atol=1e-5)


def test_ages_are_saved_kept_by_new_items_and_taken_anew_by_a_fit(known, tmp_path):
    ages, young, old = ends(known)
    fusion = fused(known, *AGEING, item_ages=(young, old))
    fusion.save(tmp_path / "fusion")
    again = LateFusion.load(tmp_path / "fusion")
    np.testing.assert_array_equal(again.ages, ages)
    np.testing.assert_array_equal(again.n_events, known.data.n_events)
    np.testing.assert_array_equal(again.score(known.queries), fusion.score(known.queries))
    more = fusion.extend(longer(known.data.blocks, 2))
    np.testing.assert_array_equal(more.ages, ages)
    assert np.isfinite(more.score(widened(known.queries, 2))).all()
    later = dataclasses.replace(known.data, times=known.data.times * 2.0)
    np.testing.assert_allclose(LateFusion(fusion.config).fit(later).ages, 2 * ages, rtol=1e-5)


def test_without_times_factors_by_age_do_not_count(known):
    timeless = dataclasses.replace(known.data, times=None)
    fusion = LateFusion(LateFusionConfig(members=AGEING, item_ages=(1, 2))).fit(timeless)
    plain = fused(known, *(m.model_copy(update={"factors_by_age": ()}) for m in AGEING))
    np.testing.assert_array_equal(fusion.score(known.queries), plain.score(known.queries))


def test_a_source_that_is_left_out_has_no_say_at_any_age(known):
    _, young, old = ends(known)
    fusion = drop_sources(fused(known, *AGEING, SOUND, item_ages=(young, old)), ["ease"])
    found = fusion.explanation(known.queries.rows(0, 1), np.arange(known.data.n_items)).totals()
    assert not np.any(found.get("ease", 0))
    assert "ease" not in without_unused_members(fusion).weights
    assert fusion.ages.any()


def test_a_cold_item_of_the_own_colour_stands_above_one_of_the_other(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE, SOUND)
    scores = fusion.score(known.queries)[:, -N_COLD:]
    own = known.own_colour[:, -N_COLD:]
    assert scores[own].mean() > scores[~own].mean() + 1


def test_a_query_without_a_history_is_answered_by_popularity(known):
    fusion = fused(known, POPULARITY.model_copy(update={"weight": 0.0}), EASE, PICTURE)
    query = nobody(known.data.n_items)
    assert fusion.paths(query) == ("popularity",)
    counts = np.asarray(known.data.interactions.sum(axis=0)).ravel()
    scores = fusion.score(query)[0]
    warm = counts > 0
    assert (np.argsort(-scores[warm], kind="stable") == np.argsort(-counts[warm], kind="stable")).all()
    assert scores[~warm].max() < scores[warm].min()


def test_a_history_of_items_without_events_is_answered_by_content(known):
    first = next(i for i in range(54, 60) if known.data.blocks["image:picture"].present[i])
    fusion = fused(known, POPULARITY.model_copy(update={"weight": 0.0}), EASE, PICTURE)
    query = query_of(known, first)
    assert fusion.paths(query) == ("content",)
    scores = fusion.score(query)[0]
    own = known.taste_of_item == known.taste_of_item[first]
    present = known.data.blocks["image:picture"].present
    assert scores[own & present].mean() > scores[~own & present].mean()


def test_what_nothing_can_score_stands_last_and_says_so(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE)
    blind = ~known.data.blocks["image:picture"].present
    blind[: known.data.n_items - N_COLD] = False
    if not blind.any():
        data = known.data
        block = data.blocks["image:picture"]
        values, present = block.values.copy(), block.present.copy()
        values[-1], present[-1] = 0, False
        blocks = {**data.blocks, block.name: type(block)(block.name, values, present)}
        fusion.fit(TrainingData(data.interactions, blocks=blocks))
        blind[-1] = True
    found = fusion.scored(known.queries)
    assert (found.scores[:, blind].max(axis=1) < found.scores[:, ~blind].min(axis=1)).all()
    assert set(found.path_names(0, np.flatnonzero(blind))) == {"none"}


def test_reasons_name_sources_and_history_items(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE)
    ids = Vocabulary(f"item-{i}" for i in range(known.data.n_items))
    query = known.queries.rows(0, 1)
    (reasons,) = fusion.explain(query, np.asarray([2]), ids)
    assert {reason.source for reason in reasons} == {"baseline", "popularity", "ease", "image:picture"}
    history = set(ids.ids_at(query.history.indices))
    for reason in reasons:
        through_history = reason.source in ("ease", "image:picture")
        assert (reason.item_id in history) == through_history
    amounts = [abs(reason.contribution) for reason in reasons]
    assert amounts == sorted(amounts, reverse=True)


def test_the_totals_of_an_explanation_add_up_to_the_scores(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE, SOUND)
    found = fusion.explanation(known.queries.rows(3, 4), np.arange(known.data.n_items))
    np.testing.assert_allclose(sum(found.totals().values()), found.scores, rtol=1e-4, atol=1e-5)


def test_scores_that_are_there_already_explain_as_scores_made_anew(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE)
    query, items = known.queries.rows(0, 1), np.asarray([2, 0])
    assert fusion.explain(query, items, fused=fusion.scored(query)) == fusion.explain(query, items)


def test_saved_and_loaded_it_gives_the_same_scores(known, tmp_path):
    everything = Member(name="all", model="multimodal-knn", weight=0.2)
    fusion = fused(known, POPULARITY, EASE, PICTURE, everything, cold_scale=0.3)
    fusion.save(tmp_path / "fusion")
    again = LateFusion.load(tmp_path / "fusion")
    assert again.config == fusion.config
    np.testing.assert_array_equal(again.score(known.queries), fusion.score(known.queries))
    assert {path.suffix for path in (tmp_path / "fusion").iterdir()} == {".json", ".safetensors"}


def test_fitting_from_the_config_gives_what_fitted_members_give(known):
    members = {
        "popularity": make_model("popularity").fit(known.data),
        "ease": make_model("ease", {"regularization": 20}).fit(known.data),
    }
    given = LateFusion.from_members(members, {"popularity": 0.2, "ease": 0.8})
    fitted = LateFusion(given.config).fit(known.data)
    np.testing.assert_allclose(given.score(known.queries), fitted.score(known.queries), atol=1e-4)


def test_one_model_alone_is_ranked_as_without_a_fusion(known):
    ease, popularity = make_model("ease").fit(known.data), make_model("popularity").fit(known.data)
    alone = LateFusion.of(ease, popularity)
    warm = slice(0, known.data.n_items - N_COLD)
    ranked = np.argsort(-ease.score(known.queries)[:, warm], axis=1)
    fused_scores = np.take_along_axis(alone.score(known.queries)[:, warm], ranked, axis=1)
    assert (np.diff(fused_scores, axis=1) <= 1e-6).all()


def test_new_items_are_scored_by_content_without_a_fit(known):
    fusion = fused(known, POPULARITY, EASE, PICTURE).extend(longer(known.data.blocks, 2))
    found = fusion.scored(widened(known.queries, 2))
    new = np.asarray([60, 61])
    assert found.path_names(0, new) == ("content", "content")
    red, blue = found.scores[0, new]
    assert red > blue


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"members": [], "fallback": "popularity"}, "fallback 'popularity' is not a member"),
        ({"members": [POPULARITY.model_dump()] * 2}, "two members have the same name"),
        ({"members": [{**POPULARITY.model_dump(), "weight": -1}]}, "weight"),
        ({"members": [{**POPULARITY.model_dump(), "weights_by_history": [1]}]}, "as many as the history"),
        ({"members": [POPULARITY.model_dump()], "history_lengths": [5, 2]}, "do not grow"),
        ({"members": [{**POPULARITY.model_dump(), "factors_by_age": [1]}]}, "as many as the item_ages"),
        ({"members": [POPULARITY.model_dump()], "item_ages": [5, 5]}, "item_ages do not grow"),
        (
            {"members": [{**POPULARITY.model_dump(), "factors_by_age": [0]}], "item_ages": [1]},
            "factors_by_age",
        ),
    ],
)
def test_a_contradictory_config_is_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        LateFusionConfig.parse(config, where="fusion")


def test_a_fallback_that_needs_a_history_is_refused(known):
    with pytest.raises(ConfigError, match="'ease' needs a history"):
        fused(known, EASE, fallback="ease")


SMOOTHED = Member(name="smoothed-graph-filter", model="smoothed-graph-filter", weight=0.5)


def test_what_a_member_takes_from_each_block_is_a_source_of_its_own(known):
    fusion = fused(known, POPULARITY, PICTURE, SMOOTHED)
    query = query_of(known, 0, 3, 5)
    items = np.arange(known.data.n_items)
    totals = fusion.explanation(query, items).totals()
    assert set(fusion.sources(SMOOTHED.name)) <= set(totals)
    assert f"{SMOOTHED.name}:audio:sound" in totals
    np.testing.assert_allclose(sum(totals.values()), fusion.score(query)[0], rtol=1e-4, atol=1e-5)


def test_without_a_block_a_member_on_a_content_graph_keeps_the_rest(known):
    fusion = fused(known, POPULARITY, PICTURE, SMOOTHED)
    fewer = drop_sources(fusion, ["image:picture", f"{SMOOTHED.name}:image:picture"])
    blocks = {name: block for name, block in known.data.blocks.items() if name != "image:picture"}
    never = make_model(SMOOTHED.model).fit(dataclasses.replace(known.data, blocks=blocks))
    told = fewer.members[SMOOTHED.name].score(known.queries)
    np.testing.assert_allclose(told, never.score(known.queries), atol=1e-5)
    assert fewer.weights["image:picture"] == 0
    assert sum(fewer.weights.values()) == pytest.approx(sum(fusion.weights.values()))


def test_without_a_source_the_others_share_its_weight_at_every_length_of_the_history(known):
    rows = {"ease": (0.1, 0.5), "popularity": (0.6, 0.2)}
    ease, popularity = (m.model_copy(update={"weights_by_history": rows[m.name]}) for m in (EASE, POPULARITY))
    fusion = fused(known, popularity, ease, SOUND, history_lengths=(1, 4))
    fewer = drop_sources(fusion, ["audio:sound"])
    table = np.asarray([m.weights_by_history for m in fewer.config.members])
    np.testing.assert_allclose(table.sum(axis=0), np.asarray([0.6 + 0.1, 0.2 + 0.5]) + SOUND.weight)
    np.testing.assert_allclose(table[2], 0)
    never = fused(known, popularity, ease, history_lengths=(1, 4))
    one, warm = query_of(known, 0), known.data.seen_items
    expected = never.score(one)[:, warm] * 0.9 / 0.7
    np.testing.assert_allclose(fewer.score(one)[:, warm], expected, rtol=1e-4, atol=1e-5)
