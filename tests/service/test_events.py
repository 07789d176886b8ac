"""Events and users over HTTP."""

from collections import Counter
from functools import partial
from urllib.parse import quote
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.service.threads import at_once


def event(event_id: str, user: str = "u", item: str = "a", **more: object) -> dict[str, object]:
    return {"event_id": event_id, "user_id": user, "item_id": item, **more}


def totals(tenant, user: str) -> dict[tuple[str, str], tuple[object, ...]]:
    from sensorium.service.events.models import UserItem

    rows = UserItem.objects.of(tenant).filter(user_id=user)
    return {
        (row.item_id, row.type): (row.events, row.often, row.value, row.portion, row.time_s) for row in rows
    }


def test_an_event_that_is_sent_again_counts_once(service, tenant):
    sent = event("e1", type="view", count=3, timestamp=100)
    assert service.post("/api/events", sent).ok()["stored"] == 1
    again = service.post("/api/events", [sent, event("e2", type="view", timestamp=50), sent]).ok()
    assert (again["stored"], again["repeated"]) == (1, 2)
    assert [row["status"] for row in again["rows"]] == ["repeated", "stored", "repeated"]
    assert totals(tenant, "u") == {("a", "view"): (2, 4.0, None, None, 100.0)}


def test_a_repeat_within_one_request_counts_once(service, tenant):
    answer = service.post("/api/events", [event("e"), event("e", item="b")]).ok()
    assert [row["status"] for row in answer["rows"]] == ["stored", "repeated"]
    assert set(totals(tenant, "u")) == {("a", "")}


def test_one_bad_row_harms_no_other(service):
    rows = [
        event("1"),
        {"user_id": "u"},
        event("2", user="\x00"),
        event("3", count=-1),
        event("4", portion=1.5),
        event("5", timestamp="2026-11-29T08:30:00"),
        event("6", timestamp="2026-02-31T08:30:00Z"),
        event("7", timestamp=1e15),
        event("8", value="5"),
        event("9", colour="red"),
        None,
        event("10", value=10**400),
        event("11", user=5),
        event("12", timestamp="2026-11-29T08:30:00+08:00", session_id="s", request_id="r", portion=0.5),
    ]
    answer = service.post("/api/events", rows).ok()
    assert [row["index"] for row in answer["rows"] if row["status"] == "stored"] == [0, 13]
    places = {row["index"]: row["errors"][0]["where"] for row in answer["rows"] if row["errors"]}
    assert places[1] == "item_id"
    assert places[3] == "count"
    assert places[9] == "colour"
    assert all(row["errors"][0]["detail"] for row in answer["rows"] if row["status"] == "failed")
    (last, _) = service.get("/api/users/u/events").ok()["events"]
    assert (last["timestamp"], last["portion"], last["session_id"]) == (1795912200.0, 0.5, "s")


def test_items_that_nobody_knows_are_named_and_their_events_are_kept(service):
    service.post("/api/items", {"id": "a"}).ok()
    answer = service.post("/api/events", [event("1"), event("2", item="x"), event("3", item="x")]).ok()
    assert (answer["stored"], answer["unknown_items"]) == (3, ["x"])


def test_the_last_event_by_time_says_value_and_portion(service, tenant):
    service.post("/api/events", [event("1", value=5, timestamp=200), event("2", value=1, timestamp=100)]).ok()
    assert totals(tenant, "u")[("a", "")] == (2, 2.0, 5.0, None, 200.0)
    service.post("/api/events", event("3", value=2, timestamp=200)).ok()
    assert totals(tenant, "u")[("a", "")] == (3, 3.0, 2.0, None, 200.0)


