"""Answers over HTTP, by a real bundle and before there is one."""

import time
from urllib.parse import urlencode

import numpy as np
import polars as pl
import pytest
from tests.service.answering import BLUE, RED, colours, ids, liked, recommended, two_colour_shop
from tests.service.conftest import make_workspace


@pytest.fixture
def shop(service, tenant, fitted_workspace):
    return two_colour_shop(service, tenant, fitted_workspace)


def test_a_user_gets_what_the_view_says_with_its_bundle_and_paths(shop, tenant):
    from sensorium.service.engine.holder import view_of
    from sensorium.service.engine.people import Who, asking_of

    got = recommended(shop, "u00", k=5)
    held = view_of(tenant)
    told = held.view.recommend(asking_of(tenant, Who("u00")), k=5)
    assert ids(got) == list(told.items.item_ids)
    np.testing.assert_allclose([one["score"] for one in got["items"]], told.items.scores, rtol=1e-4)
    assert got["bundle"] == held.view.bundle
    assert got["view"] == held.sequence > 0
    assert all(one["path"] for one in got["items"])
    assert len(got["request_id"]) >= 8
    assert got["simpler"] is None
    posted = shop.post("/api/recommend", {"user_id": "u00", "k": 5}).ok()
    assert posted["items"] == got["items"]


def test_an_event_counts_at_the_next_question(shop):
    before = recommended(shop, "guest", k=6)
    assert before["simpler"] == "no history"
    shop.post("/api/events", liked("guest", RED)).ok()
    red = recommended(shop, "guest", k=3)
    assert colours(red) == {0}
    assert not set(ids(red)) & set(RED)
    shop.post("/api/events", liked("other", BLUE)).ok()
    assert colours(recommended(shop, "other", k=3)) == {1}


def test_events_that_the_fit_never_saw_the_like_of_harm_no_answer(shop):
    odd = [
        {"event_id": "1", "user_id": "odd", "item_id": "i00"},
        {"event_id": "2", "user_id": "odd", "item_id": "i02", "type": "never heard of", "count": 3},
        {"event_id": "3", "user_id": "odd", "item_id": "elsewhere", "type": "view", "portion": 0.5},
        {"event_id": "4", "user_id": "odd", "item_id": "i04", "type": "click", "value": -1e300},
    ]
    for n in range(1, 5):
        shop.post("/api/events", odd[:n]).ok()
        shop.put("/api/users/odd", {"attributes": {"age": "x"}, "follows": ["u00"]}).ok()
        got = shop.post("/api/recommend", {"user_id": "odd", "k": 3, "context": {"device": "tv"}}).ok()
        assert len(got["items"]) == 3
    assert any("elsewhere" in one for one in got["ignored"])


def test_user_and_history_are_asked_together(shop):
    assert colours(shop.post("/api/recommend", {"history": RED, "k": 3}).ok()) == {0}
    told = [{"item_id": item, "type": "click", "value": 5} for item in BLUE]
    assert colours(shop.post("/api/recommend", {"history": told, "k": 3}).ok()) == {1}
    shop.post("/api/events", liked("both", RED[:2])).ok()
    both = shop.post("/api/recommend", {"user_id": "both", "history": [RED[2]], "k": 3}).ok()
    assert not set(ids(both)) & set(RED)
    unknown = shop.post("/api/recommend", {"history": ["nowhere"], "k": 3}).ok()
    assert "nowhere" in unknown["ignored"][0]


def test_wishes_limits_words_and_deadline(shop):
    wished = shop.post("/api/recommend", {"like": {"colour": ["blue"]}, "steer": 1.0, "k": 4}).ok()
    assert colours(wished) == {1}
    words = shop.post("/api/recommend", {"text": "ocean glacier", "steer": 1.0, "k": 3}).ok()
    assert colours(words) == {1}
    limited = shop.post("/api/recommend", {"user_id": "u00", "allow": RED, "deny": [RED[0]], "seen": False})
    assert set(ids(limited.ok())) == set(RED[1:])
    explained = recommended(shop, "u00", k=2, explain=True, language="zh")
    for item in explained["items"]:
        assert item["because"]
        assert abs(sum(one["contribution"] for one in item["reasons"]) - item["score"]) < 0.01
    late = shop.post("/api/recommend", {"user_id": "u00", "k": 3, "deadline_s": 0}).ok()
    assert late["simpler"] == "deadline"
    assert len(late["items"]) == 3
    shop.post("/api/recommend", {"where": ["colour=green"]}).problem("cannot-answer")
    shop.post("/api/recommend", {"where": ["nonsense"]}).problem("cannot-answer")
    assert len(ids(shop.post("/api/recommend", {"k": 2.0}).ok())) == 2
    for wrong in (0, True, "2", 2.5):
        shop.post("/api/recommend", {"k": wrong}).problem("invalid")


