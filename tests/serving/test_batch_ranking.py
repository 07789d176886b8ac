"""The fast path for a model of vectors gives what its plain twin does, and steps aside where it must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.sole_member import sole_member
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.registry import make_model
from sensorium.serving import batch_ranking
from sensorium.serving.batch_ranking import rank_batch, rank_by_scores

N_USERS, N_ITEMS, N_COLD = 300, 400, 9


@pytest.fixture(scope="module", params=["ials", "bpr"])
def fusion(request):
    data = events()
    factors = make_model(request.param, {"factors": 8}).fit(data)
    popularity = make_model("popularity", {}).fit(data)
    return LateFusion.of(factors, popularity)


def events() -> TrainingData:
    rng = np.random.default_rng(3)
    rows, columns = rng.integers(N_USERS - 5, size=4000), rng.integers(N_ITEMS - N_COLD, size=4000)
    matrix = sparse.csr_array((np.ones(4000, np.float32), (rows, columns)), shape=(N_USERS, N_ITEMS))
    matrix.data[:] = 1
    return TrainingData(matrix)


@settings(max_examples=30)
@given(
    k=st.sampled_from([1, 10, 50, N_ITEMS - N_COLD, N_ITEMS]),
    share=st.sampled_from([1.0, 0.5, 0.05]),
    excluded=st.booleans(),
    seed=st.integers(0, 100),
)
def test_products_give_what_scores_give(fusion, k, share, excluded, seed):
    data = events()
    rng = np.random.default_rng(seed)
    users = rng.permutation(N_USERS)[:40]
    queries = QueryBatch.of_users(data, users)
    eligible = rng.random(N_ITEMS) < share
    exclude = queries.history if excluded else None
    fast = rank_batch(fusion, queries, k, eligible=eligible, exclude=exclude)
    plain = rank_by_scores(fusion, queries, k, eligible, exclude)
    np.testing.assert_allclose(fast.scores, plain.scores, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(fast.items < 0, plain.items < 0)
    swapped = fast.items != plain.items
    assert swapped.mean() < 0.01  # where float32 rounds two scores to one
    np.testing.assert_array_equal(fast.paths[~swapped], plain.paths[~swapped])


def test_the_weight_of_a_model_alone_counts_in_its_scores(fusion):
    name, floor = fusion.members
    light = LateFusion.from_members(fusion.members, {name: 0.25}, fallback=floor)
    assert sole_member(light) == name
    queries = QueryBatch.of_users(events(), np.arange(20))
    fast, plain = rank_batch(light, queries, 10), rank_by_scores(light, queries, 10, None, None)
    np.testing.assert_allclose(fast.scores, plain.scores, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(fast.scores, rank_batch(fusion, queries, 10).scores / 4, rtol=1e-3, atol=1e-4)


def test_most_queries_are_decided_by_products_alone(fusion, monkeypatch):
    asked: list[int] = []
    plain = rank_by_scores

    def counted(fusion, queries, *rest):
        asked.append(len(queries))
        return plain(fusion, queries, *rest)

    monkeypatch.setattr(batch_ranking, "rank_by_scores", counted)
    rank_batch(fusion, QueryBatch.of_users(events(), np.arange(N_USERS)), 10)
    assert 5 <= sum(asked) < N_USERS / 4  # those without a history, and of whom an item stands out by much


def test_a_model_alone_decides_unless_another_counts_or_its_weight_moves(fusion):
    name, floor = fusion.members
    assert sole_member(fusion) == name
    both = LateFusion.from_members(fusion.members, {name: 1.0, floor: 0.1}, fallback=floor)
    assert sole_member(both) is None
    assert sole_member(LateFusion.from_members({floor: fusion.members[floor]}, {floor: 1.0})) is None
    for change in (
        {"history_lengths": (1.0, 9.0), "weights_by_history": (1.0, 2.0)},
        {"item_ages": (1.0, 9.0), "factors_by_age": (1.0, 2.0)},
    ):
        knots, values = change
        member = fusion.config.members[0].model_copy(update={values: change[values]})
        config = fusion.config.model_copy(
            update={knots: change[knots], "members": (member, *fusion.config.members[1:])}
        )
        assert sole_member(LateFusion.fitted(config, fusion.members)) is None
