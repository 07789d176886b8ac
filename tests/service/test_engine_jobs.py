"""Fits, changes that are brought to a bundle, and bundles that take each other's place."""

import itertools

import pytest
from tests.service.conftest import make_workspace
from tests.service.test_media import picture

KINDS = ["mug", "lamp", "rug"]


def work(n: int = 30) -> list[str]:
    """Do what waits, also what the state of the database asks for; return the kinds of these jobs."""
    from sensorium.service.jobs.engine_jobs import enqueue_encoding
    from sensorium.service.jobs.queue import take_job
    from sensorium.service.jobs.worker import do_job

    done: list[str] = []
    for _ in range(n):
        enqueue_encoding()
        lease = take_job()
        if lease is None:
            return done
        do_job(lease)
        done.append(lease.job.kind)
    return done


@pytest.fixture
def shop(service, tmp_path):
    """A service with 12 items and what 8 users did with them, and no bundle yet."""
    make_workspace(tmp_path)
    rows = [
        {"id": f"{kind}/{n}", "attributes": {"title": f"{kind} number {n}", "genres": [kind, "All"]}}
        for kind, n in itertools.product(KINDS, range(4))
    ]
    assert service.post("/api/items", rows).ok()["created"] == 12
    events = [
        {"event_id": f"{user}-{n}", "user_id": f"u{user}", "item_id": f"{KINDS[user % 3]}/{n}", "type": "like"}
        for user, n in itertools.product(range(8), range(3))
    ]
    service.post("/api/events", events).ok()
    return service


def fit(service) -> str:
    """Fit and return the version of the bundle that answers then."""
    job = service.post("/api/fit", {"seconds": 1}).ok(202)
    assert "fit" in work()
    done = service.get(f"/api/jobs/{job['id']}").ok()
    assert (done["state"], done["error"]) == ("done", None)
    return active(service)


def active(service) -> str:
    bundles = service.get("/api/bundles").ok()["bundles"]
    return next(one["version"] for one in bundles if one["is_active"])


def view_of(tenant):
    """The view that a process opens: the active bundle with its segments."""
    from sensorium.service.engine.place import bundles_of, segments_of
    from sensorium.service.engine.state import state_of
    from sensorium.serving.engine_view import EngineView

    view = EngineView.open(bundles_of(tenant) / state_of(tenant).bundle)
    return view.caught_up(segments_of(tenant))


def is_behind() -> bool:
    from sensorium.service.engine.bundles import bundles_behind

    return bool(bundles_behind())


def test_a_fit_learns_from_the_database_and_what_comes_then_is_brought_to_it(shop, tenant):
    fit(shop)
    view = view_of(tenant)
    assert len(view) == 12
    assert set(view.model.data.interactions.shape) == {8, 12}
    assert not is_behind()
    shop.post("/api/items", {"id": "mug/new", "attributes": {"title": "mug with a bird"}}).ok()
    shop.patch("/api/items/rug%2F1", {"attributes": {"title": "rug with a fish"}}).ok()
    shop.delete("/api/items/rug%2F2").ok(204)
    assert is_behind()
    assert shop.get("/api/bundles").ok()["bundles"][0]["lacks"] == 3
    assert work() == ["encode-items"]
    assert not is_behind()
    assert work() == []
    after = view_of(tenant)
    assert "mug/new" in after.model.catalog.items
    assert "rug with a fish" in after.model.catalog.titles()
    assert after.last_segment > 0
