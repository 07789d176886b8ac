"""The arithmetic of late fusion, and where stands what no source can score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.fusion.blend import PATHS, ColdRule, Source, blend, shares
from sensorium.fusion.zscore import zscores

NAN = np.nan


def source(name, kind, rows, weight=1.0, cold_weight=0.0, factor=None):
    scores = zscores(np.asarray(rows, dtype=np.float32))
    told = None if factor is None else np.asarray(factor, dtype=np.float32)
    return Source(name, kind, np.asarray([weight], dtype=np.float32), cold_weight, scores, told)


def drawn(rng, can, n_rows):
    """Scores of sources that can score the items `can` alone."""
    rows = rng.normal(size=(n_rows, len(can)))
    rows[:, ~np.asarray(can, dtype=bool)] = NAN
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_in_each_row_what_only_the_fallback_can_score_is_below_the_rest_and_in_its_order(seed):
    rng = np.random.default_rng(seed)
    can = np.asarray([1, 1, 1, 1, 0, 0, 0, 0])
    ease = source("ease", "behaviour", 10 * drawn(rng, can, 6))
    fallback = zscores(drawn(rng, [1, 1, 1, 0, 1, 1, 0, 0], 6).astype(np.float32))
    found = blend([ease], fallback)
    scored, by_fallback, rest = found.scores[:, :4], found.scores[:, 4:6], found.scores[:, 6:]
    assert (scored.min(axis=1) > by_fallback.max(axis=1)).all()
    assert (by_fallback.min(axis=1) > rest.max(axis=1)).all()
    np.testing.assert_array_equal(rest[:, 0], rest[:, 1])
    np.testing.assert_array_equal(by_fallback.argsort(axis=1), fallback.values[:, 4:6].argsort(axis=1))


def test_a_row_that_nothing_can_score_is_that_of_the_fallback_and_what_it_cannot_is_last():
    ease = source("ease", "behaviour", [[NAN] * 4, [3, 1, NAN, NAN]])
    fallback = zscores(np.asarray([[2, 9, 4, NAN], [2, 9, 4, NAN]], dtype=np.float32))
    found = blend([ease], fallback)
    np.testing.assert_array_equal(found.scores[0, :3], fallback.values[0, :3])
    assert found.scores[0, 3] < found.scores[0, :3].min()
    assert np.argsort(-found.scores[1]).tolist() == [0, 1, 2, 3]
    assert np.isfinite(found.scores).all()


def test_items_that_content_alone_can_score_get_cold_weights_scale_and_offset():
    ease = source("ease", "behaviour", [[3, 1, NAN, NAN]], weight=0.6)
    picture = source("image", "content", [[1, 2, 3, 5]], weight=0.4, cold_weight=1.0)
    sound = source("audio", "content", [[4, NAN, 2, NAN]], weight=0.0, cold_weight=3.0)
    popularity = zscores(np.asarray([[1, 2, NAN, NAN]], dtype=np.float32))
    found = blend([ease, picture, sound], popularity, ColdRule(0.5, -0.25)).scores[0]
    e, i, a = (one.scores.values[0] for one in (ease, picture, sound))
    expected = [
        0.6 * e[0] + 0.4 * i[0],
        0.6 * e[1] + 0.4 * i[1],
        0.5 * (i[2] + 3 * a[2]) / 4 - 0.25,
        0.5 * i[3] - 0.25,
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_sum_of_the_weights_is_the_scale_of_every_row():
    ease = source("ease", "behaviour", [[3, 1, 2]], weight=2.0)
    picture = source("image", "content", [[1, NAN, 3]], weight=3.0)
    found = blend([ease, picture], ease.scores).scores[0]
    e, i = ease.scores.values[0], picture.scores.values[0]
    np.testing.assert_allclose(found, [2 * e[0] + 3 * i[0], 5 * e[1], 2 * e[2] + 3 * i[2]], rtol=1e-5)


def test_factors_move_weights_item_by_item():
    ease = source("ease", "behaviour", [[3, 1, 2]], weight=2.0, factor=[1, 0.5, 0])
    picture = source("image", "content", [[1, 5, 3]], weight=2.0, factor=[0, 1, 1])
    found = blend([ease, picture], ease.scores).scores[0]
    e, i = ease.scores.values[0], picture.scores.values[0]
    np.testing.assert_allclose(found, [4 * e[0], (e[1] + 2 * i[1]) / 3 * 4, 4 * i[2]], rtol=1e-5)


def test_an_item_with_few_events_is_in_part_a_cold_one_where_content_speaks_of_it():
    ease = source("ease", "behaviour", [[3, 1, 2]], weight=1.0)
    picture = source("image", "content", [[1, 5, NAN]], weight=1.0, cold_weight=2.0)
    share = np.asarray([0.25, 1.0, 0.5], dtype=np.float32)
    found = blend([ease, picture], ease.scores, ColdRule(0.5, 0.1, share)).scores[0]
    e, i = ease.scores.values[0], picture.scores.values[0]
    cold = 2 * (0.5 * i + 0.1)
    warm = e + i
    np.testing.assert_allclose(found, [0.75 * warm[0] + 0.25 * cold[0], cold[1], 2 * e[2]], rtol=1e-4)


def test_the_path_says_the_best_that_a_score_came_from():
    popular = source("popularity", "popularity", [[1, 2, 3, NAN, NAN]], weight=0.5)
    ease = source("ease", "behaviour", [[3, NAN, NAN, NAN, NAN]], weight=0.5)
    picture = source("image", "content", [[1, 2, NAN, 4, NAN]], weight=0.5, cold_weight=1.0)
    found = blend([popular, ease, picture], popular.scores)
    assert [PATHS[code] for code in found.paths[0]] == ["fusion", "content", "popularity", "content", "none"]
    silent = source("image", "content", [[1, 2, NAN, 4, NAN]], weight=0.5, cold_weight=0.0)
    found = blend([popular, ease, silent], popular.scores)
    assert [PATHS[code] for code in found.paths[0]] == ["fusion", "content", "popularity", "none", "none"]


@given(st.integers(0, 10_000))
def test_shares_of_the_sources_and_the_shift_add_up_to_every_score(seed):
    rng = np.random.default_rng(seed)
    masks = rng.random((3, 7)) < 0.7
    masks[:, :2] = True  # two scores at least, so that z-scores say something
    sources = [
        source("ease", "behaviour", drawn(rng, masks[0], 2), weight=rng.random()),
        source("image", "content", drawn(rng, masks[1], 2), rng.random(), rng.random(), rng.random(7) + 0.1),
        source("audio", "content", drawn(rng, masks[2], 2), rng.random(), rng.random()),
    ]
    fallback = zscores(drawn(rng, np.ones(7), 2).astype(np.float32))
    found = blend(sources, fallback, ColdRule(0.7, 0.2, rng.random(7).astype(np.float32)))
    scored = np.broadcast_to(found.scored, found.scores.shape)
    for row in (0, 1):
        table = shares(sources, found, row)
        total = sum(part * one.scores.values[row] for part, one in zip(table, sources, strict=True))
        total = total + (0 if found.shift is None else found.shift[row])
        np.testing.assert_allclose(total[scored[row]], found.scores[row][scored[row]], rtol=1e-3, atol=1e-4)


@given(st.integers(0, 10_000))
def test_a_query_gets_the_same_score_whether_or_not_all_others_lack_the_same_items(seed):
    """Where a source lacks the same items for all queries, one line stands for them; the scores stay."""
    rng = np.random.default_rng(seed)
    masks, kinds = rng.random((4, 9)) < 0.7, ["behaviour", "content", "content", "popularity"]
    rows = [drawn(rng, mask, 4) for mask in masks]
    numbers = rng.random((3, 3)).round(1)
    rule = ColdRule(0.7, 0.2, rng.random(9).astype(np.float32) if seed % 2 else None)

    def blended(tables):
        sources = [
            source(kind, kind, table, weight, cold_weight if kind == "content" else 0.0)
            for kind, table, (weight, cold_weight, _) in zip(kinds, tables, numbers, strict=False)
        ]
        return blend(sources, zscores(tables[3].astype(np.float32)), rule)

    alike = blended(rows)
    beside = blended([np.vstack([table, np.full((1, 9), NAN), drawn(rng, [1] * 9, 1)]) for table in rows])
    np.testing.assert_array_equal(alike.scores, beside.scores[:4])
    np.testing.assert_array_equal(alike.paths, beside.paths[:4])
    for row in range(4):
        np.testing.assert_array_equal(alike.scores[row], blended([table[[row]] for table in rows]).scores[0])
