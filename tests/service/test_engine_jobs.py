"""Fits, changes that are brought to a bundle, and bundles that take each other's place."""

import itertools
from datetime import timedelta

import pytest
from tests.service.conftest import make_workspace
from tests.service.serving import until
from tests.service.test_media import picture
from tests.service.test_media import work as work_on_media
from tests.service.threads import at_once

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
        {
            "event_id": f"{user}-{n}",
            "user_id": f"u{user}",
            "item_id": f"{KINDS[user % 3]}/{n}",
            "type": "like",
        }
        for user, n in itertools.product(range(8), range(3))
    ]
    service.post("/api/events", events).ok()
    for n in range(4):
        put_picture(service, f"mug%2F{n}", n)
    return service


def put_picture(service, item: str, seed: int) -> None:
    path = f"/api/items/{item}/media/picture"
    service("PUT", path, data=picture(seed), content_type="image/png").ok(202)


def medium_of(service, item: str) -> dict:
    return service.get(f"/api/items/{item}").ok()["media"]["picture"]


def fit(service) -> str:
    """Fit and return the version of the bundle that answers then."""
    job = service.post("/api/fit", {"model": "multimodal-knn", "seconds": 1}).ok(202)
    assert "fit" in work()
    done = service.get(f"/api/jobs/{job['id']}").ok()
    assert (done["state"], done["error"]) == ("done", None)
    return active(service)


def active(service) -> str:
    """Return the version of the active bundle, once it answers: another one is opened beside the former."""
    bundles = service.get("/api/bundles").ok()["bundles"]
    version = next(one["version"] for one in bundles if one["is_active"])
    until(lambda: service.post("/api/recommend", {"k": 1}).ok()["bundle"] == version)
    return version


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


def features_come_with_a_retry_once_their_file_is_back(shop, item: str) -> None:
    from sensorium.service.catalogue.media_files import file_of

    put_picture(shop, item, 10)
    work_on_media()
    file = file_of(medium_of(shop, item)["sha256"])
    file.rename(file.with_suffix(".lost"))
    work()
    lost = medium_of(shop, item)
    assert (lost["status"], lost["why"]) == ("failed", "no features could be made of it")
    file.with_suffix(".lost").rename(file)
    shop.post(f"/api/items/{item}/media/picture/retry").ok(202)
    work()
    assert medium_of(shop, item)["status"] == "ready"


def the_bundle_holds_all_items_and_says_what_read_their_media(shop, tenant):
    view = view_of(tenant)
    assert (len(view), view.model.data.interactions.shape) == (12, (8, 12))
    assert "image:picture" in view.model.item_features.blocks
    medium = medium_of(shop, "mug%2F1")
    assert (medium["status"], medium["why"]) == ("ready", None)
    assert medium["encoder"]
    assert not is_behind()


def test_a_bundle_is_fitted_kept_up_and_exchanged_with_another(shop, tenant):
    first = fit(shop)
    the_bundle_holds_all_items_and_says_what_read_their_media(shop, tenant)

    shop.post("/api/items", {"id": "mug/new", "attributes": {"title": "mug with a bird"}}).ok()
    shop.patch("/api/items/rug%2F1", {"attributes": {"title": "rug with a fish"}}).ok()
    shop.delete("/api/items/rug%2F2").ok(204)
    assert shop.get("/api/bundles").ok()["bundles"][0]["lacks"] == 3
    assert work() == ["encode-items"]
    assert (is_behind(), work()) == (False, [])
    view = view_of(tenant)
    assert "rug with a fish" in view.model.catalog.titles()
    block, row = "image:picture", view.model.catalog.items.index("mug/new")
    assert not view.model.item_features.blocks[block].present[row]

    put_picture(shop, "mug%2Fnew", 9)
    assert set(work()) == {"encode-items", "check-media", "make-previews"}
    assert view_of(tenant).model.item_features.blocks[block].present[row]
    assert medium_of(shop, "mug%2Fnew")["status"] == "ready"
    shop("PUT", "/api/items/mug%2Fnew/media/picture", data=b"none", content_type="image/png").ok(202)
    work()
    assert not view_of(tenant).model.item_features.blocks[block].present[row]
    assert medium_of(shop, "mug%2Fnew")["status"] == "failed"

    features_come_with_a_retry_once_their_file_is_back(shop, "mug%2Fnew")

    second = fit(shop)
    assert second != first
    assert len(view_of(tenant)) == 12, "one came, one was deleted"
    again = {"id": "rug/2", "attributes": {"title": "rug number 2", "genres": ["rug", "All"]}}
    shop.post("/api/items", again).ok()  # the first bundle holds it, the second was fitted without it
    shop.get("/api/items/rug%2F2/similar").problem("item-not-ready")
    shop.post("/api/items", {"id": "late", "attributes": {"title": "rug that came late"}}).ok()
    work()
    for version in (first, second):  # back and forward; what came meanwhile is in both
        job = shop.post(f"/api/bundles/{version}/activate").ok(202)
        assert job["kind"] == "activate-bundle"
        work()
        assert active(shop) == version
        assert "late" in view_of(tenant).model.catalog.items
        assert not is_behind()
        found = {one["item_id"] for one in shop.post("/api/recommend", {"k": 100}).ok()["items"]}
        assert {"rug/2", "late"} <= found
        shop.get("/api/items/rug%2F2/similar").ok()
    shop.post("/api/bundles/other/activate").problem("unknown-bundle")


