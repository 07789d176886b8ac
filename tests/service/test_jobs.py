"""Jobs: leases, fences, attempts, and what is made again when it was lost."""

import threading
from datetime import timedelta

import pytest
from tests.service.threads import at_once


@pytest.fixture
def later():
    """A clock for leases: moves all times of the table into the past."""
    from django.db.models import F

    from sensorium.service.jobs.models import Job

    def move(seconds: float) -> None:
        gone = timedelta(seconds=seconds)
        for job in Job.objects.across_tenants():
            rows = Job.objects.across_tenants().filter(pk=job.pk)
            rows.update(not_before=F("not_before") - gone, created=F("created") - gone)
            if job.lease_until is not None:
                rows.update(lease_until=job.lease_until - gone)

    return move


def put(tenant, key: str = "k", kind: str = "clean"):
    from sensorium.service.jobs.models import Job
    from sensorium.service.jobs.queue import enqueue

    enqueue(tenant, kind, {}, dedupe_key=key)
    return Job.objects.of(tenant).get(dedupe_key=key, state="waiting")


def state_of(job) -> str:
    job.refresh_from_db()
    return job.state


def test_a_job_is_taken_once_and_one_of_a_key_waits_or_runs(tenant):
    from sensorium.service.jobs.models import Job
    from sensorium.service.jobs.queue import enqueue, take_job

    job = put(tenant)
    enqueue(tenant, "clean", {}, dedupe_key="k")
    lease = take_job()
    assert lease is not None
    assert take_job() is None
    enqueue(tenant, "clean", {}, dedupe_key="k")
    assert Job.objects.of(tenant).count() == 1
    lease.finish()
    assert state_of(job) == "done"
    enqueue(tenant, "clean", {}, dedupe_key="k")
    assert Job.objects.of(tenant).count() == 2


def test_a_job_whose_worker_is_gone_is_taken_again_and_the_late_one_can_write_nothing(tenant, later):
    from sensorium.service.events.models import Profile
    from sensorium.service.events.store import hold_users
    from sensorium.service.jobs.queue import LEASE_S, LeaseLostError, take_job

    job = put(tenant)
    slow = take_job()
    later(LEASE_S + 1)
    second = take_job()
    assert second is not None
    assert second.fence == slow.fence + 1
    for write in (slow.renew, slow.finish, lambda: slow.fail("x")):
        with pytest.raises(LeaseLostError):
            write()
    with pytest.raises(LeaseLostError), slow.writing():
        hold_users(tenant, ["written by the late one"])
    with second.writing():
        hold_users(tenant, ["written"])
    assert list(Profile.objects.of(tenant).values_list("user_id", flat=True)) == ["written"]
    second.finish()
    assert state_of(job) == "done"


def test_a_write_is_undone_when_the_lease_is_lost_before_its_commit(tenant):
    from sensorium.service.events.models import Profile
    from sensorium.service.events.store import hold_users
    from sensorium.service.jobs.queue import take_job

    put(tenant)
    lease = take_job()
    with pytest.raises(ZeroDivisionError), lease.writing():
        hold_users(tenant, ["half"])
        raise ZeroDivisionError
    assert Profile.objects.of(tenant).count() == 0


def test_a_failed_attempt_waits_longer_each_time_and_the_last_one_ends_the_job(tenant, later):
    from sensorium.service.jobs.queue import MOST_ATTEMPTS, RETRY_S, take_job

    job = put(tenant)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        lease = take_job()
        lease.fail(f"reason {attempt}")
        assert take_job() is None
        if attempt < MOST_ATTEMPTS:
            later(RETRY_S * 2 ** (attempt - 1) - 1)
            assert take_job() is None
            later(2)
    assert state_of(job) == "failed"
    assert job.error == f"reason {MOST_ATTEMPTS}"


