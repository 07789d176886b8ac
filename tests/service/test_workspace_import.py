"""A workspace's tables, taken over into the database."""

from pathlib import Path

import pytest
from tests.service.conftest import make_workspace

from sensorium.core.progress import SILENT


@pytest.fixture
def shop(tmp_path) -> Path:
    return make_workspace(tmp_path / "shop")


def take_over(tenant, folder: Path) -> dict[str, tuple[int, int, int]]:
    from sensorium.service.running.workspace_import import import_workspace
    from sensorium.workspace.workspace import Workspace

    done = import_workspace(tenant, Workspace.open(folder), SILENT)
    return {one.table: (one.rows, one.new, one.unusable) for one in done}


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_items_and_events_are_taken_over_once(service, tenant, shop):
    assert take_over(tenant, shop) == {"items": (3, 3, 0), "events": (4, 4, 0)}
    assert take_over(tenant, shop) == {}
    items = service.get("/api/items").ok()["items"]
    assert [item["id"] for item in items] == ["a", "b", "c/d"]
    assert items[0]["attributes"] == {"title": "Red kite", "genres": ["Toys", "Wind"], "year": 2001}
    assert [item["id"] for item in service.get("/api/items?category=genres%3Dwind").ok()["items"]] == ["a"]
    events = service.get("/api/users/u/events").ok()["events"]
    assert [(one["item_id"], one["type"], one["timestamp"]) for one in reversed(events)] == [
        ("a", "view", 1700000000.0), ("a", "view", 1700000100.0), ("b", "like", 1700000200.0)
    ]  # fmt: skip


