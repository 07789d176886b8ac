"""Recommendations of many users in a file."""

import io
import json
import os
from datetime import timedelta

import polars as pl
import pytest
from tests.service.answering import ids, recommended, two_colour_shop

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def shop(service, tenant, fitted_workspace):
    return two_colour_shop(service, tenant, fitted_workspace)


def asked(shop, **body):
    return shop.post("/api/batch-recommend", body).ok(202)["id"]


def work(kind="batch-recommend"):
    from sensorium.service.jobs.queue import take_job
    from sensorium.service.jobs.worker import do_job

    lease = take_job(only=[kind])
    do_job(lease)
    return lease


def by_user(rows):
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["user_id"], []).append(row["item_id"])
        assert row["rank"] == len(found[row["user_id"]])
        assert row["path"]
    return found


def test_all_users_get_what_they_would_get_one_by_one(shop):
    from sensorium.service.jobs.kinds import LONG

    job = asked(shop, k=3, where=["colour=red"])
    assert "done" in shop.get(f"/api/jobs/{job}/result").problem("job-ended")["remedy"]
    assert work().job.kind in LONG
    assert shop.get(f"/api/jobs/{job}").ok()["state"] == "done"
    got = shop.get(f"/api/jobs/{job}/result")
    assert got.headers["Content-Type"] == "application/jsonl"
    found = by_user(json.loads(line) for line in got.body.decode().splitlines())
    assert len(found) == 12
    for user, items in found.items():
        assert items == ids(recommended(shop, user, k=3, where="colour=red"))


def test_named_users_as_parquet_once_for_each_key_and_for_its_tenant_alone(shop, tenant):
    from sensorium.service.tenants.keys import make_key
    from sensorium.service.tenants.models import Tenant
    from sensorium.service.tenants.scopes import ALL

    body = {"k": 4, "users": ["u03", "nobody", "u03"], "format": "parquet", "seen": False, "deny": ["i04"]}
    first, second = (
        shop.post("/api/batch-recommend", body, headers={"Idempotency-Key": "night-1"}).ok(202) for _ in "12"
    )
    assert first == second
    assert first["arguments"]["users"] == 3, "who they are is not for a list of jobs"
    work()
    got = shop.get(f"/api/jobs/{first['id']}/result")
    frame = pl.read_parquet(io.BytesIO(got.body))
    assert frame.columns == ["user_id", "rank", "item_id", "score", "path"]
    found = by_user(frame.iter_rows(named=True))
    for user, items in found.items():
        one = {"user_id": user, "k": 4, "seen": False, "deny": ["i04"]}
        assert items == ids(shop.post("/api/recommend", one).ok())
    assert list(found) == ["u03", "nobody"]
    shop.post("/api/tenants", {"name": "other"}).ok(201)
    other = shop.with_key(make_key(Tenant.objects.get(name="other"), "k", ALL).text)
    other.get(f"/api/jobs/{first['id']}/result").problem("unknown-job")
    lesser = shop.with_key(make_key(tenant, "k", ["jobs:read"]).text)
    lesser.get(f"/api/jobs/{first['id']}/result").problem("missing-scope")
    lesser.post("/api/batch-recommend", body).problem("missing-scope")


def test_a_question_that_cannot_be_answered_fails_at_once_and_says_why(shop):
    job = asked(shop, where=["smell=sweet"])
    work()
    failed = shop.get(f"/api/jobs/{job}").ok()
    assert (failed["state"], failed["attempts"]) == ("failed", 1)
    assert "smell" in failed["error"]
    shop.get(f"/api/jobs/{job}/result").problem("job-ended")
    for wrong in ({"users": []}, {"format": "csv"}, {"k": 0}, {"k": 10**4}):
        shop.post("/api/batch-recommend", wrong).problem("invalid")
    fit = shop.post("/api/fit", {}).ok(202)["id"]
    shop.get(f"/api/jobs/{fit}/result").problem("unknown-result")


def test_a_cancelled_one_leaves_nothing_and_the_file_goes_with_its_job(shop, tenant):
    from django.utils import timezone

    from sensorium.service.engine.batch import REMAINS_S, remove_results, result_of
    from sensorium.service.jobs.models import Job
    from sensorium.service.jobs.queue import cancel, enqueue, take_job
    from sensorium.service.jobs.worker import do_job

    job = asked(shop)
    lease = take_job(only=["batch-recommend"])
    assert cancel(Job.objects.of(tenant).get(pk=job))
    do_job(lease)
    assert shop.get(f"/api/jobs/{job}").ok()["state"] == "cancelled"
    folder = result_of(lease.job).parent
    assert list(folder.iterdir()) == []

    asked(shop, k=1)
    done = work().job
    remains = folder / ".1-1.jsonl.x.part"
    remains.touch()
    for file in folder.iterdir():
        os.utime(file, (0, file.stat().st_mtime - REMAINS_S - 1))
    remove_results()
    assert list(folder.iterdir()) == [result_of(done)]
    Job.objects.of(tenant).filter(pk=done.pk).update(ended=timezone.now() - timedelta(days=8))
    enqueue(tenant, "clean", {}, dedupe_key="clean")
    work("clean")
    assert list(folder.iterdir()) == []
    shop.get(f"/api/jobs/{done.pk}/result").problem("unknown-job")
