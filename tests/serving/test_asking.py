"""Who tells of everything with the question is answered as somebody whom a model knows."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serving.test_exclude_seen import LOG
from tests.serving.views import assert_same, view_of
from tests.training import test_circumstances, test_fit_users, test_searches

import sensorium as sn
from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.strength import EventRules, RatingScale
from sensorium.core.vocabulary import Vocabulary
from sensorium.serving.asking import Asking, AskingEvent, _read_as_table, _read_plainly
from sensorium.serving.fit_record import ReadingRules


def told(log, user, **columns):
    """Return what `user` did by a table; `columns` are parts of an event and the table's columns."""
    rows = log.filter(pl.col("user_id").cast(pl.String) == user).to_dicts()
    named = {"item_id": "item_id"} | columns
    return [AskingEvent(**{part: row[column] for part, column in named.items()}) for row in rows]


SAYS = {"view": 0.2, "cart": 0.5, "purchase": 1.0, "dislike": -1.0}


def typed_log():
    rng = np.random.default_rng(2)
    rows = []
    for user in range(30):
        for step, item in enumerate(rng.choice(20, 8)):
            kind = rng.choice(list(SAYS), p=[0.5, 0.2, 0.2, 0.1])
            count = int(rng.integers(1, 4))
            rows.append((f"u{user}", f"i{item}", str(kind), count, 1_700_000_000.0 + 3600 * step + user))
    names = ["user_id", "item_id", "type", "quantity", "timestamp"]
    return pl.DataFrame(rows, schema=names, orient="row")


