"""An explanation adds up however it is summed, and its counterfactuals are what scoring anew gives."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.drop_sources import drop_sources
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import QueryBatch
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.ease import EASE, EASEConfig
from sensorium.models.popularity import Popularity
from sensorium.models.rp3 import RP3
from sensorium.serving.explanations import Question, explain_item
from sensorium.testing.two_colour import two_colour


@pytest.fixture
def explanation(even_model):
    best = even_model.recommend("u00", k=1)
    return even_model.explain("u00", best.item_ids[0])


def test_every_split_adds_up_to_the_score(even_model):
    for item in even_model.catalog.items:
        for asked in (
            {"user": "u00"},
            {"user": None, "history": ["i01", "i04"], "disliked": ["i02"]},
            {"user": None},
        ):
            told = even_model.explain(item=item, **asked)
            size = max(1.0, sum(abs(reason.contribution) for reason in told))
            for split in (told.by_source(), told.by_modality(), told.by_part(), told.by_history_item()):
                assert sum(split.values()) == pytest.approx(told.score, abs=1e-5 * size)


def test_the_rank_is_that_of_the_list(even_model):
    answer = even_model.recommend("u00", k=16)
    for rank, item in enumerate(answer, start=1):
        told = even_model.explain("u00", item.item_id)
        assert (told.rank, told.n_ranked) == (rank, len(answer))
        assert told.score == pytest.approx(item.score, abs=1e-5)


def test_splits_name_sources_modalities_parts_and_items(explanation):
    assert {"ease", "image:picture", "audio:sound", "popularity"} <= set(explanation.by_source())
    assert {"behaviour", "image", "audio", "popularity"} <= set(explanation.by_modality())
    assert {("image:picture", "colours"), ("audio:sound", "rhythm"), ("ease", "")} <= set(
        explanation.by_part()
    )
    assert None in explanation.by_history_item()
    assert any(item is not None for item in explanation.by_history_item())


def test_without_a_history_item_is_what_the_shorter_history_gives(even_model):
    history = ["i01", "i04", "i06"]
    item = even_model.recommend(history=history, k=1).item_ids[0]
    told = even_model.explain(None, item, history=history)
    assert {each.without for each in told.without_items} <= set(history)
    assert told.without_items
    for each in told.without_items:
        rest = [item for item in history if item != each.without]
        answer = even_model.recommend(history=rest, deny=[each.without], k=16)
        assert answer.item_ids.index(item) + 1 == each.rank
        assert answer.scores[each.rank - 1] == pytest.approx(each.score, abs=1e-5)


def test_without_a_modality_is_what_the_fusion_of_the_others_gives(even_model):
    item = even_model.recommend("u00", k=2).item_ids[1]
    told = even_model.explain("u00", item)
    assert {each.without for each in told.without_modalities} == {"behaviour", "image", "audio", "popularity"}
    whole = even_model.fusion
    left = sum(whole.weights.values()) / (sum(whole.weights.values()) - whole.weights["image:picture"])
    weights = {name: left * weight for name, weight in whole.weights.items()} | {"image:picture": 0.0}
    cold = {name: float(name == "audio:sound") for name in weights}
    fewer = {name: member for name, member in whole.members.items() if name != "image:picture"}
    even_model.fusion = LateFusion.from_members(fewer, weights, cold_weights=cold)
    answer = even_model.recommend("u00", k=16)
    (image,) = [each for each in told.without_modalities if each.without == "image"]
    assert answer.item_ids.index(item) + 1 == image.rank
    assert answer.scores[image.rank - 1] == pytest.approx(image.score, abs=1e-5)


def test_without_every_source_the_fallback_answers(even_model):
    fewer = drop_sources(even_model.fusion, list(even_model.fusion.members))
    query = even_model._query("u00", None, ())
    scores = fewer.score(query)[0]
    popularity = even_model.fusion.members["popularity"].popularity
    known = np.isfinite(popularity)
    ranked, expected = (np.argsort(-row[known], kind="stable") for row in (scores, popularity))
    np.testing.assert_array_equal(ranked, expected)


def test_where_popularity_alone_answers_nothing_is_said_to_change_without_a_modality(even_model):
    told = even_model.explain(None, "i03")
    assert told.path == "popularity"
    assert told.without_modalities == ()


def test_the_sentence_is_said_in_both_languages(explanation):
    assert explanation.sentence().startswith("because")
    assert explanation.sentence("zh").startswith("因为")


def test_it_is_a_sequence_of_reasons(even_model, explanation):
    assert list(explanation) == list(explanation.reasons)
    assert explanation[0] == explanation.reasons[0]
    assert len(explanation[:2]) == 2
    assert even_model.explain_text(explanation) == explanation.sentence()


def fading_world():
    """Two-colour users whose histories have times, and a fusion in which they fade fast."""
    world = two_colour()
    members = {
        "ease": EASE(EASEConfig(half_life_items=1.0)).fit(world.data),
        "image:picture": ContentKNN(ContentKNNConfig(block="image:picture")).fit(world.data),
        "popularity": Popularity().fit(world.data),
    }
    weights = {"ease": 0.7, "image:picture": 0.2, "popularity": 0.1}
    ids = Vocabulary([f"i{n}" for n in range(world.data.n_items)])
    return world, LateFusion.from_members(members, weights), ids


def asked_about(query, item, n_items):
    ranked = np.ones(n_items, dtype=bool)
    ranked[query.history.indices] = False
    ranked[item] = True
    return Question(query, item, ranked)


def shorter(matrix, item):
    kept = matrix.indices != item
    return sparse.csr_array(
        (matrix.data[kept], matrix.indices[kept], [0, int(kept.sum())]), shape=matrix.shape
    )


def test_without_a_history_item_the_others_keep_their_times_and_values():
    world, fusion, ids = fading_world()
    query = world.queries.rows(0, 1)
    values = query.history.copy()
    values.data[1] = -1.0
    query = QueryBatch(values, query.users, query.times)
    item = int(np.setdiff1d(np.arange(len(ids)), values.indices)[0])
    told = explain_item(fusion, asked_about(query, item, len(ids)), ids, ids.ids.to_list(), n_items=4)
    assert len(told.without_items) == 4
    for each in told.without_items:
        left_out = ids.index(each.without)
        rest = QueryBatch(shorter(query.history, left_out), query.users, shorter(query.times, left_out))
        assert each.score == pytest.approx(fusion.score(rest)[0, item], abs=1e-6)
        timeless = fusion.score(QueryBatch(rest.history, rest.users))[0, item]
        assert abs(each.score - timeless) > 1e-3, "here times matter"


def test_what_speaks_strongly_against_an_item_is_among_what_is_left_out_first():
    world, _, ids = fading_world()
    member = ContentKNN(ContentKNNConfig(block="image:picture")).fit(world.data)
    fusion = LateFusion.of(member, Popularity().fit(world.data))
    rows = world.data.blocks["image:picture"]
    likeness = rows.values @ rows.values.T
    item = int(np.flatnonzero(rows.present)[0])
    others = np.flatnonzero(rows.present & (np.arange(len(ids)) != item))
    order = others[np.argsort(likeness[item, others])]
    near, middling = order[-1], order[len(order) * 2 // 3]
    history = np.zeros((1, len(ids)), dtype=np.float32)
    history[0, middling], history[0, near] = 1.0, -1.0
    query = QueryBatch(sparse.csr_array(history), np.asarray([-1]))
    told = explain_item(fusion, asked_about(query, item, len(ids)), ids, ids.ids.to_list(), n_items=1)
    through = {name: value for name, value in told.by_history_item().items() if name is not None}
    assert through[ids.id(near)] < 0
    assert abs(through[ids.id(near)]) > abs(through.get(ids.id(middling), 0))
    assert [each.without for each in told.without_items] == [ids.id(near)]


def test_modalities_with_any_say_are_left_out_one_by_one_and_no_others():
    world, _, ids = fading_world()
    members = {
        "ease": EASE().fit(world.data),
        "rp3": RP3().fit(world.data),
        "image:picture": ContentKNN(ContentKNNConfig(block="image:picture")).fit(world.data),
        "audio:sound": ContentKNN(ContentKNNConfig(block="audio:sound")).fit(world.data),
        "text:words": ContentKNN(ContentKNNConfig(block="text:words")).fit(world.data),
        "popularity": Popularity().fit(world.data),
    }
    fusion = LateFusion.from_members(
        members, {"ease": 0.6, "image:picture": 0.4}, cold_weights={"audio:sound": 1.0}
    )
    silent = {"rp3", "text:words", "popularity"}
    config = fusion.config.model_copy(
        update={
            "members": tuple(
                m.model_copy(update={"cold_weight": 1.0 if m.name == "audio:sound" else 0.0})
                for m in fusion.config.members
            )
        }
    )
    fusion = LateFusion.fitted(config, members)
    query = world.queries.rows(0, 1)
    told = explain_item(fusion, asked_about(query, 1, len(ids)), ids, ids.ids.to_list(), n_items=0)
    assert [each.without for each in told.without_modalities] == ["behaviour", "image", "audio"]
    assert silent == {m.name for m in config.members if not m.weight and not m.cold_weight}


def test_a_modality_that_long_histories_alone_hear_is_left_out_too():
    world, _, ids = fading_world()
    members = {
        "image:picture": ContentKNN(ContentKNNConfig(block="image:picture")).fit(world.data),
        "ease": EASE().fit(world.data),
        "popularity": Popularity().fit(world.data),
    }
    even = LateFusion.from_members(members, {"image:picture": 1.0}).config
    moving = {"image:picture": (1.0, 0.5), "ease": (0.0, 0.5), "popularity": (0.0, 0.0)}
    described = tuple(m.model_copy(update={"weights_by_history": moving[m.name]}) for m in even.members)
    config = even.model_copy(update={"members": described, "history_lengths": (1.0, 9.0)})
    fusion = LateFusion.fitted(config, members)
    asked = asked_about(world.queries.rows(0, 1), 1, len(ids))
    told = explain_item(fusion, asked, ids, ids.ids.to_list(), n_items=0)
    assert [each.without for each in told.without_modalities] == ["image", "behaviour"]


def test_equal_scores_are_ranked_in_the_order_of_the_catalogue():
    world, _, ids = fading_world()
    fusion = LateFusion.from_members({"popularity": Popularity().fit(world.data)}, {"popularity": 1.0})
    counts = world.data.n_events
    query = QueryBatch(sparse.csr_array((1, len(ids)), dtype=np.float32), np.asarray([-1]))
    order = np.lexsort((np.arange(len(ids)), -counts))
    for item in (int(order[3]), int(order[17])):
        told = explain_item(fusion, asked_about(query, item, len(ids)), ids, ids.ids.to_list(), n_items=0)
        assert told.rank == 1 + order.tolist().index(item)
        assert told.n_ranked == len(ids)
