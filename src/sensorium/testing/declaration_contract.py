"""What a recommender declares, checked against what it does: one part of its contract."""
# ruff: noqa: D102 - the names of the tests are their claims

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from sensorium.core.block_name import BlockName
from sensorium.features.block import FeatureBlock
from sensorium.models.base import EVENTS, Size, TrainingData
from sensorium.testing.model_under_contract import ModelUnderContract
from sensorium.testing.two_colour import BLOCKS

COLUMNS: Mapping[str, int] = dict.fromkeys(BLOCKS, 32)
SMALL = Size(1_000, 1_500, 10_000, 200_000, 300_000, 100, 1_000, COLUMNS)
LARGE = Size(30_000, 20_000, 1_000_000, 90_000_000, 300_000_000, 3_000, 100_000, COLUMNS)


class DeclarationContract(ModelUnderContract):
    """The part of `RecommenderContract` about declarations."""

    def test_its_kind_is_that_of_its_traits(self) -> None:
        traits = self.model.traits
        content = "content" if traits.cold_items else "behaviour"
        kind = content if traits.needs_history else "popularity"
        assert traits.kind == ("profile" if traits.about else kind)

    def test_traits_of_blocks_are_those_of_its_settings(self) -> None:
        traits, fields = self.model.traits, self.model.config_type.model_fields
        assert traits.block == ("block" in fields)
        assert traits.weighs_blocks == ("blocks" in fields)
        assert traits.fuses == ("members" in fields)
        assert not (traits.block and traits.blocks)
        assert traits.blocks or not traits.weighs_blocks

    def test_auto_is_told_plainly(self) -> None:
        policy, traits = self.model.auto, self.model.traits
        assert 0 <= policy.untuned_weight <= 1
        assert policy.turn >= 0
        assert policy.is_mentioned or policy.left_out
        assert not (policy.left_out and policy.untuned_weight)
        assert traits.block or not policy.named_by_block

    def test_it_reads_no_blocks_but_those_it_says(self) -> None:
        model, known = self.new(), self.world()
        others = [name for name in known.data.blocks if not model.reads(name)]
        if not others:
            return
        changed = known.data
        for name in others:
            changed = disturbed(changed, name)
        scores = [self.new().fit(data).score(known.queries) for data in (known.data, changed)]
        np.testing.assert_array_equal(scores[0], scores[1])

    def test_without_a_block_it_asks_for_it_no_more(self) -> None:
        model, known = self.new(), self.world()
        read = [name for name in known.data.blocks if model.reads(name)]
        for name in read[:2]:
            fewer = model.without_blocks([name])
            left = () if fewer is None else fewer.reads_blocks()
            assert left is None or name not in left
            if fewer is not None and left is not None:
                scores = fewer.fit(known.data.without_blocks([name])).score(known.queries)
                # What names its blocks reads no other where the data holds more.
                again = type(fewer)(fewer.config).fit(disturbed(known.data, name))
                np.testing.assert_array_equal(again.score(known.queries), scores)

    def test_what_reads_all_blocks_is_fitted_without_one_of_them(self) -> None:
        model, known = self.new(), self.world()
        if model.reads_blocks() is None:
            name = next(iter(known.data.blocks))
            fewer = model.without_blocks([name])
            assert fewer is not None
            assert np.isfinite(fewer.fit(known.data.without_blocks([name])).score(known.queries)).any()

    def test_without_its_last_block_nothing_is_left_of_what_names_blocks(self) -> None:
        model = self.new()
        blocks = model.reads_blocks()
        if blocks and not self.model.traits.fuses:
            assert model.without_blocks(blocks) is None
            assert model.without_blocks([block.modality for block in blocks]) is None
        else:
            unknown = model.without_blocks(["nothing:of-the-kind"])
            assert unknown is not None
            assert unknown.config == model.config

    def test_it_weighs_blocks_where_it_says_so(self) -> None:
        model = self.new().with_blocks({"image:picture": 2.0, "audio:sound": 1.0})
        if self.model.traits.weighs_blocks:
            assert model.reads_blocks() == (BlockName("image:picture"), BlockName("audio:sound"))
        else:
            assert model.config == self.new().config

    def test_contributions_divide_by_the_blocks_that_it_tells_apart(self) -> None:
        model, known = self.fitted()
        blocks = model.separable_blocks()
        query = known.queries.rows(0, 1)
        items = np.arange(known.data.n_items)
        asked = model.weighed(query).history.data, query.history.indices.astype(np.int64), items
        divided = model.contributions_by_block(*asked)
        if not blocks:
            assert not divided
            with pytest.raises(TypeError):
                model.forget_blocks(list(BLOCKS))
            return
        assert set(divided) == {EVENTS, *blocks}
        np.testing.assert_allclose(sum(divided.values()), model.contributions(*asked), atol=1e-5)
        fewer = model.forget_blocks([blocks[0]])
        assert not np.any(fewer.contributions_by_block(*asked)[blocks[0]])
        unfitted = model.without_blocks([blocks[0]])
        assert unfitted is not None
        never = unfitted.fit(known.data.without_blocks([blocks[0]]))
        np.testing.assert_allclose(fewer.score(known.queries), never.score(known.queries), atol=1e-5)

    def test_costs_are_above_zero_and_grow_with_the_data(self) -> None:
        model = self.new()
        for small, large in (
            (model.fit_cost(SMALL), model.fit_cost(LARGE)),
            (model.fit_cost(SMALL, again=True), model.fit_cost(LARGE, again=True)),
            (model.score_cost(SMALL), model.score_cost(LARGE)),
        ):
            assert 0 < small < large
        assert model.fit_cost(LARGE, again=True) <= model.fit_cost(LARGE)

    def test_a_fit_costs_at_least_a_look_at_the_events_and_a_dense_one_much_more(self) -> None:
        model = self.new()
        more = replace(LARGE, n_items=2 * LARGE.n_items)
        growth = model.fit_cost(more) / model.fit_cost(LARGE)
        if model.n_dense(more) == more.n_items:
            assert growth > 4  # a matrix of items by items, inverted
        if self.model.traits.counts_events:
            assert growth < 1.01  # one pass over the events
            assert model.fit_cost(LARGE) < 1

    def test_what_counts_takes_new_events_in_exactly(self) -> None:
        if not self.model.traits.counts_events:
            return
        known = self.world(seed=1)
        half = replace(
            known.data,
            interactions=known.data.interactions[: known.data.n_users // 2],
            times=None if known.data.times is None else known.data.times[: known.data.n_users // 2],
            ratings=None,
        )
        later = self.new().fit(half)
        later.fit(known.data)
        np.testing.assert_array_equal(
            later.score(known.queries), self.new().fit(known.data).score(known.queries)
        )
        assert self.model.traits.learns_from_events

    def test_settings_that_need_times_do_nothing_without_them(self) -> None:
        fading = {name: space for name, space in self.model.space.items() if space.needs_times}
        if self.model.traits.needs_time or not fading:
            return
        known = self.world()
        timeless = replace(known.data, times=None)
        queries = replace(known.queries, times=None)
        scores = self.new().fit(timeless).score(queries)
        for name, space in fading.items():
            for value in (space.ends[0], space.ends[-1]):
                model = self.model(self.new().config.model_copy(update={name: value}))
                np.testing.assert_array_equal(model.fit(timeless).score(queries), scores, err_msg=name)

    def test_settings_that_compare_all_items_cost_it(self) -> None:
        for name, space in self.model.space.items():
            if space.quadratic:
                default = self.new().config
                off = self.model.config_type.model_fields[name].default
                on = next(value for value in space.ends if value != off)
                costs = [
                    self.model(default.model_copy(update={name: value})).fit_cost(LARGE)
                    for value in (off, on)
                ]
                assert costs[1] > 2 * costs[0], name


def disturbed(data: TrainingData, name: str) -> TrainingData:
    """Return `data` in which the rows of the block `name` are those of other items."""
    block = data.blocks[name]
    order = np.random.default_rng(4).permutation(len(block))
    other: FeatureBlock = replace(block, values=block.values[order], present=block.present[order])
    return replace(data, blocks={**data.blocks, name: other})
