"""Tenants: made with a key, sealed, fitted each for itself, removed with all that they have."""

import os
import time

import pytest
from tests.service.conftest import make_workspace
from tests.service.test_engine_jobs import active, fit, put_picture, view_of, work
from tests.service.test_media import picture

from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.service.tenants.scopes import ALL, BEYOND_A_TENANT

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def add(service, name: str = "other"):
    """A new tenant: its row, and somebody with its first key."""
    from sensorium.service.tenants.models import Tenant

    made = service.post("/api/tenants", {"name": name}).ok(201)
    return Tenant.objects.get(name=name), service.with_key(made["key"])


def rows_of(tenant) -> dict[str, int]:
    """How many rows each table has of a tenant, none left out."""
    from django.apps import apps

    counts: dict[str, int] = {}
    for model in apps.get_app_config("service").get_models():
        if any(field.name == "tenant" for field in model._meta.fields):
            n = model._base_manager.filter(tenant_id=tenant.pk).count()
            counts |= {model.__name__: n} if n else {}
    return counts


def test_a_tenant_is_made_with_a_key_that_does_everything_in_it_and_nothing_beyond(service):
    from sensorium.service.tenants.models import ApiKey

    other, asker = add(service)
    service.post("/api/tenants", {"name": "other"}).problem("name-taken")
    service.post("/api/tenants", {"name": "No/Name"}).problem("invalid")
    assert service.get("/api/tenants").ok()["tenants"] == ["default", "other"]
    assert set(ApiKey.objects.of(other).get().scopes) == set(ALL) - BEYOND_A_TENANT
    assert asker.get("/api/items").ok()["items"] == []
    assert asker.post("/api/items", {"id": "a"}).ok()["created"] == 1
    asker.post("/api/tenants", {"name": "mine"}).problem("missing-scope")
    asker.delete("/api/tenants/default").problem("missing-scope")
    asker.get("/metrics").problem("missing-scope")


def test_no_key_of_another_tenant_concerns_all_of_them_whatever_its_row_says(service):
    from sensorium.service.tenants.keys import make_key

    other, _ = add(service)
    asker = service.with_key(make_key(other, "all", ALL).text)
    asker.get("/api/tenants").problem("missing-scope")
    asker.get("/metrics").problem("missing-scope")
    owner = service.with_key(None)
    account = {"name": "boss", "password": "long enough", "role": "owner", "all_tenants": True}
    service.post("/api/accounts", account).ok(201)
    signed = owner.post("/api/session", {"name": "boss", "password": "long enough"}).ok(201)
    token = {"X-CSRFToken": signed["csrf_token"]}
    wanted = {"name": "k", "scopes": ["tenants"]}
    abroad = token | {"Sensorium-Tenant": "other"}
    owner.post("/api/keys", wanted, headers=abroad).problem("missing-scope")
    made = owner.post("/api/keys", wanted | {"scopes": ["items:read"]}, headers=abroad).ok(201)
    assert service.with_key(made["key"]).get("/api/items").status == 200
    assert owner.post("/api/keys", wanted, headers=token).status == 201
    assert owner.get("/api/tenants").ok()["tenants"] == ["default", "other"]


def test_a_tenant_is_removed_with_rows_and_files_and_nothing_else_is(service, tenant, tmp_path):
    from sensorium.service.catalogue.media import file_of
    from sensorium.service.catalogue.models import Media
    from sensorium.service.engine.place import tenant_folder

    other, asker = add(service)
    for who in (service, asker):
        who.post("/api/items", [{"id": "a"}, {"id": "b"}]).ok()
        who.post("/api/events", {"user_id": "u", "item_id": "a"}, headers={"Idempotency-Key": "k"}).ok()
        put_picture(who, "a", 1)
    put_picture(asker, "b", 2)
    asker.post("/api/fit", {}).ok(202)
    asker.post("/api/accounts", {"name": "ann", "password": "long enough", "role": "owner"}).ok(201)
    tenant_folder(other).mkdir(parents=True)
    shared, own = (Media.objects.of(other).get(item_id=item).sha256 for item in "ab")
    for sha256 in (shared, own):
        os.utime(file_of(sha256), (time.time() - 3600,) * 2)
    before = rows_of(tenant)
    assert len(rows_of(other)) >= 9
    assert service.delete("/api/tenants/other").status == 204
    assert rows_of(other) == {}
    assert rows_of(tenant) == before
    assert not tenant_folder(other).exists()
    assert [file_of(sha256).exists() for sha256 in (shared, own)] == [True, False]
    asker.get("/api/items").problem("bad-credentials")
    service.delete("/api/tenants/other").problem("unknown-tenant")
    service.delete("/api/tenants/default").problem("first-tenant")
    assert add(service)[1].get("/api/items").ok()["items"] == [], "the name can be used again"