def test_a_job_that_ends_its_workers_does_not_do_so_for_ever(tenant, later):
    from sensorium.service.jobs.queue import LEASE_S, MOST_ATTEMPTS, take_job

    job = put(tenant)
    for _ in range(MOST_ATTEMPTS):
        assert take_job() is not None
        later(LEASE_S + 1)
    assert take_job() is None
    assert state_of(job) == "failed"
    assert "ended" in job.error


def test_many_workers_share_jobs_and_none_is_done_twice(tenant):
    from sensorium.service.jobs.queue import take_job

    jobs = [put(tenant, f"k{n}").pk for n in range(20)]
    taken: list[int] = []

    def work() -> None:
        while (lease := take_job()) is not None or len(taken) < len(jobs):
            if lease is not None:
                taken.append(lease.job.pk)
                lease.finish()

    at_once(*[work] * 4)
    assert sorted(taken) == jobs


def test_a_cancelled_job_is_not_done_and_can_be_taken_up_again(service, tenant):
    from sensorium.service.jobs.queue import LeaseLostError, take_job

    job = put(tenant)
    assert service.post(f"/api/jobs/{job.pk}/cancel").ok(202)["state"] == "cancelled"
    assert take_job() is None
    service.post(f"/api/jobs/{job.pk}/cancel").problem("job-ended")
    assert service.post(f"/api/jobs/{job.pk}/retry").ok(202)["state"] == "waiting"
    service.post(f"/api/jobs/{job.pk}/retry").problem("job-ended")
    lease = take_job()
    assert service.post(f"/api/jobs/{job.pk}/cancel").ok(202)["state"] == "cancelled"
    with pytest.raises(LeaseLostError):
        lease.finish()
    put(tenant)
    service.post(f"/api/jobs/{job.pk}/retry").problem("job-ended")


def test_jobs_are_listed_by_state(service, tenant):
    put(tenant, "a")
    service.post(f"/api/jobs/{put(tenant, 'b').pk}/cancel").ok(202)
    assert [one["state"] for one in service.get("/api/jobs").ok()["jobs"]] == ["cancelled", "waiting"]
    assert len(service.get("/api/jobs?state=waiting").ok()["jobs"]) == 1
    page = service.get("/api/jobs?limit=1").ok()
    rest = service.get(f"/api/jobs?limit=1&cursor={page['next_cursor']}").ok()
    assert [one["state"] for one in page["jobs"] + rest["jobs"]] == ["cancelled", "waiting"]


def test_a_lost_job_is_made_again_and_a_hopeless_one_fails_its_medium(service, tenant):
    from sensorium.service.catalogue.media import Stored, put_medium
    from sensorium.service.catalogue.models import Media
    from sensorium.service.jobs.models import Job
    from sensorium.service.jobs.reconcile import SETTLED_S, reconcile

    service.post("/api/items", {"id": "a"}).ok()
    put_medium(tenant, "a", "picture", Stored("0" * 64, 1), "image/png")
    Job.objects.of(tenant).delete()
    reconcile()
    checks = Job.objects.of(tenant).filter(kind="check-media")
    assert not checks.exists(), "a medium that has just come is left alone"
    rows = Media.objects.of(tenant)
    rows.update(updated=rows.get().updated - timedelta(seconds=SETTLED_S + 1))
    reconcile()
    reconcile()
    assert checks.count() == 1
    checks.update(state="failed", error="it crashed the decoder")
    reconcile()
    assert (rows.get().status, rows.get().why) == ("failed", "it crashed the decoder")
    assert Job.objects.of(tenant).filter(kind="clean").count() == 1


def test_a_worker_does_what_waits_and_stops_when_it_is_told(tenant):
    from sensorium.service.jobs.worker import Worker

    job, unknown, stop = put(tenant), put(tenant, "u", "no such kind"), threading.Event()

    def tell() -> None:
        for _ in range(400):
            if state_of(job) == "done" and state_of(unknown) == "waiting" and unknown.attempts:
                break
            stop.wait(0.05)
        stop.set()

    at_once(Worker(stop).run, tell)
    assert state_of(job) == "done"
    assert "no such kind" in unknown.error
