"""The two-colour catalogue keeps its promises."""

import numpy as np
import pytest

from sensorium.core.errors import ConfigError
from sensorium.testing.two_colour import BLOCKS, N_HELD_OUT, TwoColour, two_colour


@pytest.fixture(scope="module", params=[(40, 60, 0), (40, 60, 1), (10, 16, 0), (100, 200, 7)])
def world(request) -> TwoColour:
    return two_colour(*request.param)


def test_users_click_only_on_their_colour(world):
    clicks = world.data.interactions.toarray() > 0
    assert not (clicks & ~world.own_colour).any()
    assert (clicks.sum(axis=1) == world.data.n_items // 3).all()


def test_held_out_clicks_are_unseen_and_of_the_own_colour(world):
    held_out = world.relevant.toarray() > 0
    assert (held_out.sum(axis=1) == N_HELD_OUT).all()
    assert not (held_out & ~world.own_colour).any()
    assert not (held_out & (world.data.interactions.toarray() > 0)).any()


def test_popularity_says_nothing_about_colour(world):
    popularity = np.asarray(world.data.interactions.sum(axis=0))
    assert np.array_equal(popularity[0::2], popularity[1::2])
    scores = np.tile(popularity, (world.data.n_users, 1))
    assert world.colour_auc(scores).mean() < 0.6


def test_users_of_one_colour_rank_it_first(world):
    clicks = world.data.interactions
    neighbours = (clicks @ clicks.T).toarray()
    assert (world.colour_auc(neighbours @ clicks.toarray()) >= 0.95).all()


@pytest.mark.parametrize("name", BLOCKS)
def test_each_block_alone_gives_the_answer(world, name):
    block = world.data.blocks[name]
    scores = world.data.interactions.toarray() @ (block.values @ block.values.T)
    scores[:, ~block.present] = np.nan
    assert (world.colour_auc(scores) == 1.0).all()


@pytest.mark.parametrize("name", BLOCKS)
def test_rows_have_unit_length_or_are_absent(world, name):
    block = world.data.blocks[name]
    lengths = np.linalg.norm(block.values, axis=1)
    assert np.allclose(lengths, block.present, atol=1e-6)
    assert not block.present.all()


def test_times_and_ratings_belong_to_the_clicks(world):
    clicks, times, ratings = world.data.interactions, world.data.times, world.data.ratings
    assert np.array_equal(clicks.indices, times.indices)
    assert np.array_equal(clicks.indptr, times.indptr)
    assert len(np.unique(times.data)) == times.nnz
    rated = ratings.toarray()
    assert (rated[clicks.toarray() > 0] >= 4).all()
    assert set(np.unique(rated[(rated > 0) & ~world.own_colour])) == {1.0, 2.0}


def test_auc_knows_perfect_coin_and_nothing():
    world = two_colour()
    assert (world.colour_auc(world.own_colour.astype(np.float32)) == 1.0).all()
    assert (world.colour_auc(np.zeros((40, 60), np.float32)) == 0.5).all()
    assert (world.colour_auc(-world.own_colour.astype(np.float32)) == 0.0).all()
    assert np.isnan(world.colour_auc(np.full((40, 60), np.nan, np.float32))).all()


def test_a_seed_repeats_the_world():
    first, same, other = two_colour(seed=3), two_colour(seed=3), two_colour(seed=4)
    assert (first.data.interactions != same.data.interactions).nnz == 0
    assert (first.data.interactions != other.data.interactions).nnz > 0
    for name in BLOCKS:
        assert np.array_equal(first.data.blocks[name].values, same.data.blocks[name].values)


@pytest.mark.parametrize(("n_users", "n_items"), [(3, 60), (40, 15), (5, 60), (40, 61)])
def test_impossible_sizes_are_refused(n_users, n_items):
    with pytest.raises(ConfigError, match="even numbers"):
        two_colour(n_users, n_items)
