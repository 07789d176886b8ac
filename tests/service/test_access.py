"""Who may do what: keys, accounts, tenants, rates."""

import hashlib

import pytest

from sensorium.service.tenants.scopes import OF_ROLE


def test_two_tenants_have_items_and_events_of_the_same_ids(service):
    second = service.with_key(service.post("/api/tenants", {"name": "other"}).ok(201)["key"])
    for asker, title in ((service, "one"), (second, "two")):
        asker.post("/api/items", {"id": "a", "attributes": {"title": title}}).ok()
        sent = {"event_id": "e", "user_id": "u", "item_id": "a"}
        assert asker.post("/api/events", sent).ok()["stored"] == 1
    assert service.get("/api/items/a").ok()["attributes"] == {"title": "one"}
    assert second.get("/api/items/a").ok()["attributes"] == {"title": "two"}


def test_a_query_that_names_no_tenant_is_refused():
    from sensorium.service.models import (
        ApiKey,
        EngineState,
        Event,
        Import,
        Item,
        Job,
        Media,
        Profile,
        Remembered,
        Usage,
        UserItem,
    )
    from sensorium.service.tenants.scoped import UnscopedQueryError

    for model in (ApiKey, EngineState, Event, Import, Item, Job, Media, Profile, Remembered, Usage, UserItem):
        for ask in (
            lambda m: m.objects.all(),
            lambda m: m.objects.filter(pk=1),
            lambda m: m.objects.count(),
            lambda m: m.objects.create(),
            lambda m: m.objects.get_or_create(pk=1),
            lambda m: m.objects.bulk_create([]),
        ):
            with pytest.raises(UnscopedQueryError, match=model.__name__):
                ask(model)


def test_the_database_holds_the_hash_of_a_key_and_not_the_key(service, tenant):
    from sensorium.service.tenants.models import ApiKey

    row = ApiKey.objects.of(tenant).get()
    assert row.sha256 == hashlib.sha256(service.key.encode()).hexdigest()
    secret = service.key.rpartition("_")[2]
    assert not any(secret in str(value) for value in vars(row).values())


def test_a_key_gives_no_more_than_it_has_and_can_be_revoked(service):
    made = service.post("/api/keys", {"name": "shop", "scopes": ["events:write", "keys"]}).ok(201)
    shop = service.with_key(made["key"])
    assert shop.post("/api/events", {"user_id": "u", "item_id": "i"}).ok()["stored"] == 1
    shop.get("/api/items").problem("missing-scope")
    shop.post("/api/keys", {"name": "more", "scopes": ["items:write"]}).problem("missing-scope")
    service.post("/api/keys", {"name": "x", "scopes": ["everything"]}).problem("invalid")
    assert service.delete(f"/api/keys/{made['prefix']}").status == 204
    shop.post("/api/events", {"user_id": "u", "item_id": "i"}).problem("bad-credentials")
    assert [one["valid"] for one in service.get("/api/keys").ok()["keys"]] == [True, False]
    assert "key" not in service.get("/api/keys").ok()["keys"][0]


def test_a_rotated_key_works_beside_the_new_one_for_a_while(service, tenant):
    from django.utils import timezone

    from sensorium.service.tenants.models import ApiKey

    prefix = service.key.split("_")[1]
    new = service.post(f"/api/keys/{prefix}/rotate", {"overlap_s": 60}).ok(201)
    assert service.get("/api/items").status == 200
    assert service.with_key(new["key"]).get("/api/items").status == 200
    ApiKey.objects.of(tenant).filter(prefix=prefix).update(expires=timezone.now())
    service.get("/api/items").problem("bad-credentials")
    at_once = service.with_key(new["key"]).post(f"/api/keys/{new['prefix']}/rotate", {"overlap_s": 0}).ok(201)
    service.with_key(new["key"]).get("/api/items").problem("bad-credentials")
    assert service.with_key(at_once["key"]).get("/api/items").status == 200


def signed_in(service, name: str, password: str):
    person = service.with_key(None)
    session = person.post("/api/session", {"name": name, "password": password}).ok(201)
    return person, {"X-CSRFToken": session["csrf_token"]}, session


def test_people_sign_in_and_may_do_what_their_role_says(service):
    account = {"name": "Ann", "password": "long enough", "role": "viewer"}
    service.post("/api/accounts", account | {"password": "short"}).problem("invalid")
    assert service.post("/api/accounts", account).ok(201)["role"] == "viewer"
    service.post("/api/accounts", account).problem("name-taken")
    service.with_key(None).post("/api/session", account | {"password": "wrong one"}).problem("invalid")
    wrong = {"name": "Ann", "password": "wrong one"}
    service.with_key(None).post("/api/session", wrong).problem("bad-credentials")
    ann, token, session = signed_in(service, "Ann", "long enough")
    assert set(session["scopes"]) == OF_ROLE["viewer"] - {"metrics:read"}
    assert ann.get("/api/items").status == 200
    ann.post("/api/items", {"id": "a"}).problem("bad-csrf")
    ann.post("/api/items", {"id": "a"}, headers=token).problem("missing-scope")
    ann.get("/api/items", headers={"Sensorium-Tenant": "other"}).problem("unknown-tenant")
    assert ann.get("/api/session").ok()["name"] == "Ann"
    assert ann.delete("/api/session", headers=token).status == 204
    ann.get("/api/items").problem("missing-credentials")


