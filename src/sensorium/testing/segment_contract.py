"""What every recommender has to pass so that new items can be served from a segment."""
# ruff: noqa: D102 - the names of the tests are their claims

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from sensorium.core.arrays import IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.linalg import unit_rows
from sensorium.core.sparse import append_columns, merge_entries, with_data
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch
from sensorium.serving.state_changes import changes_between, with_changes
from sensorium.testing.model_under_contract import ModelUnderContract

STEPS = (1, 3, 2)
"""So many items come, one lot after another."""


class SegmentContract(ModelUnderContract):
    """Changes of a state, written and applied to arrays in files, give the very model that `extend` gives."""

    def test_what_new_items_change_gives_the_scores_of_one_array(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(7)
        model, known = self.fitted()
        model.state().save(tmp_path / "base")
        served, blocks = State.load(tmp_path / "base", mapped=True), known.data.blocks
        n_before, extended = known.data.n_items, model
        for step, n_new in enumerate(STEPS):
            blocks = with_new_rows(blocks, n_new, rng)
            extended = extended.extend(blocks)
            served = self._applied(served, extended.state(), n_before, n_before + n_new, tmp_path / str(step))
            n_before += n_new
            again = self.new().restore(served)
            asked = with_new_histories(known.queries, n_before, rng)
            np.testing.assert_array_equal(again.score(asked), extended.score(asked))

    def test_other_features_of_known_items_give_the_scores_of_one_array(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(8)
        model, known = self.fitted()
        model.state().save(tmp_path / "base")
        served, n_items = State.load(tmp_path / "base", mapped=True), known.data.n_items
        blocks = with_new_rows(known.data.blocks, 2, rng)
        served = self._applied(served, model.extend(blocks).state(), n_items, n_items + 2, tmp_path / "new")
        others = with_other_rows(blocks, np.asarray([0, n_items - 1, n_items + 1]), rng)
        extended = model.extend(others)
        served = self._applied(served, extended.state(), n_items + 2, n_items + 2, tmp_path / "others")
        asked = with_new_histories(known.queries, n_items + 2, rng)
        np.testing.assert_array_equal(self.new().restore(served).score(asked), extended.score(asked))

    def _applied(self, before: State, after: State, n_before: int, n_after: int, folder: Path) -> State:
        """Return the state `before` with the changes that make it `after`, which were written and read."""
        changes_between(before, after, (n_before, n_after)).save(folder)
        return with_changes(before, State.load(folder))


def with_new_rows(
    blocks: Mapping[str, FeatureBlock], n_new: int, rng: np.random.Generator
) -> dict[str, FeatureBlock]:
    """Return `blocks` with `n_new` items behind, some of which lack a medium."""
    found: dict[str, FeatureBlock] = {}
    for name, block in blocks.items():
        present = rng.random(n_new) < 0.8
        values = unit_rows(np.abs(rng.normal(size=(n_new, block.dimension))).astype(np.float32))
        behind = values * present[:, None]
        found[name] = replace(
            block,
            values=np.concatenate([block.values, behind]),
            present=np.concatenate([block.present, present]),
        )
    return found


def with_other_rows(
    blocks: Mapping[str, FeatureBlock], items: IntVector, rng: np.random.Generator
) -> dict[str, FeatureBlock]:
    """Return `blocks` in which `items` have other features."""
    found: dict[str, FeatureBlock] = {}
    for name, block in blocks.items():
        values, present = np.array(block.values), np.array(block.present)
        values[items] = unit_rows(rng.normal(size=(len(items), block.dimension)).astype(np.float32))
        present[items] = True
        found[name] = replace(block, values=values, present=present)
    return found


def with_new_histories(queries: QueryBatch, n_items: int, rng: np.random.Generator) -> QueryBatch:
    """Return `queries` over `n_items` items, in whose histories some of the last ones stand, too."""
    history = queries.history.toarray()
    wide = np.zeros((len(history), n_items), dtype=np.float32)
    wide[:, : history.shape[1]] = history
    wide[:, history.shape[1] :] = rng.random((len(history), n_items - history.shape[1])) < 0.3
    grown = sparse.csr_array(wide)

    def beside(matrix: SparseMatrix | None) -> SparseMatrix | None:
        if matrix is None:
            return None
        latest = with_data(grown, np.full(grown.nnz, matrix.data.max(initial=1), dtype=matrix.dtype))
        return merge_entries(latest, append_columns(matrix, n_items), keep="later")

    return replace(
        queries,
        history=grown,
        times=beside(queries.times),
        frequency=beside(queries.frequency),
        ratings=beside(queries.ratings),
    )
