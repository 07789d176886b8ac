"""What browsers are told: origins, headers, cookies; and who came through a proxy."""

import json
from contextlib import contextmanager

import pytest
from werkzeug.test import Client

from sensorium.core.errors import ConfigError
from sensorium.workspace.settings import Settings

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OURS, THEIRS = "https://shop.example.org", "https://evil.example.org"
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def with_limits(service, configured):
    """What lets a test have other settings of `[service]`: the service anew, with the middleware of these."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    from sensorium.service.configuration import django_settings

    told = Settings.read(configured / "sensorium.toml")

    @contextmanager
    def changed(**limits):
        own = told.model_copy(update={"service": told.service.model_copy(update=limits)})
        made = django_settings(settings.SENSORIUM_PLACE, {}, own)
        names = [name for name in made if name.startswith("CORS_")]
        with override_settings(**{name: made[name] for name in (*names, "MIDDLEWARE", "SENSORIUM_LIMITS")}):
            yield type(service)(service.key, Client(get_wsgi_application()))

    return changed


@on_sqlite
def test_pages_of_other_origins_ask_nothing_unless_the_settings_name_them(service, with_limits):
    answer = service.get("/api/items", headers={"Origin": OURS})
    assert "Access-Control-Allow-Origin" not in answer.headers
    service("OPTIONS", "/api/items", headers={"Origin": OURS, **ASKED}).problem("unknown-method")
    with with_limits(origins=(OURS,)) as asker:
        before = asker.with_key(None)("OPTIONS", "/api/items", headers={"Origin": OURS, **ASKED})
        assert (before.status, before.headers["Access-Control-Allow-Origin"]) == (200, OURS)
        assert "authorization" in before.headers["Access-Control-Allow-Headers"]
        for answer in (
            asker.get("/api/items", headers={"Origin": OURS}),
            asker.get("/api/items/none", headers={"Origin": OURS}),
            asker.get("/api/nothing", headers={"Origin": OURS}),
        ):
            assert answer.headers["Access-Control-Allow-Origin"] == OURS, "problems can be read, too"
            assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
            assert "Access-Control-Allow-Credentials" not in answer.headers, "a session is for our own pages"
        for answer in (
            asker.get("/api/items", headers={"Origin": THEIRS}),
            asker("OPTIONS", "/api/items", headers={"Origin": THEIRS, **ASKED}),
        ):
            assert "Access-Control-Allow-Origin" not in answer.headers
    with with_limits(origins=("*",)) as asker:
        answer = asker.get("/api/items", headers={"Origin": THEIRS})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("origin", ["shop.example.org", "https://shop.example.org/page", "ftp://x", ""])
def test_what_is_no_origin_is_refused(tmp_path, origin):
    (tmp_path / "sensorium.toml").write_text(
        f'[catalog]\nitems = "items.csv"\n[service]\norigins = ["{origin}"]\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="origins"):
        Settings.read(tmp_path / "sensorium.toml")


@on_sqlite
def test_every_answer_tells_a_browser_what_it_may_not_do(service):
    service.post("/api/items", {"id": "a"}).ok()
    service("PUT", "/api/items/a/media/picture", data=b"x", content_type="image/png").ok(202)
    for path, policy in {
        "/api/items": "default-src 'none'; frame-ancestors 'none'",
        "/api/nothing": "default-src 'none'; frame-ancestors 'none'",
        "/api/docs": "script-src 'self'",
        "/api/items/a/media/picture": "sandbox",
        "/static/ninja/swagger-ui-init.js": "default-src 'none'",
    }.items():
        headers = service.get(path).headers
        assert policy in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"]
    assert service.get("/api/items").headers["Cache-Control"] == "no-store"
    assert "<script>" not in service.get("/api/docs").body.decode(), "the policy lets no such script run"


@on_sqlite
def test_a_session_is_a_cookie_that_scripts_other_sites_and_plain_http_do_not_get(service):
    service.post("/api/accounts", {"name": "ann", "password": "long enough", "role": "operator"}).ok(201)
    sent = {"name": "ann", "password": "long enough"}
    for scheme, is_secure in (("http", False), ("https", True)):
        browser = Client(service.web.application)
        response = browser.post("/api/session", json=sent, base_url=f"{scheme}://shop.example")
        assert response.status_code == 201, response.text
        cookies = dict(one.strip().split("=", 1) for one in response.headers.getlist("Set-Cookie"))
        assert "HttpOnly" in cookies["sessionid"]
        assert all("SameSite=Lax" in cookie for cookie in cookies.values())
        assert all(("Secure" in cookie) is is_secure for cookie in cookies.values())
        token = {"X-CSRFToken": response.json["csrf_token"]}
        told = {"json": {"id": scheme}, "base_url": f"{scheme}://shop.example"}
        assert browser.post("/api/items", **told).json["code"] == "bad-csrf"
        foreign = browser.post("/api/items", headers={**token, "Origin": THEIRS}, **told)
        assert foreign.json["code"] == "bad-csrf", "the token alone is not enough for another origin"
        own = browser.post("/api/items", headers={**token, "Referer": f"{scheme}://shop.example/"}, **told)
        assert own.json["created"] == 1
    form = Client(service.web.application).post(
        "/api/session", data=json.dumps(sent), content_type="text/plain"
    )
    assert form.status_code == 415, "no form of another site signs anybody in"


@on_sqlite
def test_passwords_are_guessed_neither_from_one_address_nor_for_one_name(service, with_limits):
    def guess(asker, name, address, came_from="127.0.0.1"):
        told, said = {"name": name, "password": "guess"}, {"X-Forwarded-For": f"6.6.6.6, {address}"}
        there = {"REMOTE_ADDR": came_from}
        return asker.web.post("/api/session", json=told, headers=said, environ_overrides=there).json["code"]

    codes = [guess(service, f"name-{n}", "1.1.1.1") for n in range(25)]
    assert codes == ["bad-credentials"] * 20 + ["too-many-failures"] * 5, "whatever the names"
    assert guess(service, "owner", "2.2.2.2") == "bad-credentials"
    codes = [guess(service, "owner", f"3.3.{n // 200}.{n % 200}") for n in range(205)]
    assert codes[:150] == ["bad-credentials"] * 150
    assert codes[-1] == "too-many-failures", "from whatever addresses"
    with with_limits(proxies=("8.8.8.8",)) as behind:
        assert guess(behind, "ann", "9.9.9.9", "8.8.8.8") == "bad-credentials"
    guesser = service.with_key("sn_abc_xyz")
    tried = [
        guesser.get("/api/items", headers={"X-Forwarded-For": "4.4.4.4"}).json["code"] for _ in range(25)
    ]
    assert tried[-1] == "too-many-failures"
    guesser.get("/api/items", headers={"X-Forwarded-For": "5.5.5.5"}).problem("bad-credentials")
    tried = [guess(service, "ann", f"7.7.7.{n}", "8.8.8.8") for n in range(25)]
    assert tried[-1] == "too-many-failures", "nobody is believed who is no proxy of ours"


def test_a_tenant_has_no_more_than_the_settings_say(service, with_limits):
    from tests.service.test_media import picture

    medium = ("PUT", "/api/items/a/media/picture")
    with with_limits(most_items=2, most_events_a_day=3, most_media_gb=2e-6) as asker:
        assert asker.post("/api/items", [{"id": "a"}, {"id": "b"}]).ok()["created"] == 2
        over = asker.post("/api/items", [{"id": "b", "hidden": True}, {"id": "c"}]).problem("quota-exceeded")
        assert (over["status"], over["where"]) == (403, "items")
        assert asker.get("/api/items/b").ok()["hidden"] is False, "nothing of it was done"
        assert asker.post("/api/items", {"id": "b", "hidden": True}).ok()["updated"] == 1
        asker.delete("/api/items/b")
        assert asker.post("/api/items", {"id": "c"}).ok()["created"] == 1

        rows = [{"event_id": f"e{n}", "user_id": "u", "item_id": "a"} for n in range(4)]
        asker.post("/api/events", rows).problem("quota-exceeded")
        assert asker.post("/api/events", rows[:3]).ok()["stored"] == 3
        assert asker.post("/api/events", rows[:3]).ok()["repeated"] == 3, "a repeat is no new event"
        over = asker.post("/api/events", rows[3]).problem("quota-exceeded")
        assert (over["where"], "UTC" in over["remedy"]) == ("events", True)
        assert len(asker.get("/api/users/u/events").ok()["events"]) == 3

        small, large = picture()[:600], b"x" * 1500
        assert asker(*medium, data=large, content_type="image/png").status == 202
        assert asker(*medium, data=small, content_type="image/png").status == 202, "it is replaced"
        other = ("PUT", "/api/items/c/media/picture")
        assert (
            asker(*other, data=large, content_type="image/png").problem("quota-exceeded")["where"] == "media"
        )
        asker("PUT", "/api/items/%00/media/picture", data=b"x", content_type="image/png").problem("invalid")
        second = asker.with_key(service.post("/api/tenants", {"name": "other"}).ok(201)["key"])
        assert second.post("/api/items", {"id": "a"}).ok()["created"] == 1
        assert second.post("/api/events", rows[3]).ok()["stored"] == 1
    assert service.post("/api/events", rows[3]).ok()["stored"] == 1
