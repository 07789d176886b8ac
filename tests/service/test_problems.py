"""Every error is a problem; health, counters and documentation answer."""

import json
import logging

import pytest
from tests.service.threads import at_once

from sensorium.service.api.problem_kinds import KINDS, OF_STATUS


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", "unknown-path"),
        ("GET", "/api", "unknown-path"),
        ("GET", "/api/nothing", "unknown-path"),
        ("GET", "/api/items/", "unknown-path"),
        ("GET", "/api/items/a/b", "unknown-path"),
        ("PUT", "/api/items", "unknown-method"),
        ("DELETE", "/api/events", "unknown-method"),
        ("TRACE", "/api/items", "unknown-method"),
        ("POST", "/metrics", "unknown-method"),
        ("GET", "/api/jobs/99", "unknown-job"),
        ("GET", "/api/jobs/99999999999999999999", "unknown-job"),
        ("DELETE", "/api/keys/%00", "unknown-key"),
        ("GET", "/api/problems/nothing", "unknown-problem"),
        ("GET", "/api/items?limit=0", "invalid"),
        ("GET", "/api/items?limit=many", "invalid"),
        ("GET", "/api/items?q=%00", "invalid"),
        ("GET", "/api/items/%00", "invalid"),
        ("GET", "/api/jobs?state=lost", "invalid"),
    ],
)
def test_what_does_not_exist_or_is_not_valid_is_a_problem(service, method, path, code):
    answer = service(method, path)
    answer.problem(code)
    if code == "unknown-method":
        allowed = answer.headers["Allow"].split(", ")
        assert allowed
        assert ("HEAD" in allowed) == ("GET" in allowed)


def test_what_can_be_got_can_be_asked_for_its_headers_alone(service):
    service.post("/api/items", {"id": "a"}).ok()
    for path in ("/api/items", "/api/items/a", "/api/items/b", "/api/health/live", "/metrics", "/api/docs"):
        got, headed = service.get(path), service("HEAD", path)
        assert (headed.status, headed.body) == (got.status, b"")
        assert headed.headers["Content-Type"] == got.headers["Content-Type"]
        assert path == "/metrics" or headed.headers["Content-Length"] == got.headers["Content-Length"]
    assert service("HEAD", "/api/events").status == 405
    assert service("HEAD", "/api/export/items").status == 200
    assert service.with_key(None)("HEAD", "/api/items").status == 401


@pytest.mark.parametrize(
    ("data", "content_type", "code"),
    [
        (b"{", "application/json", "bad-json"),
        (b"", "application/json", "invalid"),
        (b'{"id": NaN}', "application/json", "bad-json"),
        (b'{"id": "\xff"}', "application/json", "bad-json"),
        (b"[" * 100_000, "application/json", "bad-json"),
        (b'{"id": ' + b"9" * 5000 + b"}", "application/json", "bad-json"),
        (b"{}", "text/plain", "wrong-type"),
        (b"{}", None, "wrong-type"),
        (b"id=a", "application/x-www-form-urlencoded", "wrong-type"),
        (b"5", "application/json", "invalid"),
        (b"null", "application/json", "invalid"),
        (b'{"id": "\\ud800"}', "application/json", "invalid"),
        (b'{"id": "a", "attributes": {"\\ud800": 1}}', "application/json", "invalid"),
        (b'{"id": "a", "attributes": {"x": 1e999}}', "application/json", "invalid"),
        (b'{"id": "a", "attributes": {"x": {"y": 1}}}', "application/json", "invalid"),
    ],
)
def test_a_body_that_cannot_be_used_is_a_problem(service, data, content_type, code):
    service("POST", "/api/items", data=data, content_type=content_type).problem(code)


def test_a_body_that_is_too_large_or_of_unknown_length_is_not_read(service):
    from django.conf import settings
    from django.test import override_settings

    service.post("/api/items", {"id": "a"}).ok()
    small = settings.SENSORIUM_LIMITS.model_copy(update={"body_mb": 1, "media_mb": 2})
    with override_settings(SENSORIUM_LIMITS=small):
        service("POST", "/api/items", data=b" " * 1_000_001, content_type="application/json").problem(
            "too-large"
        )
        medium = ("PUT", "/api/items/a/media/picture")
        assert service(*medium, data=b" " * 1_000_001, content_type="image/png").status == 202
        service(*medium, data=b" " * 2_000_001, content_type="image/png").problem("too-large")
    chunked = {"Transfer-Encoding": "chunked"}
    service("POST", "/api/items", data=b"", headers=chunked).problem("missing-length")


def test_a_database_that_cannot_be_reached_is_a_503_that_says_nothing_of_it(service):
    from tests.service.conftest import use

    for nowhere in ("sqlite:////nowhere/secret.sqlite3", "postgresql://me:secret@/shop?host=/nowhere"):
        from sensorium.service.database_url import database_of

        use(database_of(nowhere))
        for path in ("/api/items", "/api/health/ready"):
            answer = service.get(path)
            answer.problem("database-unavailable")
            assert "secret" not in answer.body.decode()
            assert answer.headers["Retry-After"]
        assert service.get("/api/health/live").status == 200