def test_whoever_dies_between_segment_and_commit_loses_nothing(shop, tenant):
    from sensorium.service.catalogue.items import live_items
    from sensorium.service.engine.encoder_process import Wanted, encode_aside
    from sensorium.service.engine.item_cells import item_cells, own_workspace
    from sensorium.service.engine.place import bundles_of, segments_of

    version = fit(shop)
    shop.post("/api/items", {"id": "new", "attributes": {"title": "mug with a bird"}}).ok()
    row = live_items(tenant).get(item_id="new")
    rows = item_cells(own_workspace(), tenant, [row], {})
    encode_aside(Wanted(bundles_of(tenant) / version, segments_of(tenant), rows, [], row.sequence))
    assert is_behind()
    shop.post("/api/items", {"id": "newer", "attributes": {"title": "mug with two birds"}}).ok()
    assert work() == ["encode-items"]
    assert not is_behind()
    ids = view_of(tenant).model.catalog.items
    assert [item in ids for item in ("new", "newer")] == [True, True]
    assert len(ids) == 14


def test_a_medium_whose_reader_was_killed_is_read_once_more(shop, tenant):
    from sensorium.service.catalogue.items import live_items
    from sensorium.service.catalogue.media_files import file_of
    from sensorium.service.catalogue.models import Media
    from sensorium.service.engine.encoder_process import Wanted, encode_aside
    from sensorium.service.engine.item_cells import item_cells, media_of, own_workspace
    from sensorium.service.engine.place import bundles_of, segments_of

    version = fit(shop)
    shop.post("/api/items", {"id": "new", "attributes": {"title": "mug with a bird"}}).ok()
    put_picture(shop, "new", 9)
    work_on_media()
    row = live_items(tenant).get(item_id="new")
    rows = item_cells(own_workspace(), tenant, [row], media_of(tenant, ["new"]))
    file = file_of(Media.objects.of(tenant).get(item_id="new").sha256)
    lost = file.rename(file.with_suffix(".lost"))
    encode_aside(Wanted(bundles_of(tenant) / version, segments_of(tenant), rows, [], row.sequence))
    lost.rename(file)
    work()
    assert medium_of(shop, "new")["status"] == "ready"
    assert not is_behind()


def test_what_cannot_be_fitted_fails_at_once_and_can_be_tried_again(service, tenant, tmp_path):
    from sensorium.service.jobs.engine_jobs import enqueue_first_fit

    make_workspace(tmp_path)
    assert not enqueue_first_fit(tenant), "there are no items"
    job = service.post("/api/fit", {}).ok(202)
    assert service.post("/api/fit", {"seconds": 5}).ok(202)["id"] == job["id"]
    assert work() == ["fit"]
    failed = service.get(f"/api/jobs/{job['id']}").ok()
    assert (failed["state"], failed["attempts"]) == ("failed", 1)
    assert "no items" in failed["error"]
    assert service.get("/api/bundles").ok() == {"bundles": []}
    assert service.post(f"/api/jobs/{job['id']}/retry").ok(202)["state"] == "waiting"
    service.post("/api/items", {"id": "a"}).ok()
    assert enqueue_first_fit(tenant)
    for wrong in ({"seconds": -1}, {"seconds": "long"}, {"model": "../x"}):
        service.post("/api/fit", wrong).problem("invalid")


