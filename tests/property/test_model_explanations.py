"""The core promise: every score splits exactly over sources and history items."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sensorium.core.component import State
from sensorium.core.units import DAY_S
from sensorium.features.block import FeatureBlock
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import LateFusionConfig, Member
from sensorium.models.base import QueryBatch, Recommender, TrainingData
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.registry import model_types

WEIGHTS = st.sampled_from([0.0, 0.3, 1.0, 2.5])
FACTORS = st.sampled_from([0.01, 0.5, 1.0, 2.0])
MODELS = [
    *("popularity", "ease", "rp3", "item-knn", "user-knn", "image:poster", "text:plot", "all"),
    "smoothed-graph-filter",
]
MANY_FACTORS = st.lists(st.tuples(FACTORS, FACTORS) | st.just(()), min_size=len(MODELS), max_size=len(MODELS))
PARTS = {"colours": (0, 1), "texture": (1, 3), "shape": (3, 4)}
MANY_WEIGHTS = st.lists(WEIGHTS, min_size=len(MODELS), max_size=len(MODELS))


@st.composite
def worlds(draw) -> tuple[TrainingData, QueryBatch]:
    """Some users and items, media that are partly missing, and one query with likes and dislikes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_users, n_items = draw(st.integers(2, 12)), draw(st.integers(3, 14))
    clicks = (rng.random((n_users, n_items)) < draw(st.sampled_from([0.1, 0.3, 0.6]))).astype(np.float32)
    clicks[0, 0] = 1
    blocks = {}
    for name in ("image:poster", "text:plot"):
        values = rng.normal(size=(n_items, 4)).astype(np.float32)
        values /= np.linalg.norm(values, axis=1, keepdims=True)
        present = rng.random(n_items) < draw(st.sampled_from([0.3, 0.8, 1.0]))
        parts = PARTS if name == "image:poster" else {}
        blocks[name] = FeatureBlock(name, values * present[:, None], present, parts=parts)
    history = rng.choice([-1, 0, 0, 1, 1], size=(1, n_items)).astype(np.float32)
    if draw(st.booleans()):
        history[:] = 0
    query = QueryBatch(sparse.csr_array(history), np.asarray([-1]))
    interactions = sparse.csr_array(clicks)
    times = interactions.astype(np.float64)
    times.data = DAY_S * rng.uniform(0, 300, size=times.nnz).round(1)
    return TrainingData(interactions, times, blocks=blocks), query


def member(name: str, weight: float, cold_weight: float, factors: tuple[float, ...] = ()) -> Member:
    if ":" in name:
        model, settings_ = "content-knn", {"block": name}
    else:
        model, settings_ = ("multimodal-knn" if name == "all" else name), {}
    return Member(
        name=name,
        model=model,
        settings=settings_,
        weight=weight,
        cold_weight=cold_weight,
        factors_by_age=factors,
    )


@settings(max_examples=150)
@given(
    worlds(), MANY_WEIGHTS, MANY_WEIGHTS, WEIGHTS, st.sampled_from([0.0, -0.5, 0.5]), WEIGHTS, MANY_FACTORS
)
def test_the_reasons_of_a_fused_score_add_up_to_it(
    known, weights, cold_weights, cold_scale, cold_offset, half_warm_events, factors
):
    data, query = known
    members = tuple(map(member, MODELS, weights, cold_weights, factors))
    config = LateFusionConfig(
        members=members,
        cold_scale=cold_scale,
        cold_offset=cold_offset,
        half_warm_events=half_warm_events,
        item_ages=(20, 200),
    )
    fusion = LateFusion(config).fit(data)
    scores = fusion.score(query)[0]
    assert np.isfinite(scores).all()
    for item, reasons in enumerate(fusion.explain(query, np.arange(data.n_items))):
        total = sum(reason.contribution for reason in reasons)
        assert abs(total - scores[item]) <= 2e-5 * max(1.0, sum(abs(r.contribution) for r in reasons))
        for reason in reasons:
            assert bool(reason.parts) == (reason.source == "image:poster")
            if reason.parts:
                assert {part.name for part in reason.parts} == set(PARTS)
                size = sum(abs(part.contribution) for part in reason.parts)
                added = sum(part.contribution for part in reason.parts)
                assert abs(added - reason.contribution) <= 1e-5 * max(1.0, size)


@settings(max_examples=60)
@given(worlds(), st.sampled_from(sorted(n for n, m in model_types().items() if m.traits.additive)))
def test_contributions_and_constants_of_every_additive_model_add_up(known, name):
    data, query = known
    if model_types()[name].traits.needs_time:
        return
    model: Recommender = model_types()[name]()
    if model.traits.block:
        model = model_types()[name](model.config_type(block="text:plot"))
    scores = model.fit(data).score(query)[0]
    items = np.flatnonzero(np.isfinite(scores))
    history_items = query.history.indices.astype(np.int64)
    parts = model.contributions(query.history.data, history_items, items)
    total = parts.sum(axis=0) + model.constants(items)
    np.testing.assert_allclose(total, scores[items], rtol=1e-4, atol=2e-5 * max(1.0, np.abs(parts).sum()))


@settings(max_examples=60)
@given(worlds(), st.sampled_from([None, 1, 3]))
def test_the_parts_of_a_cosine_add_up_to_the_contributions(known, neighbours):
    data, query = known
    config = ContentKNNConfig(block="image:poster", neighbours=neighbours)
    model = ContentKNN(config).fit(data)
    asked = query.history.data, query.history.indices.astype(np.int64), np.arange(data.n_items)
    parts = model.contributions_by_part(*asked)
    assert set(parts) == set(PARTS)
    np.testing.assert_allclose(sum(parts.values()), model.contributions(*asked), atol=2e-6)
    restored = ContentKNN(config).restore(model.state())
    assert restored.contributions_by_part(*asked).keys() == parts.keys()
    for similarity in ("euclidean", "jaccard"):  # these are no sums over columns
        other = ContentKNN(config.model_copy(update={"similarity": similarity})).fit(data)
        assert other.contributions_by_part(*asked) == {}
    state = model.state()
    old = {name: value for name, value in state.values.items() if name != "block_parts"}
    assert ContentKNN(config).restore(State(state.arrays, old)).contributions_by_part(*asked) == {}
