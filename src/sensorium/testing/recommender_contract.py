"""What every recommender has to pass; a new one is enrolled in four lines.

class TestMine(RecommenderContract):
    model = Mine
    beats = Popularity
"""
# ruff: noqa: D102 - the names of the tests are their claims

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.errors import ConfigError, DataError, NotReadyError
from sensorium.core.sparse import append_columns, append_rows
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch, Recommender, TrainingData
from sensorium.models.short_forms import Entries, NoScores, Product, Row
from sensorium.ranking.top_k import top_k
from sensorium.testing.component_checks import check_constructor, check_copies
from sensorium.testing.declaration_contract import DeclarationContract
from sensorium.testing.model_under_contract import N_COLD, world
from sensorium.testing.two_colour import TwoColour

__all__ = ["RecommenderContract", "summed", "world"]


def nobody(n_items: int) -> QueryBatch:
    """Return one query without a history."""
    return QueryBatch(sparse.csr_array((1, n_items), dtype=np.float32), np.asarray([-1]))


def longer(blocks: Mapping[str, FeatureBlock], n_new: int) -> dict[str, FeatureBlock]:
    """Return `blocks` with `n_new` items appended that repeat the first ones, their media all present."""
    return {
        name: replace(
            block,
            values=np.concatenate([block.values, block.values[:n_new]]),
            present=np.concatenate([block.present, block.present[:n_new]]),
        )
        for name, block in blocks.items()
    }


def widened(queries: QueryBatch, n_new: int) -> QueryBatch:
    """Return `queries` over `n_new` more items."""
    times = None if queries.times is None else _wide(queries.times, n_new)
    often = None if queries.frequency is None else _wide(queries.frequency, n_new)
    return replace(queries, history=_wide(queries.history, n_new), times=times, ratings=None, frequency=often)


def _wide(matrix: SparseMatrix, n_new: int) -> SparseMatrix:
    return append_columns(matrix, matrix.shape[1] + n_new)