def test_a_fit_that_is_cancelled_ends_and_nothing_is_exchanged(shop, tenant):
    from sensorium.service.jobs.models import Job
    from sensorium.service.jobs.queue import cancel, take_job
    from sensorium.service.jobs.worker import do_job

    job = shop.post("/api/fit", {"seconds": 3600}).ok(202)
    assert take_job(but=["fit"]).job.kind == "check-media"
    lease = take_job(only=["fit"])
    assert take_job(only=["fit"]) is None

    def stop() -> None:
        assert cancel(Job.objects.of(tenant).get(pk=job["id"]))

    at_once(lambda: do_job(lease), stop)
    assert shop.get(f"/api/jobs/{job['id']}").ok()["state"] == "cancelled"
    assert shop.get("/api/bundles").ok() == {"bundles": []}


def test_a_fit_is_put_back_when_its_worker_is_told_to_end(shop, tenant):
    from sensorium.service.jobs.queue import take_job
    from sensorium.service.jobs.worker import do_job

    job = shop.post("/api/fit", {"seconds": 3600}).ok(202)
    lease = take_job(only=["fit"])
    lease.stopping.set()
    do_job(lease)
    waiting = shop.get(f"/api/jobs/{job['id']}").ok()
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 0)
    assert shop.get("/api/bundles").ok() == {"bundles": []}


def test_attributes_are_text_as_a_table_has_it_and_no_path_leaves_the_folder(service, tenant, tmp_path):
    from sensorium.service.catalogue.items import live_items
    from sensorium.service.engine.item_cells import item_cells, media_base, own_workspace
    from sensorium.service.tenants.models import Tenant

    make_workspace(tmp_path)
    (tmp_path / "in.png").write_bytes(picture())
    for name, path in {
        "a": "in.png",
        "b": "../out.png",
        "c": "/etc/hostname",
        "d": "https://x.example/p.png",
    }.items():
        said = {"picture": path, "genres": ["Toys", "Wind"], "year": 2001, "new": True, "tags": ["x", "y"]}
        service.post("/api/items", {"id": name, "attributes": said}).ok()
    rows = item_cells(own_workspace(), tenant, live_items(tenant).order_by("pk"), {})
    assert [row["picture"] for row in rows] == ["in.png", None, None, "https://x.example/p.png"]
    told = {name: rows[0][name] for name in ("item_id", "genres", "year", "new", "tags")}
    assert told == {"item_id": "a", "genres": "Toys|Wind", "year": "2001", "new": "true", "tags": "x, y"}
    other = Tenant(name="other", pk=99)
    seen = item_cells(own_workspace(), other, live_items(tenant).order_by("pk"), {})
    assert [row["picture"] for row in seen] == ["in.png", None, None, "https://x.example/p.png"]
    assert not (media_base(own_workspace(), other) / "in.png").exists(), "of the first tenant's files"


def test_a_job_that_failed_is_not_made_again_at_once(shop, tenant):
    from django.utils import timezone

    from sensorium.service.engine.models import Bundle, EngineState
    from sensorium.service.jobs.engine_jobs import ENCODE, enqueue_encoding
    from sensorium.service.jobs.models import Job

    Bundle.objects.of(tenant).create(
        tenant=tenant, version="v", item_sequence=0, encoded_sequence=0, n_items=0, n_users=0, seconds=0,
        created=timezone.now(),
    )  # fmt: skip
    EngineState.objects.of(tenant).update(bundle="v")
    jobs = Job.objects.of(tenant).filter(kind=ENCODE)
    for _ in range(2):
        enqueue_encoding()
        assert jobs.count() == 1
    jobs.update(state="failed", ended=timezone.now())
    enqueue_encoding()
    assert jobs.count() == 1
    jobs.update(ended=timezone.now() - timedelta(minutes=2))
    enqueue_encoding()
    assert jobs.count() == 2
