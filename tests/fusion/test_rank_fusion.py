"""Rank fusion against ranks counted by hand."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import Member
from sensorium.fusion.rank_fusion import RankFusion, RankFusionConfig, RankScorer
from sensorium.fusion.ranks import ranked
from sensorium.models.base import Declaration, QueryBatch, Size, Traits
from sensorium.models.cost import SELECTING
from sensorium.models.registry import make_model

NAN = np.nan


class FixedScores:
    """A fitted source that answers what it was made with."""

    declaration = Declaration("fixed-scores", Config(), Traits())

    def __init__(self, *line):
        self.line = np.asarray([line], dtype=np.float32)

    def score(self, queries):
        return np.repeat(self.line, len(queries), axis=0)


def nobody(n_items, known=()):
    history = np.zeros((1, n_items), dtype=np.float32)
    history[0, list(known)] = 1
    return QueryBatch(sparse.csr_array(history), np.asarray([-1]))


def test_reciprocal_ranks_are_added():
    fusion = RankScorer.of({"a": FixedScores(3, 2, 1), "b": FixedScores(1, 5, 3)})
    expected = [1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62]
    np.testing.assert_allclose(fusion.score(nobody(3))[0], expected, rtol=1e-6)


def test_weights_multiply_and_zero_leaves_out():
    fusion = RankScorer.of({"a": FixedScores(3, 2, 1), "b": FixedScores(1, 2, 3)}, {"a": 2.0})
    np.testing.assert_allclose(fusion.score(nobody(3))[0], [2 / 61, 2 / 62, 2 / 63], rtol=1e-6)


def test_what_a_member_cannot_score_gets_no_reciprocal_rank_from_it():
    fusion = RankScorer.of(
        {"a": FixedScores(3, NAN, 1), "b": FixedScores(NAN, 2, 3), "c": FixedScores(NAN, NAN, 3)}
    )
    np.testing.assert_allclose(fusion.score(nobody(3))[0], [1 / 61, 1 / 62, 1 / 62 + 2 / 61], rtol=1e-6)


def test_rank_averages_place_what_a_member_cannot_score_in_the_middle():
    members = {"a": FixedScores(3, NAN, 1), "b": FixedScores(1, 2, 3)}
    fusion = RankScorer.of(members, method="rank-average")
    expected = [1 - (1 / 3 + 3 / 4) / 2, 1 - (1 / 2 + 2 / 4) / 2, 1 - (2 / 3 + 1 / 4) / 2]
    np.testing.assert_allclose(fusion.score(nobody(3))[0], expected, rtol=1e-6)


def test_what_nobody_can_score_has_no_score():
    fusion = RankScorer.of({"a": FixedScores(3, NAN, 1), "b": FixedScores(1, NAN, 3)})
    assert np.isnan(fusion.score(nobody(3))[0]).tolist() == [False, True, False]


def test_equal_scores_share_the_mean_of_their_ranks():
    found = ranked(np.asarray([[5, 1, 5, NAN, 0]], dtype=np.float32), nobody(5).history)
    np.testing.assert_array_equal(found.values, [[1.5, 3, 1.5, NAN, 4]])
    assert found.n_ranked.tolist() == [4]


def test_ranks_count_the_items_outside_the_history():
    found = ranked(np.asarray([[5, 4, 3, 2]], dtype=np.float32), nobody(4, known=[0, 2]).history)
    assert found.values[0, [1, 3]].tolist() == [1, 2]
    assert found.n_ranked.tolist() == [2]


@pytest.mark.parametrize("seed", range(20))
def test_the_ranks_of_many_queries_are_those_of_a_count_of_what_is_better(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(6, size=(5, 12)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.2] = NAN
    known = rng.random(scores.shape) < 0.3
    found = ranked(scores, sparse.csr_array(known.astype(np.float32)))
    for line, seen, ranks, n_ranked in zip(scores, known, found.values, found.n_ranked, strict=True):
        listed = line[~seen & ~np.isnan(line)]
        counted = [(np.sum(listed > one) + np.sum(listed >= one) + 1) / 2 for one in line]
        np.testing.assert_array_equal(ranks, np.where(np.isnan(line), NAN, counted))
        assert n_ranked == len(listed)


def test_two_members_of_one_name_are_refused():
    member = {"name": "popularity", "model": "popularity"}
    with pytest.raises(ConfigError, match="the same name"):
        RankFusionConfig.parse({"members": [member, member]}, where="here")


def test_the_smaller_k_the_more_the_first_places_count():
    sources = {"a": FixedScores(3, 2, 1), "b": FixedScores(1, 2, 3)}
    config = RankScorer.of(sources).config.model_copy(update={"k": 1.0})
    expected = [1 / 2 + 1 / 4, 1 / 3 + 1 / 3, 1 / 4 + 1 / 2]
    np.testing.assert_allclose(RankScorer(config, sources).score(nobody(3))[0], expected, rtol=1e-6)


@pytest.mark.parametrize("fusion", [RankFusion, LateFusion])
def test_a_fusion_costs_what_its_members_cost_together(fusion):
    size = Size(2_000, 1_000, 50_000, 9_000_000, 9_000_000, 100, 1_000)
    members = tuple(Member(name=name, model=name) for name in ("popularity", "ease", "item-knn"))
    model = fusion(fusion.config_type(members=members))
    alone = [make_model(member.model) for member in members]
    assert model.fit_cost(size) == pytest.approx(sum(one.fit_cost(size) for one in alone))
    sorting = 3 * SELECTING * size.n_scores if fusion is RankFusion else 0
    assert model.score_cost(size) == pytest.approx(sum(one.score_cost(size) for one in alone) + sorting)