class RecommenderContract(DeclarationContract):
    """The suite: subclass it as `Test...` with `model` and what it has to beat."""

    beats: ClassVar[type[Recommender[Any]] | None] = None
    """A model whose ordering of the colours must be worse; None where no order can be better than a coin."""
    new_items_move_others: ClassVar[bool] = False
    """Whether an item more may change the scores of others, as in limited neighbourhoods."""

    def test_fit_returns_itself_and_forgets_the_past(self) -> None:
        model, _ = self.fitted(seed=1)
        other = self.world(seed=2)
        assert model.fit(other.data) is model
        fresh = self.new().fit(other.data)
        np.testing.assert_array_equal(model.score(other.queries), fresh.score(other.queries))

    def test_fit_leaves_its_data_alone(self) -> None:
        known, same = self.world(), self.world()
        self.new().fit(known.data).score(known.queries)
        np.testing.assert_array_equal(known.data.interactions.toarray(), same.data.interactions.toarray())
        for name, block in known.data.blocks.items():
            np.testing.assert_array_equal(block.values, same.data.blocks[name].values)

    def test_an_unfitted_model_has_no_state(self) -> None:
        with pytest.raises(NotReadyError):
            self.new().state()

    def test_an_unfitted_model_says_that_it_has_not_been_fitted(self) -> None:
        with pytest.raises(NotReadyError, match="has not been fitted"):
            self.new().score(self.world().queries)

    def test_it_knows_for_how_many_items_it_answers(self) -> None:
        model, known = self.fitted()
        assert model.n_items == known.data.n_items
        assert model.extend(longer(known.data.blocks, 4)).n_items == known.data.n_items + 4

    def test_a_matrix_is_as_good_as_the_data_of_users_who_are_not_known(self) -> None:
        model, known = self.fitted()
        matrix = known.data.ratings if self.model.traits.needs_ratings else known.data.interactions
        assert matrix is not None
        same = QueryBatch.of_matrix(
            matrix, n_items=model.n_items, rated=self.model.traits.needs_ratings, where="contract"
        )
        assert (same.users == -1).all()
        np.testing.assert_array_equal(model.score(sparse.coo_matrix(matrix)), model.score(same))
        if model.reads_blocks() != () or self.model.traits.needs_time or self.model.traits.about:
            return  # it needs more than events
        twin = self.new().fit(sparse.csc_array(matrix))
        plain = self.new().fit(TrainingData(matrix, ratings=known.data.ratings))
        np.testing.assert_array_equal(twin.score(same), plain.score(same))

    def test_a_matrix_of_other_items_is_refused(self) -> None:
        model, known = self.fitted()
        with pytest.raises(DataError, match=f"answers for {known.data.n_items} items"):
            model.score(sparse.csr_array((2, known.data.n_items + 1)))

    def test_scores_are_finite_or_nan_and_of_the_declared_shape(self) -> None:
        model, known = self.fitted()
        scores = model.score(known.queries)
        assert scores.shape == (known.data.n_users, known.data.n_items)
        assert scores.dtype == np.float32
        assert not np.isinf(scores).any()
        assert np.isfinite(scores).any(axis=1).all()

    def test_a_batch_equals_its_single_queries(self) -> None:
        model, known = self.fitted()
        batch = model.score(known.queries)
        each = [known.queries.rows(user, user + 1) for user in range(len(known.queries))]
        single = np.concatenate([model.score(query) for query in each])
        np.testing.assert_allclose(batch, single, rtol=1e-4, atol=1e-5)

    def test_no_queries_give_no_scores(self) -> None:
        model, known = self.fitted()
        assert model.score(known.queries.rows(0, 0)).shape == (0, known.data.n_items)

    def test_an_unknown_user_is_scored_by_the_history(self) -> None:
        model, known = self.fitted()
        new_user = replace(known.queries.rows(0, 1), users=np.asarray([-1]))
        scores = model.score(new_user)
        assert np.isfinite(scores).any() == self.model.traits.cold_users
        if self.model.traits.needs_history:
            np.testing.assert_allclose(scores, model.score(known.queries.rows(0, 1)), rtol=1e-5, atol=1e-6)

    def test_without_a_history_it_answers_as_declared(self) -> None:
        model, known = self.fitted()
        scores = model.score(nobody(known.data.n_items))
        assert np.isnan(scores).all() == self.model.traits.needs_history

    def test_items_without_events_are_scored_as_declared(self) -> None:
        model, known = self.fitted()
        cold = model.score(known.queries)[:, -N_COLD:]
        assert np.isfinite(cold).any() if self.model.traits.cold_items else np.isnan(cold).all()

    def test_appended_items_are_scored_as_declared_and_old_scores_stay(self) -> None:
        model, known = self.fitted()
        before = model.score(known.queries)
        extended = model.extend(longer(known.data.blocks, 4))
        after = extended.score(widened(known.queries, 4))
        assert after.shape == (known.data.n_users, known.data.n_items + 4)
        new = after[:, -4:]
        assert np.isfinite(new).any() if self.model.traits.cold_items else np.isnan(new).all()
        if not self.new_items_move_others:
            np.testing.assert_allclose(after[:, :-4], before, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(model.score(known.queries), before)

    def test_fewer_items_than_it_knows_are_refused_and_no_blocks_too(self) -> None:
        model, known = self.fitted()
        fewer = {
            name: replace(block, values=block.values[:-1], present=block.present[:-1])
            for name, block in known.data.blocks.items()
        }
        for blocks, said in ((fewer, "lack 1 of the items"), ({}, "there are none")):
            with pytest.raises(DataError, match=said):
                model.extend(blocks)

    def test_content_changes_the_scores_only_as_declared(self) -> None:
        model, known = self.fitted()
        if model.reads_blocks():
            return  # it reads the blocks that its settings name
        _, *others = known.data.blocks
        blocks = {name: known.data.blocks[name] for name in others}
        fewer = self.new().fit(replace(known.data, blocks=blocks))
        told, without = model.score(known.queries), fewer.score(known.queries)
        assert np.allclose(told, without, equal_nan=True) != self.model.traits.blocks

    def test_the_products_of_its_vectors_are_the_scores_where_it_has_vectors(self) -> None:
        model, known = self.fitted()
        n_queries = len(known.queries) + 1  # the last one has no history
        queries = QueryBatch(append_rows(known.queries.history, n_queries), np.full(n_queries, -1))
        made = model.factor_scores(queries)
        if made is None:
            return
        products = np.full((n_queries, known.data.n_items), np.nan, dtype=np.float32)
        products[:, made.scored] = made.users @ made.items.T
        products[~made.known] = np.nan
        np.testing.assert_allclose(products, model.score(queries), rtol=1e-4, atol=1e-5)

    def test_what_it_says_of_one_query_in_short_are_its_scores(self) -> None:
        model, known = self.fitted()
        for query in [*(known.queries.rows(row, row + 1) for row in range(6)), nobody(known.data.n_items)]:
            assert_short_form(model, query, model.score(query)[0])
        extended = model.extend(longer(known.data.blocks, 4)) if known.data.blocks else model
        query = widened(known.queries.rows(0, 1), 4)
        assert_short_form(extended, query, extended.score(query)[0])

    def test_the_best_items_are_those_of_the_scores(self) -> None:
        model, known = self.fitted()
        history = append_rows(known.queries.history, len(known.queries) + 1)  # the last one has no history
        queries = QueryBatch(history, np.append(known.queries.users, -1))
        scores, has_factors = model.score(queries), model.factor_scores(queries) is not None
        for k, exclude in ((7, history), (7, None), (known.data.n_items + 3, history)):
            found, best = model.recommend(queries, k, exclude_seen=exclude is not None)
            expected, plain = top_k(scores, k, exclude=exclude)
            assert (found.shape, found.dtype) == ((len(queries), k), np.int64)
            assert (best.shape, best.dtype) == ((len(queries), k), np.float32)
            np.testing.assert_array_equal(found < 0, np.isnan(best))
            assert (found[:, plain.shape[1] :] < 0).all()
            found, best = found[:, : plain.shape[1]], best[:, : plain.shape[1]]
            np.testing.assert_allclose(best, plain, rtol=1e-4, atol=1e-5)
            if has_factors:  # where products differ by rounding, they may change places
                ranked = np.where(found < 0, np.nan, np.take_along_axis(scores, np.maximum(found, 0), axis=1))
                np.testing.assert_allclose(ranked, plain, rtol=1e-4, atol=1e-5)
            else:
                np.testing.assert_array_equal(found, expected)
            tied = best[:, 1:] == best[:, :-1]
            assert (found[:, 1:] > found[:, :-1])[tied].all()

    def test_a_matrix_of_likes_is_answered_with_the_best_items(self) -> None:
        model, known = self.fitted()
        likes = known.data.interactions[:3]
        found, _ = model.recommend(likes, 5)
        assert (found >= 0).any() == (self.model.traits.cold_users and not self.model.traits.about)
        seen = np.take_along_axis(likes.toarray(), np.maximum(found, 0), axis=1)
        assert not seen[found >= 0].any()
        with pytest.raises(ConfigError, match=r"k is 0\. Ask for at least one item"):
            model.recommend(likes, 0)

    def test_contributions_and_constants_add_up_to_the_score(self) -> None:
        model, known = self.fitted()
        if not self.model.traits.additive:
            with pytest.raises(TypeError):
                model.contributions(np.ones(1, np.float32), np.zeros(1, np.int64), np.zeros(1, np.int64))
            return
        items: IntVector = np.arange(known.data.n_items)
        for user in range(4):
            query = known.queries.rows(user, user + 1)
            np.testing.assert_allclose(
                summed(model, query, items), model.score(query)[0], rtol=1e-4, atol=1e-5
            )

    def test_the_state_gives_the_same_scores_again(self, tmp_path: Path) -> None:
        model, known = self.fitted()
        model.state().save(tmp_path)
        again = self.new().restore(State.load(tmp_path))
        np.testing.assert_array_equal(again.score(known.queries), model.score(known.queries))

    def test_a_copy_and_what_is_pickled_give_the_same_scores(self) -> None:
        model, known = self.fitted()
        check_copies(model, lambda twin: twin.score(known.queries))

    def test_its_settings_are_keywords_and_others_are_refused(self) -> None:
        check_constructor(self.new())

    def test_every_setting_and_the_model_itself_are_documented(self) -> None:
        assert self.model.__doc__
        for name, field in self.model.config_type.model_fields.items():
            assert field.description, f"{self.model.name}.{name} has no docstring"

    def test_the_space_holds_settings_that_exist_with_the_default_inside_and_valid_ends(self) -> None:
        fields = self.model.config_type.model_fields
        for setting, space in self.model.space.items():
            default = fields[setting].get_default(call_default_factory=True)
            assert default in space, f"{self.model.name}.{setting}: {default} is not in {space}"
            for value in space.ends:
                parsed = self.model.config_type.parse({setting: value}, where=self.model.name)
                assert getattr(parsed, setting) == value

    def test_it_tells_the_colours_better_than_its_baseline(self) -> None:
        if self.beats is None:
            return
        model, known = self.fitted()
        floor = self.beats().fit(known.data)
        mine, theirs = _auc(known, model), _auc(known, floor)
        assert mine > theirs + 0.2, f"{mine:.3f} against {theirs:.3f}"


def assert_short_form(model: Recommender[Any], query: QueryBatch, scores: FloatVector) -> None:
    """Check what the model offers to whoever answers the one `query` against its `scores` [n_items]."""
    able, told = model.able_items, model.short_form(query)
    if isinstance(told, NoScores):
        assert np.isnan(scores).all()
        return
    if able is None:
        assert told is None
        return
    if told is not None or not np.isnan(scores).all():
        np.testing.assert_array_equal(able, ~np.isnan(scores))
    if isinstance(told, Entries):
        found = np.where(able, np.float32(0), np.float32(np.nan))
        assert len(np.unique(told.items)) == len(told.items)
        found[told.items] = told.values
        np.testing.assert_allclose(found, scores, rtol=1e-4, atol=1e-5)
    elif isinstance(told, Row):
        assert not told.values[~able[: len(told.values)]].any()
        found = np.full(len(scores), np.nan, dtype=np.float32)
        found[: len(told.values)] = told.values
        found[~able] = np.nan
        np.testing.assert_allclose(found, scores, rtol=1e-4, atol=1e-5)
    elif isinstance(told, Product):
        vectors = model.item_vectors()
        assert vectors is not None
        n_learnt = len(vectors.factors)
        found = np.full(len(scores), np.nan, dtype=np.float32)
        found[:n_learnt] = vectors.factors @ told.vector
        found[:n_learnt] += 0 if vectors.bias is None else vectors.bias
        found[told.items] = told.values
        found[~able] = np.nan
        np.testing.assert_allclose(found, scores, rtol=1e-4, atol=1e-5)


def summed(model: Recommender[Any], query: QueryBatch, items: IntVector) -> FloatMatrix:
    """Return what an additive model's parts add up to for one query [n_items_asked]."""
    history_items = query.history.indices.astype(np.int64)
    parts = model.contributions(model.weighed(query).history.data, history_items, items)
    assert parts.shape == (len(history_items), len(items))
    return parts.sum(axis=0) + model.constants(items)


def _auc(known: TwoColour, model: Recommender[Any]) -> float:
    return float(np.nanmean(known.colour_auc(model.score(known.queries))))
