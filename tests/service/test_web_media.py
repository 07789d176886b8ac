"""Media that items name by their address: fetched by a worker, checked, kept up with, refused."""

import http.server
import threading
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from tests.service.test_media import picture, work

ONLY_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AT = "/api/items/a/media/picture"
FETCHED = ["fetch-medium", "check-media", "make-previews"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def web() -> Iterator[http.server.ThreadingHTTPServer]:
    """A server of the inner network, which may be asked."""
    from django.test import override_settings

    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server,
        override_settings(SENSORIUM_WEB_NETWORKS=(ip_network("127.0.0.1"),)),
    ):
        server.files = {"/a.png": picture(1), "/b.png": picture(2)}
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def put(service, url: object, **more) -> None:
    service.post("/api/items", {"id": "a", "attributes": {"picture": url, **more}}).ok()


def medium(service) -> dict:
    return service.get("/api/items/a/media").ok()["media"]["picture"]


def test_a_medium_is_fetched_from_where_its_item_says_and_replaced_by_a_new_address(service, web):
    put(service, f"{web.url}/a.png")
    said = medium(service)
    assert said | {"updated": None} == {
        "status": "pending", "why": None, "checked": False, "url": f"{web.url}/a.png", "type": None,
        "bytes": None, "sha256": None, "encoder": None, "updated": None,
    }  # fmt: skip
    assert service.get(AT).problem("medium-not-ready")["status"] == 404
    service.get(f"{AT}/thumbnail").problem("medium-not-ready")
    assert work() == FETCHED
    said = medium(service)
    assert (said["checked"], said["type"], said["bytes"]) == (True, "image/png", len(picture(1)))
    assert service.get(AT).body == picture(1)
    assert service.get(f"{AT}/thumbnail").status == 200
    put(service, f"{web.url}/a.png", title="another word")
    assert work() == []
    service.patch("/api/items/a", {"attributes": {"picture": f"{web.url}/b.png"}}).ok()
    assert service.get(AT).status == 404
    assert work() == FETCHED
    assert service.get(AT).body == picture(2)


@ONLY_SQLITE
def test_what_cannot_be_fetched_or_used_failed_with_the_reason_and_is_tried_again(service, web):
    put(service, f"{web.url}/late.png")
    assert work() == ["fetch-medium"]
    said = medium(service)
    assert (said["status"], said["why"]) == ("failed", "the server answered 404")
    assert "retry" in service.get(AT).problem("unknown-medium")["remedy"]
    web.files["/late.png"] = b"no picture"
    assert service.post(f"{AT}/retry").ok(202)["status"] == "pending"
    assert work() == FETCHED[:2]
    assert (medium(service)["status"], medium(service)["why"]) == ("failed", "not a picture")
    web.files["/late.png"] = picture(3)
    service.post(f"{AT}/retry").ok(202)
    assert work() == FETCHED
    assert service.get(AT).body == picture(3)


@ONLY_SQLITE
def test_hosts_that_are_not_public_and_other_schemes_are_not_asked(service, web):
    from django.conf import settings
    from django.test import override_settings

    small = settings.SENSORIUM_LIMITS.model_copy(update={"media_mb": 1})
    web.files["/large"] = bytes(1_000_001)
    for url, networks, why in (
        (f"{web.url}/a.png", (), "its host is not on the public internet"),
        ("http://169.254.169.254/latest", (), "its host is not on the public internet"),
        ("file:///etc/hostname", (), "only http and https URLs are read"),
        (f"{web.url}/large", settings.SENSORIUM_WEB_NETWORKS, "larger than 1,000,000 bytes"),
    ):
        with override_settings(SENSORIUM_WEB_NETWORKS=networks, SENSORIUM_LIMITS=small):
            put(service, url)
            assert work() == ["fetch-medium"]
        assert (medium(service)["status"], medium(service)["why"]) == ("failed", why)
    put(service, f"{web.url}/a.png")
    with override_settings(SENSORIUM_MEDIA_COLUMNS={}):
        assert work() == ["fetch-medium"]
    assert "no such column" in medium(service)["why"]


@ONLY_SQLITE
def test_a_medium_goes_with_its_address_and_one_that_was_sent_takes_its_place(service, web):
    put(service, f"{web.url}/a.png")
    put(service, None)
    assert service.get("/api/items/a/media").ok() == {"media": {}}
    assert work() == ["fetch-medium"], "the job ends though its medium is gone"
    put(service, f"{web.url}/a.png")
    service("PUT", AT, data=picture(4), content_type="image/png").ok(202)
    work()
    assert (medium(service)["url"], service.get(AT).body) == (None, picture(4))
    put(service, f"{web.url}/a.png", title="another word")
    assert work() == []
    service.delete(AT).ok(204)
    item = service.get("/api/items/a").ok()
    assert (item["media"], item["attributes"]) == ({}, {"title": "another word"})
    put(service, "pictures/a.png")
    assert service.get("/api/items/a/media").ok() == {"media": {}}, "a path is no address"
    service.get("/api/items/b/media").problem("unknown-item")


@ONLY_SQLITE
def test_a_fetch_that_was_forgotten_is_made_again(service, web, tenant):
    from datetime import timedelta

    from django.utils import timezone

    from sensorium.service.catalogue.models import Media
    from sensorium.service.jobs.models import Job
    from sensorium.service.jobs.reconcile import reconcile

    put(service, f"{web.url}/a.png")
    Job.objects.of(tenant).delete()
    Media.objects.of(tenant).update(updated=timezone.now() - timedelta(minutes=5))
    reconcile()
    assert set(work()) == {*FETCHED, "clean"}
    assert service.get(AT).body == picture(1)


@ONLY_SQLITE
def test_a_fit_reads_what_is_not_fetched_yet_by_its_address_and_a_segment_does_not(service, web, tenant):
    from django.conf import settings
    from tests.service.conftest import make_workspace

    from sensorium.service.catalogue.models import Item
    from sensorium.service.engine.item_cells import item_cells, media_of, own_workspace

    make_workspace(settings.SENSORIUM_PLACE.workspace)

    def cells() -> list[str | None]:
        items, media = list(Item.objects.of(tenant)), media_of(tenant, ["a"])
        ways = [item_cells(own_workspace(), tenant, items, media, may_fetch=may) for may in (True, False)]
        return [row["picture"] for (row,) in ways]

    url = f"{web.url}/a.png"
    put(service, url)
    assert cells() == [url, None]
    work()
    (file,) = set(cells())
    assert file is not None
    assert file.endswith(medium(service)["sha256"])
    put(service, f"{web.url}/none.png")
    work()
    assert cells() == [None, None], "what could not be fetched is not asked for again"