def test_a_guest_becomes_a_member(service, tenant):
    service.put("/api/users/g", {"attributes": {"age": 20, "city": "X"}, "follows": ["z"]}).ok()
    service.put("/api/users/m", {"attributes": {"age": 30}}).ok()
    service.post("/api/events", [
        event("1", "g", "a", count=2, timestamp=1), event("2", "m", "a", timestamp=2), event("3", "g", "b")
    ]).ok()  # fmt: skip
    answer = service.post("/api/users/g/merge", {"into": "m"}).ok()
    assert answer["events"] == 2
    assert answer["user"]["attributes"] == {"age": 30, "city": "X"}
    assert answer["user"]["follows"] == ["z"]
    assert totals(tenant, "m")[("a", "")] == (2, 3.0, None, None, 2.0)
    assert totals(tenant, "g") == {}
    service.get("/api/users/g").problem("unknown-user")
    service.post("/api/users/m/merge", {"into": "m"}).problem("invalid")


def test_a_user_is_exported_and_forgotten(service, tenant):
    path = f"/api/users/{quote('a/b 太空', safe='')}"
    service.put(path, {"attributes": {"age": 3, "none": None}, "follows": ["x", "y", "x"]}).ok()
    service.post("/api/events", [event(str(n), "a/b 太空", f"i{n}", timestamp=n) for n in range(5)]).ok()
    everything = service.get(f"{path}/export").ok()
    assert everything["attributes"] == {"age": 3}
    assert everything["follows"] == ["x", "y"]
    assert [one["item_id"] for one in everything["events"]] == ["i0", "i1", "i2", "i3", "i4"]
    page = service.get(f"{path}/events?limit=3").ok()
    rest = service.get(f"{path}/events?limit=3&cursor={page['next_cursor']}").ok()
    assert [one["item_id"] for one in page["events"] + rest["events"]] == ["i4", "i3", "i2", "i1", "i0"]
    assert service.delete(f"{path}/events").ok() == {"events": 5}
    assert totals(tenant, "a/b 太空") == {}
    assert service.get(path).ok()["attributes"] == {"age": 3}
    service.post("/api/events", event("9", "a/b 太空")).ok()
    assert service.delete(path).ok() == {"events": 1}
    for method, place in [
        ("GET", path),
        ("DELETE", path),
        ("GET", f"{path}/events"),
        ("GET", f"{path}/export"),
    ]:
        service(method, place).problem("unknown-user")
    assert service.get("/api/users").ok()["users"] == []


def test_events_from_many_threads_are_each_counted_once(service, tenant):
    from sensorium.service.events.models import Event
    from sensorium.service.events.store import NewEvent, store_events
    from sensorium.service.events.users import merge_users

    def send(seed: int) -> None:
        for n in range(12):
            # Half of the ids are shared by all threads, and all write to the same few users.
            ids = [f"shared-{n}-{k}" for k in range(4)] + [f"{seed}-{n}-{k}" for k in range(4)]
            rows = [NewEvent(name, f"u{crc32(name.encode()) % 3}", f"i{len(name) % 5}") for name in ids]
            store_events(tenant, rows if seed % 2 else rows[::-1])

    def merge() -> None:
        for n in range(12):
            merge_users(tenant, f"u{n % 3}", "member")

    at_once(*(partial(send, seed) for seed in range(4)), merge)
    stored = Event.objects.of(tenant).values_list("user_id", "item_id")
    assert len(stored) == 12 * 4 * 5
    counted = Counter(stored)
    users = ("u0", "u1", "u2", "member")
    assert {
        (user, item): held[0] for user in users for (item, _), held in totals(tenant, user).items()
    } == counted


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["u", "v"]), st.sampled_from(["x", "y"]),
        st.sampled_from([None, 1.0, 2.0]), st.sampled_from([None, 0.0, 3.0]),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(EVENTS, max_size=4))
def test_totals_of_parts_are_the_totals_of_all(parts):
    from sensorium.service.events.store import NewEvent, totals_of

    def made(rows: object) -> list[NewEvent]:
        return [NewEvent(a, u, i, "", value=v, time_s=t) for a, u, i, v, t in rows]

    together = totals_of(made([row for part in parts for row in part]))
    step = {}
    for part in parts:
        for key, total in totals_of(made(part)).items():
            if key in step:
                step[key].add(total)
            else:
                step[key] = total
    assert step == together