def test_filters_equal_brute_force(shop, tenant):
    from sensorium.service.engine.holder import view_of

    frame = view_of(tenant).view.model.catalog.frame
    colour = dict(zip(frame["item_id"], frame["colour"], strict=True))
    rng = np.random.default_rng(0)
    every = sorted(colour)
    for _ in range(30):
        where = [[], ["colour=red"], ["colour=blue"], ["colour!=red"]][rng.integers(4)]
        allow = None if rng.random() < 0.4 else rng.choice(every, 8, replace=False).tolist()
        deny = rng.choice(every, rng.integers(6), replace=False).tolist()
        user, k = f"u{rng.integers(12):02d}", int(rng.integers(1, 9))
        everything = shop.post("/api/recommend", {"user_id": user, "k": 100}).ok()
        wanted = ("red",) if where == ["colour=red"] else ("blue",)
        brute = [
            item
            for item in ids(everything)
            if (not where or colour[item] in wanted) and (allow is None or item in allow) and item not in deny
        ][:k]
        asked = {"user_id": user, "k": k, "where": where, "allow": allow, "deny": deny}
        assert ids(shop.post("/api/recommend", asked).ok()) == brute, asked


def test_a_feed_repeats_nothing_and_events_in_between_take_effect(shop):
    for user in ("f1", "u03"):
        (shown, cursor), everything = ([], None), recommended(shop, user, k=100)
        for page in range(20):
            more = {"cursor": cursor} if cursor else {"feed": True}
            got = recommended(shop, user, k=3, **more)
            shown += ids(got)
            shop.post("/api/events", liked(user, ids(got)[:1], f"feed{page}")).ok()
            cursor = got["next_cursor"]
            if cursor is None:
                break
        assert sorted(shown) == sorted(ids(everything))
        assert cursor is None
    first = recommended(shop, "f2", k=3, feed=True)
    second = recommended(shop, "f2", k=3, cursor=first["next_cursor"])
    again = recommended(shop, "f2", k=3, cursor=first["next_cursor"])
    assert ids(again) == ids(second)
    shop.post("/api/events", liked("f2", RED)).ok()
    after = recommended(shop, "f2", k=2, cursor=second["next_cursor"])
    assert colours(after) == {0}
    foreign = shop.get(f"/api/users/f3/recommendations?cursor={first['next_cursor']}")
    foreign.problem("unknown-feed")
    shop.get("/api/users/f2/recommendations?cursor=none").problem("invalid")
    shop.delete("/api/users/f2").ok()
    shop.get(f"/api/users/f2/recommendations?cursor={first['next_cursor']}").problem("unknown-feed")


def test_own_candidates_are_ordered(shop):
    shop.post("/api/events", liked("guest", RED)).ok()
    asked = {"user_id": "guest", "candidates": ["i09", "i08", "nowhere", "i00"]}
    ranked = shop.post("/api/rank", asked).ok()
    assert set(ids(ranked)) == {"i09", "i08", "i00"}
    assert ids(ranked)[-1] == "i09"
    assert "nowhere" in ranked["ignored"][-1]


