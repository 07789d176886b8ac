"""Everything moved out and in again: JSON Lines and Parquet, over the command's functions and over HTTP."""

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT

ITEMS = [
    {"id": "kite/7", "attributes": {"title": "Red kite", "genres": ["Toys", "Wind"], "year": 2026}},
    {"id": "太空", "attributes": {"price": 12.5, "used": True, "title": 'A "quoted"\nline'}, "hidden": True},
    {"id": "bare"},
]
EVENTS = [
    {"event_id": "1", "user_id": "ann", "item_id": "kite/7", "type": "buy", "count": 2, "timestamp": 9.5},
    {"event_id": "2", "user_id": "bob", "item_id": "gone", "value": 3.7, "portion": 0.25, "session_id": "s"},
]
TABLES = ("items", "media", "users", "events")


def fill(service) -> None:
    service.post("/api/items", ITEMS).ok()
    service.post("/api/events", EVENTS).ok()
    service.put("/api/users/ann", {"attributes": {"age": 30, "city": "X"}, "follows": ["bob"]}).ok()
    put = service.put("/api/items/kite%2F7/media/picture", data=b"some bytes", content_type="image/png")
    assert put.status == 202


def exported(service) -> dict[str, list[dict]]:
    """What the service says of everything, over HTTP."""
    found = {}
    for table in TABLES:
        answer = service.get(f"/api/export/{table}")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/jsonl"
        found[table] = [json.loads(line) for line in answer.body.splitlines()]
    return found


def another(service, name: str = "other"):
    """Another tenant, and somebody with its key."""
    from sensorium.service.engine.state import begin_state
    from sensorium.service.tenants.keys import make_key
    from sensorium.service.tenants.models import Tenant
    from sensorium.service.tenants.scopes import ALL

    made = Tenant.objects.create(name=name)
    begin_state(made)
    return made, service.with_key(make_key(made, "all", ALL).text)


def take_in(tenant, *sources: Path):
    from sensorium.service.moving.importing import import_everything

    return import_everything(tenant, list(sources), SILENT)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_all_that_is_moved_out_can_be_moved_in(service, tenant, tmp_path, form):
    from sensorium.service.moving.exporting import export_everything

    fill(service)
    out = tmp_path / "out"
    counts = export_everything(tenant, out, form, SILENT)
    assert counts == {"items": 3, "media": 1, "users": 2, "events": 2}
    sha256 = hashlib.sha256(b"some bytes").hexdigest()
    assert (out / "media" / sha256[:2] / sha256).read_bytes() == b"some bytes"
    other, there = another(service)
    taken = take_in(other, out)
    assert {table: (one.rows, one.changed, one.failed) for table, one in taken.items()} == {
        table: (n_rows, n_rows, 0) for table, n_rows in counts.items()
    }
    assert exported(there) == exported(service)
    assert there.get("/api/items/kite%2F7/media/picture").body == b"some bytes"
    assert [one.changed for one in take_in(other, out).values()] == [0, 0, 0, 0]


def test_totals_of_users_are_those_of_the_moved_events(service, tenant, tmp_path):
    from sensorium.service.events.models import UserItem
    from sensorium.service.moving.exporting import export_everything

    fill(service)
    export_everything(tenant, tmp_path / "out", "jsonl", SILENT)
    other, _ = another(service)
    take_in(other, tmp_path / "out")
    columns = ("user_id", "item_id", "type", "events", "often", "value", "portion", "time_s")
    here, there = (
        list(UserItem.objects.of(one).order_by("pk").values_list(*columns)) for one in (tenant, other)
    )
    assert here == there
    assert len(here) == 2


def test_an_empty_service_is_exported_with_all_columns(service, tenant, tmp_path):
    from sensorium.service.moving.exporting import export_everything
    from sensorium.service.moving.tables import MOVED

    assert set(export_everything(tenant, tmp_path / "out", "parquet", SILENT).values()) == {0}
    for table, moved in MOVED.items():
        assert pl.read_parquet(tmp_path / "out" / f"{table}.parquet").columns == list(moved.schema)


def test_a_row_that_cannot_be_used_is_named_and_harms_no_other(service, tenant, tmp_path):
    (tmp_path / "items.jsonl").write_text(
        '\ufeff{"id": "a"}\nno json\n[1]\n{"id": ""}\n\n{"id": "b", "colour": 1}\n{"id": "c"}\n',
        encoding="utf-8",
    )
    taken = take_in(tenant, tmp_path / "items.jsonl")["items"]
    assert (taken.rows, taken.changed, taken.failed) == (6, 2, 4)
    assert [bad.where for bad in taken.bad] == [f"items.jsonl, line {n}" for n in (2, 3, 4, 6)]
    assert [row["id"] for row in exported(service)["items"]] == ["a", "c"]


def test_media_whose_bytes_are_missing_or_others_are_refused(service, tenant, tmp_path):
    service.post("/api/items", {"id": "a"}).ok()
    right, wrong = hashlib.sha256(b"right").hexdigest(), hashlib.sha256(b"wrong").hexdigest()
    row = {"item_id": "a", "column": "picture", "type": "image/png", "bytes": 5}
    rows = [
        {**row, "sha256": right},
        {**row, "sha256": wrong},
        {**row, "sha256": "../../../etc/passwd"},
        {**row, "sha256": "0" * 64},
        {**row, "sha256": right, "column": "title"},
        {**row, "sha256": right, "item_id": "nobody"},
    ]
    (tmp_path / "media.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in rows), encoding="utf-8")
    for sha256 in (right, wrong):
        file = tmp_path / "media" / sha256[:2] / sha256
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"right")
    taken = take_in(tenant, tmp_path)["media"]
    assert (taken.changed, taken.failed) == (1, 5)
    assert [one["sha256"] for one in exported(service)["media"]] == [right]