@on_sqlite
def test_what_a_fit_still_wrote_for_a_tenant_that_was_removed_goes_with_the_next_cleaning(service, tenant):
    from sensorium.service.engine.place import tenant_folder
    from sensorium.service.jobs.queue import enqueue

    other, _ = add(service)
    assert service.delete("/api/tenants/other").status == 204
    tenant_folder(other).mkdir(parents=True)
    tenant_folder(tenant).mkdir(parents=True)
    enqueue(tenant, "clean", {}, dedupe_key="clean")
    assert work() == ["clean"]
    assert not tenant_folder(other).exists()
    assert tenant_folder(tenant).exists()


def test_who_still_asks_while_the_tenant_is_removed_is_told_so(service):
    from sensorium.service.api.access import AskingRequest, Caller
    from sensorium.service.api.error_pages import problem_of
    from sensorium.service.catalogue.items import NewItem, put_items
    from sensorium.service.engine.state import state_of

    other, _ = add(service)
    gone = type(other).objects.get(pk=other.pk)
    assert service.delete("/api/tenants/other").status == 204
    request = AskingRequest()
    request.auth = Caller(gone, frozenset(), "key:x")
    for late in (lambda: state_of(gone), lambda: put_items(gone, [NewItem("a", {})])):
        with pytest.raises(Exception, match=r"EngineState|FOREIGN|foreign") as failed:
            late()
        assert problem_of(failed.value, request).kind.code == "unknown-tenant"


@on_sqlite
def test_each_tenant_is_fitted_by_itself_with_the_columns_of_the_settings(service, tenant, tmp_path):
    (make_workspace(tmp_path) / "mine.png").write_bytes(picture())
    other, asker = add(service)
    for who, word in ((service, "kite"), (asker, "drum")):
        rows = [
            {"id": f"{word}/{n}", "attributes": {"title": f"{word} number {n}", "genres": [word]}}
            for n in range(6)
        ]
        rows[0]["attributes"]["picture"] = "mine.png"
        assert who.post("/api/items", rows).ok()["created"] == 6
        events = [
            {"user_id": f"u{user}", "item_id": f"{word}/{n}", "type": "like"}
            for user in range(6)
            for n in range(user % 3, user % 3 + 3)
        ]
        assert who.post("/api/events", events).ok()["stored"] == 18
    version = fit(asker)
    assert service.get("/api/bundles").ok()["bundles"] == []
    answer = asker.get("/api/users/u1/recommendations").ok()
    assert answer["bundle"] == version
    assert {item["item_id"].partition("/")[0] for item in answer["items"]} == {"drum"}
    answer = service.get("/api/users/u1/recommendations").ok()
    assert (answer["bundle"], {item["item_id"][:4] for item in answer["items"]}) == (None, {"kite"})
    fit(service)
    assert active(asker) == version
    service.post(f"/api/bundles/{version}/activate").problem("unknown-bundle")
    n_pictured = [
        int(max(block.present.sum() for block in blocks.values() if block.column == "picture"))
        for blocks in (view_of(row).model.item_features.blocks for row in (tenant, other))
    ]
    assert n_pictured == [1, 0], "a path names a file of the workspace, which is the first tenant's alone"


@on_sqlite
def test_the_command_adds_lists_and_removes(service, capfd):
    from sensorium.cli.tenants import _add, _list, _remove

    _add("shop-2", as_json=False)
    said = capfd.readouterr()
    key = said.out.partition("Key: ")[2].strip()
    assert "once" in said.err
    assert service.with_key(key).post("/api/items", {"id": "a"}).ok()["created"] == 1
    _list(as_json=False)
    assert capfd.readouterr().out.split() == ["default", "shop-2"]
    for wrong, error in (("shop-2", "already"), ("No/Name", "no name"), ("x" * 65, "no name")):
        with pytest.raises(ConfigError, match=error):
            _add(wrong, as_json=False)
    with pytest.raises(ConfigError, match=r"1 item and 0 events.*--yes"):
        _remove("shop-2", yes=False, as_json=False)
    with pytest.raises(ConfigError, match="has to stay"):
        _remove("default", yes=True, as_json=False)
    with pytest.raises(UnknownIdError, match="nobody"):
        _remove("nobody", yes=True, as_json=False)
    _remove("shop-2", yes=True, as_json=False)
    assert "Tenant shop-2 removed, with 1 item and 0 events" in capfd.readouterr().out
    service.with_key(key).get("/api/items").problem("bad-credentials")
