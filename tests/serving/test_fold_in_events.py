"""New events take effect at the next request, without a refit, and what waits is said."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import sensorium as sn
from sensorium.core.errors import DataError, UnknownIdError
from sensorium.models.popularity import Popularity, RecentPopularity
from sensorium.serving.fold_in_events import joined


def rows(*events):
    """Events (user, item, rating) with times after all others."""
    names = ("user_id", "item_id", "rating")
    table = pl.DataFrame(
        events, schema=dict(zip(names, (pl.String, pl.String, pl.Float64), strict=True)), orient="row"
    )
    return table.with_columns(timestamp=pl.lit(2_000_000_000) + pl.int_range(pl.len()))


class TestNewEvents:
    def test_the_next_answer_of_a_known_user_reflects_them(self, even_model):
        before = even_model.recommend("u00", k=16)
        liked = before.item_ids[-1]
        update = even_model.update(rows(("u00", liked, 5.0)))
        assert (update.events, update.liked, update.users, update.new_users) == (1, 1, ("u00",), ())
        after = even_model.recommend("u00", k=16, explain=True)
        assert liked not in after.item_ids
        assert any(reason.item_id == liked for reasons in after.reasons for reason in reasons)
        assert after.scores.tolist() != before.scores[: len(after)].tolist()

    def test_an_update_answers_like_the_same_history_in_the_request(self, even_model):
        even_model.update(rows(("new", "i00", 5.0), ("new", "i02", 5.0)))
        asked = even_model.recommend(history=["i00", "i02"], k=10)
        known = even_model.recommend("new", k=10)
        assert known.item_ids == asked.item_ids
        assert np.allclose(known.scores, asked.scores, atol=1e-5)

    def test_a_user_nobody_had_seen_is_known_by_name_from_then_on(self, even_model):
        with pytest.raises(UnknownIdError):
            even_model.recommend("new")
        update = even_model.update(rows(("new", "i00", 5.0)))
        assert update.new_users == update.users == ("new",)
        answer = even_model.recommend("new", k=3, explain=True)
        assert answer.path == "fusion"
        assert {int(item[1:]) % 2 for item in answer.item_ids} == {0}
        assert sum(part.contribution for part in answer.reasons[0]) == pytest.approx(
            answer.scores[0], abs=1e-4
        )

    def test_popularity_counts_them_exactly_as_a_fit_would(self, even_model):
        update = even_model.update(rows(("u00", "i15", 5.0), ("new", "i15", 4.0), ("new", "i01", 1.0)))
        assert update.counted == ("popularity", "recent-popularity")
        for model in (Popularity, RecentPopularity):
            fitted = model().fit(even_model.data)
            np.testing.assert_array_equal(even_model.fusion.members[model.name].popularity, fitted.popularity)

    def test_what_waits_for_the_next_fit_is_said(self, even_model):
        ease = even_model.fusion.members["ease"]
        assert even_model.update(rows(("u00", "i15", 5.0))).waiting == ("ease",)
        assert even_model.fusion.members["ease"] is ease

    def test_what_is_not_liked_is_seen_and_nothing_more(self, even_model):
        before = even_model.recommend("u00", k=16)
        disliked = before.item_ids[0]
        update = even_model.update(rows(("u00", disliked, 1.0)))
        assert (update.events, update.liked) == (1, 0)  # the workspace's rule: rating >= 4
        after = even_model.recommend("u00", k=16)
        assert after.item_ids == before.item_ids[1:]

    def test_the_same_events_again_change_nothing(self, even_model):
        events = rows(("u00", "i15", 5.0), ("new", "i01", 4.0))
        even_model.update(events)
        once = even_model.recommend("new", k=16)
        update = even_model.update(events)
        assert update.new_users == ()
        again = even_model.recommend("new", k=16)
        assert again.item_ids == once.item_ids
        np.testing.assert_array_equal(again.scores, once.scores)

    def test_columns_that_are_missing_are_done_without(self, even_model):
        bare = pl.DataFrame({"user_id": ["u00"], "item_id": ["i15"], "rating": [5]})
        latest = even_model.data.times.data.max()
        assert even_model.update(bare).liked == 1
        row = even_model.data.times[[even_model.users.index("u00")]]
        assert row.data[row.indices == 15] == [latest]
        with pytest.raises(DataError, match="there is no column 'user_id'"):
            even_model.update(bare.rename({"user_id": "who"}))

    def test_events_of_unknown_items_are_listed_and_bad_rows_numbered(self, even_model):
        table = rows(("u00", "i15", 5.0), ("u00", "zz", 5.0), ("u01", "zz", 5.0), ("", "i03", 5.0))
        update = even_model.update(table)
        assert update.events == 1
        assert update.unknown_items == ("zz",)
        assert dict(update.rejected.counts()) == {"unknown item": 2, "user id is empty": 1}
        even_model.add_items(pl.DataFrame({"item_id": ["zz"], "words": ["ember"]}))
        assert even_model.update(table).unknown_items == ()
        assert "zz" not in even_model.recommend("u00", k=20).item_ids

    def test_events_made_by_hand_are_taken_too(self, even_model):
        items = [*even_model.catalog.items][::-1]
        events = sn.Events.from_frame(
            rows(("new", "i15", 5.0)), items=sn.Catalog.from_frame({"item_id": items}).items
        )
        assert even_model.update(events).new_users == ("new",)
        row = even_model.data.interactions[[even_model.users.index("new")]]
        assert even_model.catalog.items.ids_at(row.indices) == ["i15"]

    def test_no_events_change_nothing(self, even_model):
        before = even_model.recommend("u00", k=16)
        update = even_model.update(rows())
        assert (update.events, update.users) == (0, ())
        assert even_model.recommend("u00", k=16).item_ids == before.item_ids

    def test_it_is_kept_when_the_model_is_saved(self, even_model, tmp_path):
        even_model.update(rows(("new", "i00", 5.0)))
        restored = sn.load(sn.save(even_model, tmp_path))
        assert restored.n_learnt == 12
        assert restored.recommend("new", k=5).item_ids == even_model.recommend("new", k=5).item_ids


CELLS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 9)), max_size=12)


def table(cells, n_rows):
    kept = {(row, column): value for row, column, value in cells if row < n_rows}
    coordinates = ([row for row, _ in kept], [column for _, column in kept])
    values = np.asarray(list(kept.values()), dtype=np.float32)
    return sparse.csr_array((values, coordinates), shape=(n_rows, 4)), kept


@settings(max_examples=200)
@given(CELLS, CELLS, st.sampled_from(["larger", "later"]))
def test_joining_equals_a_dictionary(old_cells, new_cells, keep):
    old, known = table(old_cells, 3)
    new, more = table(new_cells, 5)
    expected = dict(known)
    for cell, value in more.items():
        expected[cell] = max(value, known.get(cell, value)) if keep == "larger" else value
    found = joined(old, new, keep=keep)
    assert found.shape == (5, 4)
    coordinates = sparse.coo_array(found).coords
    assert (
        dict(zip(zip(*(c.tolist() for c in coordinates), strict=True), found.data.tolist(), strict=True))
        == expected
    )