def test_an_event_without_an_id_counts_once_however_often_its_file_is_read(service, tenant, tmp_path):
    (tmp_path / "events.jsonl").write_text(
        '{"user_id": "u", "item_id": "a", "timestamp": 1}\n', encoding="utf-8"
    )
    assert take_in(tenant, tmp_path)["events"].changed == 1
    assert take_in(tenant, tmp_path)["events"].changed == 0
    (event,) = exported(service)["events"]
    assert event["timestamp"] == 1.0


def test_files_that_are_no_tables_are_refused_with_what_to_do(service, tenant, tmp_path):
    (tmp_path / "things.jsonl").write_text("{}\n", encoding="utf-8")
    (tmp_path / "items.parquet").write_bytes(b"no parquet")
    for source in (tmp_path / "things.jsonl", tmp_path / "events.jsonl", tmp_path / "items.parquet"):
        with pytest.raises(DataError) as caught:
            take_in(tenant, source)
        assert caught.value.where == str(source)
        assert caught.value.remedy


def test_what_a_tenant_exports_is_its_own_and_needs_the_right_to_read(service, tenant):
    from sensorium.service.tenants.keys import make_key

    fill(service)
    _, stranger = another(service)
    assert exported(stranger) == {table: [] for table in TABLES}
    page = service.with_key(make_key(tenant, "page", ["items:read"]).text)
    assert page.get("/api/export/items").status == 200
    for table in ("users", "events"):
        page.get(f"/api/export/{table}").problem("missing-scope")


GORSE = {
    "users": [
        '{"UserId":"1","Labels":{"性别":"男","job":{"title":"engineer"}},"Comment":""}',
        '{"UserId":"2","Labels":["a","b"],"Comment":"c"}',
        '{"UserId":"3","Labels":null,"Comment":""}',
    ],
    "items": [
        '{"ItemId":"1","IsHidden":false,"Categories":["x"],"Timestamp":"2020-01-01T01:01:01.000000001Z",'
        '"Labels":{"genre":["comedy","sci-fi"]},"Comment":"o,n,e"}',
        '{"ItemId":"2","IsHidden":true,"Categories":null,"Timestamp":"2021-01-01 01:01:01.5 +0000 UTC",'
        f'"Labels":{{"vector":{[0.5] * 1536}}},"Comment":"t\\r\\nw"}}',
        '{"ItemId":"3","Timestamp":"0001-01-01T00:00:00Z"}',
    ],
    "feedback": [
        '{"FeedbackType":"click","UserId":"1","ItemId":"2","Timestamp":"0001-01-01T00:00:00Z","Comment":""}',
        '{"FeedbackType":"click","UserId":"1","ItemId":"2","Timestamp":"2020-01-01T00:00:00Z","Comment":""}',
        '{"FeedbackType":"read","UserId":"2","ItemId":"6","Timestamp":"2020-01-01 01:00:00 +0100 CET",'
        '"Value":4}',
        '{"FeedbackType":"share","UserId":"4","ItemId":"1","Timestamp":"2020-01-01T00:00:00Z"}',
    ],
}


def test_bulk_files_of_gorse_are_read_with_equal_counts(service, tenant, tmp_path):
    for name, lines in GORSE.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    taken = take_in(tenant, tmp_path)
    assert {table: (one.rows, one.changed, one.failed) for table, one in taken.items()} == {
        "items": (3, 3, 0), "users": (3, 3, 0), "events": (4, 3, 0)
    }  # fmt: skip
    found = exported(service)
    assert found["items"] == [
        {
            "id": "1", "hidden": False,
            "attributes": {
                "categories": ["x"], "comment": "o,n,e", "timestamp": "2020-01-01T01:01:01.000000001Z",
                "genre": ["comedy", "sci-fi"],
            },
        },
        {
            "id": "2", "hidden": True,
            "attributes": {"comment": "t\r\nw", "timestamp": "2021-01-01 01:01:01.5 +0000 UTC"},
        },
        {"id": "3", "hidden": False, "attributes": {}},
    ]  # fmt: skip
    assert [(one["id"], one["attributes"]) for one in found["users"]] == [
        ("1", {"性别": "男", "job.title": "engineer"}), ("2", {"labels": ["a", "b"], "comment": "c"}),
        ("3", {}), ("4", {}),
    ]  # fmt: skip
    assert [(one["type"], one["timestamp"], one["value"]) for one in found["events"]] == [
        ("click", None, None), ("read", 1577836800.0, 4.0), ("share", 1577836800.0, None)
    ]  # fmt: skip


def test_memory_of_an_export_does_not_grow_with_the_rows(tmp_path):
    """Rows are asked for as they are written: no list of all of them is made."""
    import tracemalloc

    from sensorium.service.moving.files import read_rows, write_rows

    def rows(n: int):
        for number in range(n):
            yield {"id": str(number), "text": "x" * 1000}

    peaks = []
    for n in (2_000, 20_000):
        tracemalloc.start()
        write_rows(tmp_path / "rows.jsonl", rows(n), {})
        assert sum(line.row is not None for line in read_rows(tmp_path / "rows.jsonl")) == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0] + 1_000_000
