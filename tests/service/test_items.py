"""Items over HTTP."""

from urllib.parse import quote

import pytest

ODD_IDS = [
    "a/b",
    "..c",
    "a b",
    "太空",
    "?x=1",
    "#",
    "%2F",
    "a%20b",
    "items/x/media/y",
    "é",
    "+",
    "\n",
    "'\"<",
]


def test_an_item_is_created_then_unchanged_then_updated(service):
    first = service.post("/api/items", {"id": "kite", "attributes": {"title": "Red kite"}}).ok()
    assert first["rows"] == [{"index": 0, "id": "kite", "status": "created", "errors": []}]
    assert (
        service.post("/api/items", {"id": "kite", "attributes": {"title": "Red kite"}}).ok()["unchanged"] == 1
    )
    changed = {"id": "kite", "attributes": {"title": "Blue kite", "year": 1}, "hidden": True}
    assert service.post("/api/items", changed).ok()["updated"] == 1
    item = service.get("/api/items/kite").ok()
    assert (item["attributes"], item["hidden"]) == ({"title": "Blue kite", "year": 1}, True)


def test_one_bad_row_harms_no_other(service):
    rows = [
        {"id": "a"},
        {"id": ""},
        "no row",
        {"id": "b", "attributes": {"x": "\x00"}},
        {"id": "c", "colour": "red"},
        {"id": "d", "attributes": {"n": [1, 2.5, "x", True]}},
        {"id": "a", "attributes": {"title": "later"}},
    ]
    answer = service.post("/api/items", rows).ok()
    assert [row["status"] for row in answer["rows"]] == [
        "superseded", "failed", "failed", "failed", "failed", "created", "created",
    ]  # fmt: skip
    assert answer["rows"][3]["errors"][0]["where"].startswith("attributes.x")
    assert answer["rows"][4]["errors"][0]["where"] == "colour"
    assert service.get("/api/items/a").ok()["attributes"] == {"title": "later"}
    assert service.get("/api/items/d").ok()["attributes"] == {"n": [1, 2.5, "x", True]}


def test_a_single_bad_row_is_refused_with_its_place(service):
    problem = service.post("/api/items", {"id": "a", "hidden": "yes"}).problem("invalid")
    assert problem["where"] == "hidden"


def test_more_rows_than_allowed_are_refused(service):
    problem = service.post("/api/items", [{"id": str(n)} for n in range(1001)]).problem("invalid")
    assert "1,000" in problem["detail"]


@pytest.mark.parametrize("item_id", ODD_IDS)
def test_any_id_can_be_sent_and_asked_for(service, item_id):
    service.post("/api/items", {"id": item_id, "attributes": {"title": item_id}}).ok()
    path = f"/api/items/{quote(item_id, safe='')}"
    assert service.get(path).ok()["id"] == item_id
    assert service.patch(path, {"attributes": {"n": 1}}).ok()["attributes"] == {"title": item_id, "n": 1}
    assert service.delete(path).status == 204
    service.get(path).problem("unknown-item")


@pytest.mark.parametrize("item_id", [".", "..", "", "x" * 257, "a\x00b", 5, None, "\ud800"])
def test_an_id_that_no_path_or_index_can_hold_is_refused(service, item_id):
    service.post("/api/items", {"id": item_id}).problem("invalid")


def test_a_part_of_a_path_that_is_no_utf8_leads_nowhere(service):
    service.get("/api/items/%ff").problem("unknown-path")


def test_a_patch_keeps_what_it_does_not_name_and_null_takes_out(service):
    service.post("/api/items", {"id": "a", "attributes": {"x": 1, "y": 2}, "hidden": True}).ok()
    item = service.patch("/api/items/a", {"attributes": {"x": None, "z": [1]}}).ok()
    assert (item["attributes"], item["hidden"]) == ({"y": 2, "z": [1]}, True)
    assert service.patch("/api/items/a", {"hidden": False}).ok()["hidden"] is False


def test_a_deleted_item_is_in_no_list_and_can_come_again(service):
    service.post("/api/items", {"id": "a", "attributes": {"title": "old"}}).ok()
    assert service.delete("/api/items/a").status == 204
    service.delete("/api/items/a").problem("unknown-item")
    assert service.get("/api/items").ok()["items"] == []
    service.patch("/api/items/a", {}).problem("unknown-item")
    assert service.post("/api/items", {"id": "a", "attributes": {"title": "new"}}).ok()["created"] == 1
    assert service.get("/api/items/a").ok()["attributes"] == {"title": "new"}


def test_a_list_is_searched_by_words_and_by_label(service):
    rows = [
        {"id": "a", "attributes": {"title": "Red KITE", "genres": "Toys|Wind", "year": 2001}},
        {"id": "b", "attributes": {"title": "Toys and tales", "genres": ["Books"], "sold": True}},
        {"id": "c", "attributes": {"title": "100% 太空", "genres": "Toys2"}},
    ]
    service.post("/api/items", rows).ok()

    def found(query: str) -> list[str]:
        return [item["id"] for item in service.get(f"/api/items?{query}").ok()["items"]]

    assert found("q=kite") == ["a"]
    assert found(f"q={quote('太空')}") == ["c"]
    assert found("q=0%25") == ["c"]
    assert found("q=_") == []
    assert found("category=genres%3Dtoys") == ["a"]
    assert found("category=genres%3DBooks&q=tales") == ["b"]
    assert found("category=year%3D2001") == ["a"]
    assert found("category=sold%3Dtrue") == ["b"]
    service.get("/api/items?category=Toys").problem("invalid")


def test_pages_hold_each_item_once_though_items_come_and_go(service):
    service.post("/api/items", [{"id": str(n)} for n in range(25)]).ok()
    seen, cursor = [], ""
    for _ in range(10):
        page = service.get(f"/api/items?limit=10{cursor}").ok()
        seen += [item["id"] for item in page["items"]]
        service.delete(f"/api/items/{seen[-1]}")
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [str(n) for n in range(25)]


@pytest.mark.parametrize("cursor", ["x", "AAAAAAAAAAE=", "____________", "%00", "AAAAAAAAAAF", "é"])
def test_a_cursor_of_somebody_else_is_refused(service, cursor):
    service.get(f"/api/items?cursor={cursor}").problem("bad-cursor")


def test_each_change_is_numbered_and_none_twice(service, tenant):
    from sensorium.service.catalogue.models import Item
    from sensorium.service.engine.state import state_of

    service.post("/api/items", [{"id": "a"}, {"id": "b"}]).ok()
    service.patch("/api/items/a", {"hidden": True}).ok()
    service.delete("/api/items/b")
    sequences = dict(Item.objects.of(tenant).values_list("item_id", "sequence"))
    assert sequences == {"a": 3, "b": 4}
    assert state_of(tenant).item_sequence == 4
