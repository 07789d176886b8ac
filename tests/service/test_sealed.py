"""Every route of the document, asked by those who may not: nobody, strangers, keys that lack a scope."""

import logging
from collections.abc import Iterator

import pytest
from tests.service.document_walk import (
    ACCOUNT,
    BUNDLE,
    EVENT,
    FEED,
    ITEM,
    JOB,
    MEMBER,
    PREFIX,
    TENANT,
    USER,
    comparable,
    operations,
)

from sensorium.service.tenants.scopes import ALL

OPEN = {"is_live", "is_ready", "list_problems", "get_problem", "sign_in"}
"""What nobody needs a key for: a route that comes without one has to be named here."""
OUTSIDE = {"/metrics", "/api/openapi.json", "/api/docs", "/api/"}
"""Paths that the document does not describe: the counters, itself, its page, and where they begin."""
ANSWER_WITHOUT_A_ROW = {"put_user", "recommend_to_user", "sources_of_user"}
"""Routes whose path names a user that nobody need know."""
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def needs(service, operation) -> str:
    """The scope that a route asks for, as it says to a key that has none."""
    return operation.ask(service).problem("missing-scope")["where"]


def paths_of(resolver, before: str = "/") -> Iterator[str]:
    from django.urls import URLPattern

    for one in resolver:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield path
        else:
            yield from paths_of(one.url_patterns, path)


@on_sqlite
def test_the_document_describes_every_path_that_there_is(service):
    import re

    from sensorium.service.api.urls import urlpatterns

    described = {re.sub(r"\{\w+\}", "{}", path) for path in service.get("/api/openapi.json").ok()["paths"]}
    there = {re.sub(r"<[^>]+>", "{}", path) for path in paths_of(urlpatterns)}
    assert there - described == OUTSIDE
    assert described <= there


@on_sqlite
def test_no_route_is_open_to_nobody_or_to_a_wrong_key(service):
    from sensorium.service.api.access import failure_rates

    wrong = service.with_key(f"{service.key[:-4]}AAAA")
    found = operations(service)
    assert {one.name for one in found if one.is_open} == OPEN
    for operation in found:
        if not operation.is_open:
            failure_rates.cache_clear()  # who guesses so often would be told to wait
            operation.ask(service.with_key(None)).problem("missing-credentials")
            operation.ask(wrong).problem("bad-credentials")
    for asker, code in ((service.with_key(None), "missing-credentials"), (wrong, "bad-credentials")):
        failure_rates.cache_clear()
        asker.get("/metrics").problem(code)


@on_sqlite
def test_each_route_is_opened_by_its_scope_and_by_no_other(service, tenant):
    from sensorium.service.tenants.keys import make_key

    powerless = service.with_key(make_key(tenant, "none", []).text)
    assert powerless.get("/metrics").problem("missing-scope")["where"] == "metrics:read"
    for operation in operations(service):
        if operation.is_open:
            continue
        scope = needs(powerless, operation)
        others = make_key(tenant, "others", [one for one in ALL if one != scope])
        assert operation.ask(service.with_key(others.text)).problem("missing-scope")["where"] == scope
        alone = operation.ask(service.with_key(make_key(tenant, "alone", [scope]).text))
        assert alone.status < 500, operation
        assert alone.status != 403 or alone.json["where"] != scope, operation


def seed(service, tenant) -> None:
    """Let the first tenant have a row of each kind, with the ids that the walk asks for."""
    from django.utils import timezone

    from sensorium.service.catalogue.media import Stored, put_medium
    from sensorium.service.engine.models import Bundle, Feed
    from sensorium.service.jobs.models import Job
    from sensorium.service.tenants.keys import make_key
    from sensorium.service.tenants.models import ApiKey

    now = timezone.now()
    service.post("/api/items", {"id": ITEM, "attributes": {"title": "Ours"}}).ok()
    service.put(f"/api/users/{MEMBER}", {"attributes": {"age": 30}})
    service.post("/api/events", {"event_id": EVENT, "user_id": USER, "item_id": ITEM, "type": "view"}).ok()
    put_medium(tenant, ITEM, "picture", Stored("0" * 64, 1), "image/png")
    Job(pk=int(JOB), tenant=tenant, kind="none", dedupe_key="none", state="failed", created=now,
        not_before=now, ended=now).save(force_insert=True)  # fmt: skip
    Bundle(tenant=tenant, version=BUNDLE, item_sequence=0, encoded_sequence=0, n_items=1, n_users=1,
           seconds=1, created=now).save(force_insert=True)  # fmt: skip
    Feed(tenant=tenant, name=FEED, user_id=USER, pages=[[ITEM]], expires=now.replace(year=2100)).save()
    made = make_key(tenant, "secret key", ["items:read"]).key
    ApiKey.objects.of(tenant).filter(pk=made.pk).update(prefix=PREFIX)
    service.post("/api/accounts", {"name": ACCOUNT, "password": "not this one", "role": "viewer"}).ok(201)
    service.post("/api/tenants", {"name": TENANT}).ok(201)


def rows_of_all(tenant) -> dict[str, list[dict]]:
    """All rows of a tenant, as they stand in the database."""
    from django.apps import apps

    return {
        model.__name__: list(model._base_manager.filter(tenant_id=tenant.pk).order_by("pk").values())
        for model in apps.get_app_config("service").get_models()
        if any(field.name == "tenant" for field in model._meta.fields)
    }


def test_what_a_tenant_has_changes_no_answer_to_another_one(service, tenant, caplog):
    from sensorium.service.running.logs import JsonLines
    from sensorium.service.tenants.keys import make_key
    from sensorium.service.tenants.making import make_tenant

    walked = operations(service)
    answers = {}
    for name in ("stranger-a", "stranger-b"):  # before the first tenant has rows of these ids, and after
        key = make_key(make_tenant(name).key.tenant, "all", ALL)
        stranger = service.with_key(key.text)
        answers[name] = [comparable(one.ask(stranger), name, key.key.prefix) for one in walked]
        if name == "stranger-a":
            seed(service, tenant)
            before = rows_of_all(tenant)
    assert rows_of_all(tenant) == before
    for operation, unknown, foreign in zip(walked, *answers.values(), strict=True):
        assert foreign == unknown, operation
        if operation.names_a_row and operation.name not in ANSWER_WITHOUT_A_ROW:
            expected = '"missing-scope"' if "/tenants/" in operation.path else '"code": "unknown-'
            assert foreign[0] in (403, 404), (operation, foreign)
            assert expected in foreign[1], (operation, foreign)
    logger = logging.getLogger("sensorium.service")  # which a former test may have told where to write
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, logger=logger.name):
            for operation in walked:
                operation.ask(service)
    finally:
        logger.removeHandler(caplog.handler)
    lines = [JsonLines().format(one) for one in caplog.records if one.name.startswith("sensorium")]
    assert len(lines) >= len(walked)
    assert not [line for line in lines if "secret" in line or JOB in line], (
        "ids are nobody's but the tenant's"
    )