def test_similar_search_explain_and_sources(shop):
    assert colours(shop.get("/api/items/i00/similar?k=3").ok()) == {0}
    alike = shop.get("/api/items/i01/similar?by=image&k=3&where=colour%3Dblue&language=en").ok()
    assert colours(alike) == {1}
    assert alike["items"][0]["because"]
    shop.get("/api/items/nowhere/similar").problem("unknown-item")
    shop.get("/api/items/i00/similar?by=nothing").problem("cannot-answer")
    parts = [{"kind": "item", "value": "i00"}, {"kind": "item", "value": "i01", "weight": -1}]
    found = shop.post("/api/search", {"parts": parts, "k": 3}).ok()
    assert colours(found) == {0}
    parts[1]["value"] = "i02"
    assert "i02" not in ids(shop.post("/api/search", {"parts": parts, "k": 20}).ok())
    words = shop.post(
        "/api/search", {"parts": [{"kind": "words", "value": "ocean"}], "user_id": "u01", "k": 3}
    ).ok()
    assert words["nothing_close"] is not None
    shop.post("/api/search", {"parts": [{"kind": "item", "value": "nowhere"}]}).problem("unknown-item")
    only_against = {"parts": [{"kind": "words", "value": "ocean", "weight": -1}]}
    shop.post("/api/search", only_against).problem("cannot-answer")
    why = shop.get("/api/explain?user_id=u00&item_id=i09").ok()
    assert abs(sum(why["by_source"].values()) - why["score"]) < 0.01
    assert why["because"]
    shop.get("/api/explain?user_id=u00&item_id=nowhere").problem("unknown-item")
    told = shop.get("/api/users/u00/sources?k=3").ok()
    assert len(told["sources"]) >= 2
    assert all(len(rows) <= 3 for rows in told["sources"].values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_when_time_is_up_simpler_answers_come_and_say_so(shop):
    whole, late = ({"deadline_s": seconds, "k": 3} for seconds in (60, 0))
    for path in ("/api/items/i00/similar", "/api/users/u00/sources", "/api/explain?user_id=u00&item_id=i09"):
        for more, simpler in ((whole, None), (late, "deadline")):
            query = urlencode({**more} if "explain" not in path else {"deadline_s": more["deadline_s"]})
            got = shop.get(f"{path}{'&' if '?' in path else '?'}{query}").ok()
            assert got["simpler"] == simpler, path
    told = shop.get("/api/users/u00/sources?deadline_s=0").ok()
    assert len(told["sources"]) == 1
    assert any("no time" in one for one in told["ignored"])
    ranked = shop.post("/api/rank", {"user_id": "u00", "candidates": ["i09", "i08"], "deadline_s": 0}).ok()
    assert (ranked["simpler"], len(ranked["items"])) == ("deadline", 2)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_item_that_was_deleted_and_is_added_again_is_there_at_once(shop):
    asked = {"user_id": "guest", "k": 100}
    shop.delete("/api/items/i06").ok(204)
    shop.get("/api/items/i06/similar").problem("unknown-item")
    recommended(shop, "guest")  # by a view that knows it is gone
    shop.post("/api/items", {"id": "i06", "attributes": {"colour": "blue"}}).ok()
    assert "i06" in ids(shop.post("/api/recommend", asked | {"where": ["colour=blue"]}).ok())
    assert ids(shop.get("/api/items/i06/similar").ok())
    shop.get("/api/explain?user_id=u00&item_id=i06").ok()
    shop.delete("/api/items/i06").ok(204)
    shop.post("/api/items", {"id": "i06", "hidden": True}).ok()
    assert "i06" not in ids(shop.post("/api/recommend", asked).ok())
    assert ids(shop.get("/api/items/i06/similar").ok())
    shop.patch("/api/items/i06", {"hidden": False}).ok()
    assert "i06" in ids(shop.post("/api/recommend", asked).ok())


def test_items_that_are_hidden_edited_and_deleted_are_so_at_once(shop):
    asked = {"user_id": "guest", "k": 100}
    assert {"i06", "i08"} <= set(ids(shop.post("/api/recommend", asked).ok()))
    shop.patch("/api/items/i06", {"hidden": True}).ok()
    shop.delete("/api/items/i08")
    assert not {"i06", "i08"} & set(ids(shop.post("/api/recommend", asked).ok()))
    shop.get("/api/items/i08/similar").problem("unknown-item")
    shop.patch("/api/items/i06", {"hidden": False}).ok()
    assert "i06" in ids(shop.post("/api/recommend", asked).ok())
    shop.patch("/api/items/i06", {"attributes": {"colour": "blue"}}).ok()
    blue = shop.post("/api/recommend", asked | {"where": ["colour=blue"]}).ok()
    assert "i06" in ids(blue)
    assert "i06" not in ids(shop.post("/api/recommend", asked | {"where": ["colour=red"]}).ok())
    shop.post("/api/items", {"id": "fresh", "attributes": {"colour": "red"}}).ok()
    shop.get("/api/items/fresh/similar").problem("item-not-ready")


def test_items_that_came_with_the_bundle_need_no_edit(shop, tenant):
    from sensorium.service.engine.holder import view_of
    from sensorium.service.engine.overlays import overlay_since

    held = view_of(tenant)
    overlay = overlay_since(tenant, held.view.model.catalog, 0, held.sequence)
    assert overlay.edits == {}
    assert overlay.hidden == overlay.deleted == frozenset()


def test_a_segment_and_another_bundle_are_taken_up_at_the_next_question(shop, tenant, tmp_path):
    from tests.serving.views import new_rows

    from sensorium.service.engine.holder import view_of
    from sensorium.service.engine.models import EngineState
    from sensorium.service.engine.place import segments_of

    shop.post("/api/items", {"id": "r1", "attributes": {"colour": "red"}, "hidden": True}).ok()
    before = view_of(tenant)
    before.view.segment(pl.DataFrame(new_rows(tmp_path, ("r1", 0)))).save(segments_of(tenant))
    asked = {"history": RED, "k": 100}
    shop.post("/api/items", {"id": "unrelated"}).ok()
    assert "r1" not in ids(shop.post("/api/recommend", asked).ok())  # it is there, and hidden
    shop.patch("/api/items/r1", {"hidden": False}).ok()
    assert "r1" in ids(shop.post("/api/recommend", asked).ok())
    assert view_of(tenant).view.bundle == before.view.bundle
    EngineState.objects.of(tenant).update(bundle="gone")
    shop.post("/api/recommend", asked).problem("no-model")


def test_two_processes_never_answer_with_what_was(shop, tenant):
    """Each holder stands for a process: they share nothing but the database and the folders."""
    from sensorium.service.engine.holder import Holder

    holders = [Holder(), Holder()]
    for turn in range(24):
        hidden = turn % 4 < 2
        shop.patch("/api/items/i10", {"hidden": hidden}).ok()
        view = holders[turn % 2].current(tenant).view
        items = view.recommend(k=100).items.item_ids
        assert ("i10" in items) is not hidden


def test_other_tenants_are_asked_apart(shop):
    shop.post("/api/tenants", {"name": "other"}).ok(201)
    from sensorium.service.tenants.keys import make_key
    from sensorium.service.tenants.models import Tenant
    from sensorium.service.tenants.scopes import ALL

    key = make_key(Tenant.objects.get(name="other"), "k", ALL).text
    other = shop.with_key(key)
    other.get("/api/items/i00/similar").problem("unknown-item")
    assert recommended(other, "u00")["items"] == []
    mine = recommended(shop, "u00", k=2, feed=True)
    other.get(f"/api/users/u00/recommendations?cursor={mine['next_cursor']}").problem("unknown-feed")
    events_only = make_key(Tenant.objects.get(name="other"), "k", ["events:write"]).text
    shop.with_key(events_only).post("/api/recommend", {}).problem("missing-scope")


@pytest.fixture
def unfitted(service, tmp_path):
    from sensorium.service.engine.before_bundle import forget_counts
    from sensorium.service.engine.holder import forget_views

    forget_views()
    forget_counts()
    make_workspace(tmp_path)  # the settings say what columns are
    rows = []
    for n in range(9):
        said = {"title": f"Thing {n} {'kite' if n % 2 else 'ball'}", "genres": ["Toys", f"g{n % 3}"]}
        rows.append({"id": f"k{n}", "attributes": said | {"year": 2000 + n}})
    service.post("/api/items", rows).ok()
    for user in range(4):
        service.post("/api/events", liked(f"v{user}", [f"k{n}" for n in range(user + 1)])).ok()
    return service


def test_before_a_bundle_what_is_popular_answers(unfitted):
    got = recommended(unfitted, "new", k=4)
    assert ids(got) == ["k0", "k1", "k2", "k3"]
    assert [one["score"] for one in got["items"]] == [4, 3, 2, 1]
    assert (got["bundle"], got["simpler"], got["path"]) == (None, "no model", "popularity")
    assert ids(recommended(unfitted, "v1", k=2)) == ["k2", "k3"]
    unfitted.patch("/api/items/k2", {"hidden": True}).ok()
    unfitted.delete("/api/items/k3")
    assert ids(recommended(unfitted, "v1", k=2)) == ["k4", "k5"]
    late = recommended(unfitted, "new", k=2, where=["year>=2004", "genres=g1"])
    assert ids(late) == ["k4", "k7"]
    unfitted.get("/api/users/new/recommendations?where=colour%3Dred").problem("cannot-answer")
    first = recommended(unfitted, "new", k=3, feed=True)
    second = recommended(unfitted, "new", k=3, cursor=first["next_cursor"])
    assert len({*ids(first), *ids(second)}) == 6
    assert ids(unfitted.post("/api/rank", {"candidates": ["k8", "k1", "k0"]}).ok()) == ["k0", "k1", "k8"]


def test_before_a_bundle_labels_and_words_answer_and_nothing_else(unfitted):
    assert ids(unfitted.get("/api/items/k0/similar?k=2").ok()) == ["k3", "k6"]
    parts = [{"kind": "words", "value": "thing KITE"}, {"kind": "words", "value": "7", "weight": -0.5}]
    found = unfitted.post("/api/search", {"parts": parts, "k": 4}).ok()
    assert ids(found)[:3] == ["k1", "k3", "k5"]
    assert found["path"] == "words"
    unfitted.get("/api/items/k0/similar?by=behaviour").problem("no-model")
    for part in ({"kind": "item", "value": "k0"}, {"kind": "photo", "value": "bm9uZQ=="}):
        unfitted.post("/api/search", {"parts": [part]}).problem("no-model")
    unfitted.get("/api/explain?item_id=k0").problem("no-model")
    unfitted.get("/api/users/v1/sources").problem("no-model")


def test_an_answer_takes_no_longer_than_a_moment(shop):
    recommended(shop, "u00")
    begun = time.perf_counter()
    for _ in range(10):
        recommended(shop, "u00")
    assert (time.perf_counter() - begun) / 10 < 1.0
