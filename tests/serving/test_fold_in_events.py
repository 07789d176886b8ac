"""New events take effect at the next request, without a refit, and what waits is said."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import DataError, UnknownIdError
from sensorium.core.vocabulary import Vocabulary
from sensorium.evaluation.splits import known_items
from sensorium.features.block import FeatureBlock
from sensorium.models.popularity import Popularity, RecentPopularity
from sensorium.models.shared.recency import data_span
from sensorium.serving.fold_in_events import extend_seen, fold_in_events
from sensorium.training.training_data import training_data


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
        own = even_model.data.times[[even_model.users.index("u00")]].data.max()
        now = max(data_span(even_model.data).end, own)
        assert even_model.update(bare).liked == 1
        row = even_model.data.times[[even_model.users.index("u00")]]
        assert row.data[row.indices == 15] == [now]
        with pytest.raises(DataError, match="there is no column 'user_id'"):
            even_model.update(bare.rename({"user_id": "who"}))

    @pytest.mark.parametrize(
        ("positive", "n_liked"),
        [([], 1), (["rating >= 4"], 0), (["value >= 4", "buy"], 0), (["place = shop", "buy"], 0)],
    )
    def test_an_event_without_what_a_rule_compares_is_seen_and_not_liked_by_it(self, positive, n_liked):
        items = pl.DataFrame({"item_id": list("abcdef"), "words": list("uvwxyz")})
        catalog = sn.Catalog.from_frame(items, id="item_id", text=["words"])
        log = pl.DataFrame(
            {
                "user_id": ["x", "x", "y", "y"],
                "item_id": list("abca"),
                "stars": [5, 4, 5, 1],
                "kind": ["buy", "view", "buy", "view"],
                "place": ["shop"] * 4,
            }
        )
        events = sn.Events.from_frame(
            log,
            items=catalog.items,
            value="stars",
            type="kind",
            positive=[one.replace("rating", "stars") for one in positive],
        )
        model = sn.fit(catalog, events, model=sn.models.Popularity())
        bare = pl.DataFrame({"user_id": ["x"], "item_id": ["d"]})
        update = model.update(bare)
        assert (update.events, update.liked) == (1, n_liked)
        assert "d" not in model.recommend("x", k=6).item_ids
        assert model.update(bare.with_columns(kind=pl.lit("buy"))).liked == int(
            "buy" in positive or not positive
        )
        assert model.update(bare.with_columns(stars=5)).liked == int(positive != ["place = shop", "buy"])
        assert dict(model.update(bare).rejected.counts()) == {}

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
            rows(("new", "i15", 5.0), ("other", "zz", 5.0)),
            items=sn.Catalog.from_frame({"item_id": ["zz", *items]}).items,
        )
        update = even_model.update(events)
        assert update.new_users == ("new",), "nothing is known of who met unknown items alone"
        assert update.unknown_items == ("zz",)
        assert "other" not in even_model.users
        row = even_model.data.interactions[[even_model.users.index("new")]]
        assert even_model.catalog.items.ids_at(row.indices) == ["i15"]

    def test_no_events_change_nothing(self, even_model):
        before = even_model.recommend("u00", k=16)
        update = even_model.update(rows())
        assert (update.events, update.users) == (0, ())
        assert even_model.recommend("u00", k=16).item_ids == before.item_ids

    def test_an_older_rating_leaves_the_later_one_also_in_a_bundle_and_after_new_items(
        self, even_model, tmp_path
    ):
        def rated(model):
            row = model.data.ratings[[model.users.index("u00")]]
            return dict(zip(model.catalog.items.ids_at(row.indices), row.data.tolist(), strict=True))

        even_model.update(rows(("u00", "i15", 1.0)))
        older = rows(("u00", "i15", 2.0)).with_columns(timestamp=pl.lit(1_999_999_999))
        restored = sn.load(even_model.save(tmp_path / "model"))
        restored.add_items(pl.DataFrame({"item_id": ["zz"], "words": ["ember"]}))
        for model in (even_model, restored):
            model.update(older)
            assert rated(model)["i15"] == 1.0
            model.update(rows(("u00", "i15", 3.0)))
            assert rated(model)["i15"] == 3.0

    def test_it_is_kept_when_the_model_is_saved(self, even_model, tmp_path):
        even_model.update(rows(("new", "i00", 5.0)))
        restored = sn.load(even_model.save(tmp_path))
        assert restored.n_learnt == 12
        assert restored.recommend("new", k=5).item_ids == even_model.recommend("new", k=5).item_ids


class TestFolding:
    """What new events do to the matrices that were learnt from."""

    LOG = (
        ("u", "a", 5.0, 100.0),
        ("u", "b", 4.0, 300.0),
        ("v", "a", 1.0, 200.0),
        ("v", "c", 4.0, 50.0),
    )
    ITEMS = Vocabulary(["a", "b", "c"])

    def events(self, log, users=None):
        names = {"user_id": pl.String, "item_id": pl.String, "rating": pl.Float64, "timestamp": pl.Float64}
        frame = pl.DataFrame(list(log), schema=names, orient="row")
        return sn.Events.from_frame(frame, items=self.ITEMS, users=users, positive=["rating >= 4"])

    def folded(self, *new):
        old = self.events(self.LOG)
        blocks = {"image:x": FeatureBlock("image:x", np.eye(3, dtype=np.float32), np.ones(3, dtype=bool))}
        more = self.events(new, users=old.users)
        return fold_in_events(training_data(old, blocks), more, old.rating_times()).data, more.users, blocks

    def cell(self, matrix, users, user, item):
        return matrix.toarray()[users.index(user), self.ITEMS.index(item)]

    @pytest.mark.parametrize("rating", [1.0, 2.0, 4.5])
    def test_a_later_rating_of_a_known_user_replaces_the_one_before_also_a_lower_one(self, rating):
        data, users, _ = self.folded(("u", "a", rating, 900.0))
        assert self.cell(data.ratings, users, "u", "a") == rating
        assert self.cell(data.ratings, users, "v", "a") == 1.0
        assert self.cell(data.interactions, users, "u", "a") == 1.0, "what was liked once stays liked"

    def test_of_several_new_ratings_the_last_in_time_counts(self):
        data, users, _ = self.folded(("u", "a", 2.0, 950.0), ("u", "a", 3.0, 900.0))
        assert self.cell(data.ratings, users, "u", "a") == 2.0

    def test_an_older_rating_does_not_replace_a_later_one_whether_that_is_liked_or_not(self):
        data, users, _ = self.folded(("v", "a", 4.0, 199.0), ("u", "a", 2.0, 99.0), ("u", "b", 1.0, 300.0))
        assert self.cell(data.ratings, users, "v", "a") == 1.0
        assert self.cell(data.interactions, users, "v", "a") == 1.0, "liked it was all the same"
        assert self.cell(data.ratings, users, "u", "a") == 5.0
        assert self.cell(data.ratings, users, "u", "b") == 1.0, "of two at once the new one counts"

    def test_where_nothing_says_when_ratings_were_given_what_was_liked_tells(self):
        old = self.events(self.LOG)
        new = self.events((("u", "a", 2.0, 99.0), ("v", "a", 3.0, 99.0)), users=old.users)
        folded = fold_in_events(training_data(old, {}), new, None)
        assert self.cell(folded.data.ratings, new.users, "u", "a") == 5.0
        assert self.cell(folded.data.ratings, new.users, "v", "a") == 3.0
        assert self.cell(folded.rated_at, new.users, "u", "a") == 100.0

    def test_a_rating_of_zero_is_kept(self):
        data, users, _ = self.folded(("u", "a", 0.0, 900.0), ("w", "b", 0.0, 900.0))
        assert data.ratings.nnz == len(self.LOG) + 1
        assert self.cell(data.ratings, users, "u", "a") == 0.0

    def test_the_latest_meeting_counts_whatever_order_events_come_in(self):
        data, users, _ = self.folded(("u", "a", 5.0, 400.0), ("u", "b", 5.0, 10.0))
        assert self.cell(data.times, users, "u", "a") == 400.0
        assert self.cell(data.times, users, "u", "b") == 300.0

    def test_an_event_without_a_time_happens_now(self):
        data, users, _ = self.folded(("u", "a", 5.0, None), ("w", "c", 5.0, 120.0))
        assert self.cell(data.times, users, "u", "a") == 300.0
        data, users, _ = self.folded(("u", "a", 5.0, None), ("w", "c", 5.0, 700.0))
        assert self.cell(data.times, users, "u", "a") == 700.0

    def test_new_users_stand_beneath_and_what_is_not_liked_grows_no_history(self):
        data, users, blocks = self.folded(("w", "c", 1.0, 700.0), ("x", "b", 5.0, 800.0))
        assert data.interactions.shape == data.times.shape == data.ratings.shape == (4, 3)
        assert self.cell(data.interactions, users, "w", "c") == 0.0
        assert self.cell(data.interactions, users, "x", "b") == 1.0
        assert self.cell(data.ratings, users, "w", "c") == 1.0
        assert data.blocks is blocks

    def test_folding_equals_reading_all_events_at_once(self):
        new = (("u", "c", 5.0, 500.0), ("v", "c", 2.0, 600.0), ("w", "a", 4.0, 700.0), ("v", "b", 4.0, 650.0))
        data, _, _ = self.folded(*new)
        whole = training_data(self.events(self.LOG + new), {})
        for name in ("interactions", "times", "ratings"):
            np.testing.assert_array_equal(getattr(data, name).toarray(), getattr(whole, name).toarray())

    def test_what_is_known_grows_by_every_event_liked_or_not(self):
        old = self.events(self.LOG)
        new = self.events((("u", "c", 1.0, 500.0), ("w", "a", 5.0, 500.0)), users=old.users)
        found = extend_seen(known_items(old), new)
        assert found.toarray().tolist() == [[1, 1, 1], [1, 0, 1], [1, 0, 0]]
