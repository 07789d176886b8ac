"""An explanation adds up however it is summed, and its counterfactuals are what scoring anew gives."""

import numpy as np
import pytest

from sensorium.fusion.drop_sources import drop_sources
from sensorium.fusion.late_fusion import LateFusion


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


def test_the_sentence_is_said_in_both_languages(explanation):
    assert explanation.sentence().startswith("because")
    assert explanation.sentence("zh").startswith("因为")


def test_it_is_a_sequence_of_reasons(even_model, explanation):
    assert list(explanation) == list(explanation.reasons)
    assert explanation[0] == explanation.reasons[0]
    assert len(explanation[:2]) == 2
    assert even_model.because(explanation) == explanation.sentence()
