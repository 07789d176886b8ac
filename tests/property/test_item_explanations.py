"""However an explanation is summed, over whatever sources and history, it adds up to the score."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_model_explanations import MANY_WEIGHTS, MODELS, WEIGHTS, member, worlds

from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.late_fusion import LateFusion, LateFusionConfig
from sensorium.serving.explanations import Question, explain_item


@settings(max_examples=60)
@given(worlds(), MANY_WEIGHTS, MANY_WEIGHTS, WEIGHTS, st.data())
def test_every_split_adds_up_to_the_score_and_ranks_agree_with_sorting(
    known, weights, cold_weights, cold_scale, choice
):
    data, query = known
    members = tuple(map(member, MODELS, weights, cold_weights))
    fusion = LateFusion(LateFusionConfig(members=members, cold_scale=cold_scale)).fit(data)
    item = choice.draw(st.integers(0, data.n_items - 1))
    ids = Vocabulary([f"i{index}" for index in range(data.n_items)])
    ranked = np.ones(data.n_items, dtype=bool)
    told = explain_item(fusion, Question(query, item, ranked), ids, ids.ids.to_list(), n_items=2)
    size = max(1.0, sum(abs(reason.contribution) for reason in told))
    for split in (told.by_source(), told.by_modality(), told.by_part(), told.by_history_item()):
        assert abs(sum(split.values()) - told.score) <= 2e-5 * size
    order = np.argsort(-fusion.score(query)[0], kind="stable")
    assert told.rank == 1 + order.tolist().index(item)
    assert all(1 <= each.rank <= told.n_ranked for each in (*told.without_items, *told.without_modalities))