def test_an_account_that_is_deleted_is_signed_out(service):
    service.post("/api/accounts", {"name": "Bob", "password": "long enough", "role": "operator"}).ok(201)
    bob, token, _ = signed_in(service, "Bob", "long enough")
    assert bob.post("/api/items", {"id": "a"}, headers=token).ok()["created"] == 1
    assert service.delete("/api/accounts/Bob").status == 204
    bob.get("/api/items").problem("missing-credentials")
    service.delete("/api/accounts/owner").problem("last-owner")
    assert [one["name"] for one in service.get("/api/accounts").ok()["accounts"]] == ["owner"]


def test_an_owner_of_one_tenant_sees_no_account_or_tenant_of_others(service):
    from sensorium.service.tenants.accounts import make_account
    from sensorium.service.tenants.models import Tenant

    service.post("/api/tenants", {"name": "other"}).ok(201)
    make_account("Eve", "long enough", "owner", Tenant.objects.get(name="other"))
    eve, token, _ = signed_in(service, "other/Eve", "long enough")
    assert [one["name"] for one in eve.get("/api/accounts").ok()["accounts"]] == ["other/Eve"]
    eve.delete("/api/accounts/owner", headers=token).problem("unknown-account")
    eve.post("/api/tenants", {"name": "mine"}, headers=token).problem("missing-scope")
    eve.get("/api/tenants").problem("missing-scope")
    eve.get("/metrics").problem("missing-scope")
    taken = {"name": "owner", "password": "long enough", "role": "viewer"}
    assert eve.post("/api/accounts", taken, headers=token).ok(201)["name"] == "other/owner"
    eve.post("/api/accounts", taken | {"name": "a/b"}, headers=token).problem("invalid")
    for scopes in (["tenants"], ["accounts", "tenants"]):
        eve.post("/api/keys", {"name": "k", "scopes": scopes}, headers=token).problem("missing-scope")
    both = {"password": "long enough", "role": "owner"}
    eve.post("/api/accounts", {"name": "A", "all_tenants": True, **both}, headers=token).problem(
        "missing-scope"
    )
    assert eve.post("/api/accounts", {"name": "B", **both}, headers=token).ok(201)["tenant"] == "other"
    assert eve.delete("/api/accounts/other%2FB", headers=token).status == 204


def test_an_owner_of_all_tenants_makes_another_and_may_go_then(service):
    account = {"name": "second", "password": "long enough", "role": "owner", "all_tenants": True}
    assert service.post("/api/accounts", account).ok(201)["tenant"] is None
    assert service.delete("/api/accounts/owner").status == 204
    service.delete("/api/accounts/second").problem("last-owner")


def test_who_changes_the_password_ends_all_other_sessions(service):
    service.post("/api/accounts", {"name": "Cleo", "password": "long enough", "role": "viewer"}).ok(201)
    (one, token, _), (other, _, _) = (signed_in(service, "Cleo", "long enough") for _ in range(2))
    wrong = {"present": "wrong", "new": "another long one"}
    one.put("/api/session/password", wrong, headers=token).problem("bad-credentials")
    right = wrong | {"present": "long enough"}
    assert one.put("/api/session/password", right, headers=token).status == 204
    assert one.get("/api/items").status == 200
    other.get("/api/items").problem("missing-credentials")
    signed_in(service, "Cleo", "another long one")
    service.put("/api/session/password", right).problem("missing-credentials")


def test_passwords_and_keys_cannot_be_guessed_at_speed(service):
    nobody = service.with_key(None)
    wrong = {"name": "owner", "password": "guess"}
    codes = [nobody.post("/api/session", wrong).json["code"] for _ in range(25)]
    assert codes[:20] == ["bad-credentials"] * 20
    assert codes[-1] == "too-many-failures"
    last = nobody.post("/api/session", wrong)
    assert int(last.headers["Retry-After"]) >= 1
    guesser = service.with_key("sn_abc_xyz")
    assert [guesser.get("/api/items").json["code"] for _ in range(25)][-1] == "too-many-failures"
    assert service.get("/api/items").status == 200, "whoever has a key is not locked out by others"


def test_a_key_that_asks_too_often_is_told_when_to_come_again(service):
    from django.conf import settings
    from django.test import override_settings

    from sensorium.service.api.access import request_rates

    request_rates.cache_clear()
    slow = settings.SENSORIUM_LIMITS.model_copy(update={"requests_per_second": 2.0})
    with override_settings(SENSORIUM_LIMITS=slow):
        answers = [service.get("/api/items") for _ in range(6)]
    assert [answer.status for answer in answers[:4]] == [200] * 4
    answers[-1].problem("too-many-requests")
    assert answers[-1].headers["Retry-After"] == "1"
    request_rates.cache_clear()


def test_tokens_flow_in_with_time(monkeypatch):
    from sensorium.service.tenants import rates

    now = [100.0]
    monkeypatch.setattr(rates.time, "monotonic", lambda: now[0])
    bucket = rates.Rates(2.0, 4.0)
    assert [bucket.wait_s("a") for _ in range(4)] == [0.0] * 4
    assert bucket.wait_s("a") == 0.5
    assert bucket.wait_s("b") == 0.0
    now[0] += 1.0
    assert [bucket.wait_s("a") for _ in range(3)] == [0.0, 0.0, 0.5]