def test_rows_that_come_later_are_taken_over_and_those_that_were_there_are_not_counted_again(
    service, tenant, shop
):
    take_over(tenant, shop)
    append(shop / "items.csv", "e,Green hat,Hats,2020,,\n")
    append(shop / "events.csv", "w,e,like,1700000300\n")
    assert take_over(tenant, shop) == {"items": (4, 1, 0), "events": (5, 1, 0)}
    lines = (shop / "events.csv").read_text(encoding="utf-8").splitlines()
    (shop / "events.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    assert take_over(tenant, shop) == {"events": (5, 0, 0)}


def test_the_same_row_twice_is_two_events(service, tenant, shop):
    append(shop / "events.csv", "v,a,view,1\n")
    assert take_over(tenant, shop)["events"] == (5, 5, 0)
    assert len(service.get("/api/users/v/events").ok()["events"]) == 2


def test_what_came_over_http_wins(service, tenant, shop):
    take_over(tenant, shop)
    service.patch("/api/items/a", {"attributes": {"title": "Mine"}}).ok()
    service.delete("/api/items/b")
    append(shop / "items.csv", "a2,New,Hats,2020,,\n")
    assert take_over(tenant, shop)["items"] == (4, 1, 0)
    assert service.get("/api/items/a").ok()["attributes"]["title"] == "Mine"
    service.get("/api/items/b").problem("unknown-item")


def test_an_import_that_was_stopped_goes_on(service, tenant, shop, monkeypatch):
    from sensorium.service.running import table_rows, workspace_import

    for module in (table_rows, workspace_import):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
    done: list[int] = []

    class StoppedError(Exception):
        pass

    class StopsAfterThreeBatches:
        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def stage(self, *_: object, **__: object):
            return self

        def say(self, line: str) -> None:
            pass

        def advance(self, n: int = 1, *, note: str | None = None) -> None:
            done.append(n)
            if len(done) == 3:
                raise StoppedError

    from sensorium.workspace.workspace import Workspace

    with pytest.raises(StoppedError):
        workspace_import.import_workspace(tenant, Workspace.open(shop), StopsAfterThreeBatches())
    assert done == [2, 1, 2]
    assert take_over(tenant, shop) == {"items": (3, 0, 0), "events": (4, 2, 0)}


def test_ids_that_no_path_can_hold_are_left_out_and_counted(service, tenant, shop):
    append(shop / "items.csv", f"..,Dots,Hats,2020,,\n{'x' * 300},Long,Hats,2020,,\n")
    append(shop / "events.csv", "u,..,like,1700000300\n")
    assert take_over(tenant, shop) == {"items": (5, 3, 2), "events": (5, 4, 1)}


def test_users_and_whom_they_follow_are_taken_over(service, tenant, shop):
    append(
        shop / "sensorium.toml",
        '\n[users]\nfile = "users.csv"\ncategory = ["city"]\nnumber = ["age"]\nfollows = "follows.csv"\n',
    )
    (shop / "users.csv").write_text("user_id,city,age\nu,X,20\nv,,30\n", encoding="utf-8")
    (shop / "follows.csv").write_text("user_id,followed_id\nu,v\n", encoding="utf-8")
    service.put("/api/users/v", {"attributes": {"city": "Mine"}}).ok()
    assert take_over(tenant, shop)["users"] == (2, 1, 0)
    user = service.get("/api/users/u").ok()
    assert (user["attributes"], user["follows"]) == ({"city": "X", "age": 20}, ["v"])
    assert service.get("/api/users/v").ok()["attributes"] == {"city": "Mine"}


def test_ratings_counts_and_shares_are_those_of_the_table(service, tenant, tmp_path):
    folder = tmp_path / "ratings"
    folder.mkdir()
    (folder / "items.csv").write_text("item_id,title\n1,one\n2,two\n", encoding="utf-8")
    (folder / "events.csv").write_text(
        "user_id,item_id,rating,plays,watched\n7,1,3.7,4,0.25\n7,9,1,1,1\n7,2,,2,\n", encoding="utf-8"
    )
    (folder / "sensorium.toml").write_text(
        '[catalog]\nitems = "items.csv"\ntext = ["title"]\n'
        '[events]\nfile = "events.csv"\nvalue = "rating"\ncount = "plays"\nportion = "watched"\n',
        encoding="utf-8",
    )
    assert take_over(tenant, folder) == {"items": (2, 2, 0), "events": (2, 2, 0)}
    events = service.get("/api/users/7/events").ok()["events"]
    assert [(one["item_id"], one["value"], one["count"], one["portion"]) for one in reversed(events)] == [
        ("1", 3.7, 4.0, 0.25), ("2", None, 2.0, None)
    ]  # fmt: skip


def test_with_sync_items_follow_their_table_but_those_changed_over_http(service, tenant, shop):
    from sensorium.service.running.workspace_import import import_workspace
    from sensorium.workspace.workspace import Workspace

    def synced() -> tuple[int, int, list[str]]:
        (items,) = [
            one for one in import_workspace(tenant, Workspace.open(shop), SILENT, sync=True)
            if one.table == "items"
        ]  # fmt: skip
        assert items.synced is not None
        return items.synced.new, items.synced.updated, items.synced.kept

    def title(item_id: str) -> str:
        return service.get(f"/api/items/{item_id}").ok()["attributes"]["title"]

    take_over(tenant, shop)
    assert synced() == (0, 0, [])
    service.patch("/api/items/b", {"attributes": {"title": "Mine"}}).ok()
    file = shop / "items.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Red kite", "Old kite").replace("Blue ball", "Old ball"), encoding="utf-8")
    append(file, "e,Green hat,Hats,2020,,\n")
    take_over(tenant, shop)
    assert (title("a"), title("b")) == ("Red kite", "Mine")
    assert synced() == (0, 1, ["b"])
    assert (title("a"), title("b"), title("e")) == ("Old kite", "Mine", "Green hat")
    assert synced() == (0, 0, ["b"])
    service.delete("/api/items/a")
    file.write_text(file.read_text(encoding="utf-8").replace("Old kite", "New kite"), encoding="utf-8")
    assert synced() == (0, 0, ["a", "b"])
    service.get("/api/items/a").problem("unknown-item")