def test_a_fault_of_ours_is_logged_in_full_and_the_caller_gets_its_number(service, caplog):
    from django.test import override_settings

    service.post("/api/items", {"id": "a"}).ok()
    with override_settings(SENSORIUM_MEDIA_COLUMNS="secret"), caplog.at_level(logging.ERROR):
        answer = service("PUT", "/api/items/a/media/picture", data=b"x", content_type="image/png")
    answer.problem("internal")
    assert "secret" not in answer.body.decode()
    (record,) = [one for one in caplog.records if one.name == "sensorium.service"]
    assert record.request_id == answer.headers["X-Request-ID"]
    assert record.exc_info[0] is ValueError


def test_each_kind_of_problem_is_listed_and_has_its_page(service):
    listed = service.get("/api/problems").ok()["problems"]
    assert {one["code"] for one in listed} == set(KINDS)
    for code in KINDS:
        assert service.get(f"/api/problems/{code}").ok()["remedy"]
    assert set(OF_STATUS.values()) <= set(KINDS)
    assert all(KINDS[code].status == status for status, code in OF_STATUS.items())


def test_health_and_counters(service):
    nobody = service.with_key(None)
    assert nobody.get("/api/health/live").ok() == {"status": "live"}
    assert nobody.get("/api/health/ready").ok() == {"status": "ready"}
    nobody.get("/metrics").problem("missing-credentials")
    service.get("/api/items/somebody%27s%20secret").problem("unknown-item")
    text = service.get("/metrics").body.decode()
    assert 'sensorium_requests_total{method="GET",route="/api/items/{item_id}",status="404"}' in text
    assert "secret" not in text


def test_a_database_without_all_tables_is_not_ready(service):
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="service").delete()
    service.get("/api/health/ready").problem("not-ready")


def test_a_request_id_is_taken_from_a_proxy_if_it_is_harmless(service):
    assert service.get("/api/items", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    made = service.get("/api/items", headers={"X-Request-ID": "a b"}).headers["X-Request-ID"]
    assert made != "a b"
    assert len(made) == 32


def test_the_log_has_a_line_for_each_request_without_ids(service, caplog):
    from sensorium.service.running.logs import JsonLines

    with caplog.at_level(logging.INFO, "sensorium.service.requests"):
        service.get("/api/users/ann%40example.org").problem("unknown-user")
    (record,) = [one for one in caplog.records if one.name == "sensorium.service.requests"]
    said = json.loads(JsonLines().format(record))
    assert (said["route"], said["status"], said["method"]) == ("/api/users/{user_id}", 404, "GET")
    assert "ann" not in JsonLines().format(record)


def test_an_error_of_the_database_is_logged_without_the_row(tenant, caplog):
    from django.db import IntegrityError

    from sensorium.service.events.models import Profile
    from sensorium.service.running.logs import JsonLines

    log, user = logging.getLogger("sensorium.service"), "ann@example.org"
    Profile(tenant=tenant, user_id=user).save(force_insert=True)
    try:
        Profile(tenant=tenant, user_id=user).save(force_insert=True)
    except IntegrityError as error:
        log.error("internal error", exc_info=error, extra={"error": str(error)})
    line = JsonLines().format(caplog.records[-1])
    assert "IntegrityError" in json.loads(line)["traceback"]
    assert "user" in json.loads(line)["error"]
    assert "ann" not in line


def test_the_document_is_openapi_31_and_says_of_each_route_that_it_may_answer_with_a_problem(service):
    document = service.get("/api/openapi.json").ok()
    assert document["openapi"].startswith("3.1")
    routes = [described for path in document["paths"].values() for described in path.values()]
    assert len(routes) > 30
    for described in routes:
        assert "default" in described["responses"]
        assert described["description"], described["operationId"]
        assert described["tags"]
    assert len({described["operationId"] for described in routes}) == len(routes)
    page = service.get("/api/docs").body.decode()
    assert "http" not in page.replace("https://www.w3.org", ""), "the page loads nothing from elsewhere"
    assert service.get("/static/ninja/swagger-ui-bundle.js").status == 200


def test_an_idempotency_key_answers_a_repeat_as_the_first_time(service):
    sent, key = {"user_id": "u", "item_id": "a"}, {"Idempotency-Key": "k1"}
    first = service.post("/api/events", sent, headers=key)
    again = service.post("/api/events", sent, headers=key)
    assert first.ok() == again.ok()
    assert len(service.get("/api/users/u/events").ok()["events"]) == 1
    service.post("/api/events", sent | {"item_id": "b"}, headers=key).problem("other-request")
    assert service.post("/api/items", {"id": "a"}, headers=key).ok()["created"] == 1
    service.post("/api/events", sent, headers={"Idempotency-Key": "a b"}).problem("invalid")
    service.post("/api/events", {"user_id": ""}, headers={"Idempotency-Key": "k2"}).problem("invalid")
    assert service.post("/api/events", sent, headers={"Idempotency-Key": "k2"}).ok()["stored"] == 1


def test_two_requests_with_one_key_at_once_do_the_work_once(service):
    answers = []

    def send() -> None:
        asker = service.with_key(service.key)
        sent = {"user_id": "u", "item_id": "a"}
        answers.append(asker.post("/api/events", sent, headers={"Idempotency-Key": "k"}))

    at_once(*[send] * 6)
    assert len({answer.body for answer in answers}) == 1
    assert len(service.get("/api/users/u/events").ok()["events"]) == 1