ITEMS = Vocabulary([f"i{n}" for n in range(20)], name="item")
ROWS = st.lists(
    st.tuples(
        st.sampled_from([f"i{n}" for n in range(20)]),
        st.none() | st.sampled_from([*SAYS, "Purchase ", "no such type", "downvote", "stars"]),
        st.none(),
        st.none() | st.floats(-5, 5, width=32),
        st.none() | st.floats(0, 9, width=32),
        st.none() | st.floats(0, 1, width=32),
        st.none() | st.floats(0, 2e9),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def shop():
    items = pl.DataFrame(
        {"item_id": [f"i{n}" for n in range(20)], "kind": [("mug", "lamp")[n % 2] for n in range(20)]}
    )
    catalog = sn.Catalog.from_frame(items, category="kind")
    events = sn.Events.from_frame(typed_log(), items=catalog.items, count="quantity", strength=SAYS)
    return sn.fit(catalog, events, seconds=1, seen=["purchase"])


class TestTypesAndStrengths:
    def test_events_by_their_types_and_counts_say_what_they_say_to_a_fit(self, shop, tmp_path):
        view, log = view_of(shop, tmp_path / "bundle"), typed_log()
        for user in ("u0", "u1", "u2", "u3"):
            events = told(log, user, type="type", count="quantity", timestamp_s="timestamp")
            mine = view.recommend(Asking(events), k=20)
            assert_same(mine.items, shop.recommend(user, k=20), rtol=1e-4)
            for seen in (["purchase"], ["view", "cart"], True, False):
                mine = view.recommend(Asking(events), k=20, seen=seen).items
                assert mine.item_ids == shop.recommend(user, k=20, exclude_seen=seen).item_ids

    @given(rows=ROWS, said=st.sampled_from([SAYS, {}, SAYS | {"stars": 0.7}, {"stars": 1.0}]))
    def test_events_are_read_at_once_as_they_are_read_of_a_table(self, rows, said):
        columns = EventColumns(type="type", value="stars", count="quantity", portion="share")
        for scale in (None, RatingScale(3.4, 1.2)):
            rules = ReadingRules(columns, EventRules(strength=said, scale=scale))
            events = [AskingEvent(*row) for row in rows]
            mine, plain = (read(events, rules, ITEMS) for read in (_read_plainly, _read_as_table))
            for name in ("user", "item", "value", "time", "strength", "count"):
                np.testing.assert_array_equal(getattr(mine, name), getattr(plain, name), name)
            assert (mine.columns, mine.rules) == (plain.columns, plain.rules)
            types = [None if one.types is None else one.types.to_list() for one in (mine, plain)]
            assert types[0] == types[1]

    def test_strengths_that_are_said_count_as_those_of_the_rules(self, shop, tmp_path):
        view, log = view_of(shop, tmp_path / "bundle"), typed_log()
        events = told(log, "u0", type="type", count="quantity", timestamp_s="timestamp")
        said = shop.record.events.rules
        assert said.strength
        strong = [
            AskingEvent(
                e.item_id,
                type=e.type,
                strength=SAYS[e.type] * np.log2(1 + e.count),
                count=e.count,
                timestamp_s=e.timestamp_s,
            )
            for e in events
        ]
        one, other = view.recommend(Asking(events), k=20), view.recommend(Asking(strong), k=20)
        assert_same(one.items, other.items)

    def test_the_order_of_events_does_not_matter(self, shop, tmp_path):
        view = view_of(shop, tmp_path / "bundle")
        events = told(typed_log(), "u4", type="type", count="quantity", timestamp_s="timestamp")
        turned = view.recommend(Asking(events[::-1]), k=20).items
        assert_same(turned, view.recommend(Asking(events), k=20).items)

    def test_reasons_say_what_was_done_with_each_item(self, shop, tmp_path):
        view = view_of(shop, tmp_path / "bundle")
        events = told(typed_log(), "u0", type="type", count="quantity", timestamp_s="timestamp")
        mine = view.recommend(Asking(events), k=5, explain=True).items
        known = shop.recommend("u0", k=5, explain=True)
        verbs = lambda answer: [[r.event for r in reasons] for reasons in answer.reasons]  # noqa: E731
        assert verbs(mine) == verbs(known)


def test_attributes_count_and_those_that_are_not_known_are_named(tmp_path):
    catalog, events, users = test_fit_users.tables()
    model = sn.fit(catalog, events, users=users, seconds=0.5)
    view = view_of(model, tmp_path / "bundle")
    for attributes in ({"job": "cook"}, {"job": "pilot", "age": 52}, {"age": 24}):
        mine = view.recommend(Asking(attributes=attributes), k=8)
        assert_same(mine.items, model.recommend(attributes=attributes, k=8))
        assert mine.ignored == ()
    odd = view.recommend(Asking(attributes={"job": "cook", "town": "Ulm", "age": "old"}), k=8)
    assert_same(odd.items, model.recommend(attributes={"job": "cook"}, k=8))
    assert len(odd.ignored) == 2
    assert "town" in odd.ignored[0]
    assert "no number" in odd.ignored[1]


def test_whom_somebody_follows_counts(tmp_path):
    catalog, events, users = test_fit_users.followed_tables()
    model = sn.fit(catalog, events, users=users, seconds=0.5)
    view = view_of(model, tmp_path / "bundle")
    mine = view.recommend(Asking(follows=["u1", "u3", "u5", "nobody"]), k=6, language="en")
    assert_same(mine.items, model.recommend("newcomer", k=6))
    assert "people you follow chose it" in mine.sentences[0]


def test_circumstances_count_and_time_tells_hours(tmp_path):
    model = sn.fit(*test_circumstances.tables(), seconds=0.5)
    view = view_of(model, tmp_path / "bundle")
    night = model.recommend(context={"hour": 21, "device": "tv"}, k=8)
    assert_same(view.recommend(Asking(context={"hour": "21", "device": "tv"}), k=8).items, night)
    late = Asking(context={"device": "tv"}, now_s=test_circumstances.START + 21 * 3600.0)
    assert_same(view.recommend(late, k=8).items, night)
    odd = view.recommend(Asking(context={"device": "watch"}), k=8)
    assert "watch" in odd.ignored[0]


def test_searches_tell_of_taste(tmp_path):
    model = sn.fit(test_searches.catalog(), test_searches.events(), model="user-searches", seconds=0.1)
    view = view_of(model, tmp_path / "bundle")
    mine = view.recommend(Asking(searches=["belts", "hats"]), k=12, language="en")
    assert_same(mine.items, model.recommend(searches=["belts", "hats"], k=12))
    assert mine.ignored == ()
    assert "hats" in " ".join(mine.sentences)


def test_types_of_events_take_items_off_as_in_a_model(tmp_path):
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": list("abcdefgh")}))
    model = sn.fit(catalog, sn.Events.from_frame(LOG, items=catalog.items), model="popularity")
    view = view_of(model, tmp_path / "bundle")
    mine = Asking(
        [AskingEvent("a", type="purchase", strength=1.0), AskingEvent("b", type="view", strength=1.0)]
    )
    assert "a" not in view.recommend(mine, k=20, seen=["purchase"]).items.item_ids
    assert "b" in view.recommend(mine, k=20, seen=["purchase"]).items.item_ids
    assert {"a", "b"} <= set(view.recommend(mine, k=20, seen=False).items.item_ids)
    assert not {"a", "b"} & set(view.recommend(mine, k=20, seen=True).items.item_ids)
