"""Media over HTTP: put, checked by a worker, given back."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest


def picture(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.fixture
def kite(service):
    service.post("/api/items", {"id": "kite/1", "attributes": {"title": "Red kite"}}).ok()
    return "/api/items/kite%2F1"


def work(n: int = 20) -> list[str]:
    """Do what waits; return the kinds of these jobs."""
    from sensorium.service.jobs.queue import take_job
    from sensorium.service.jobs.worker import do_job

    done: list[str] = []
    while len(done) < n and (lease := take_job()) is not None:
        do_job(lease)
        done.append(lease.job.kind)
    return done


def test_a_picture_is_stored_by_its_content_and_checked_by_a_worker(service, kite, tmp_path):
    body = picture()
    sha = hashlib.sha256(body).hexdigest()
    put = service("PUT", f"{kite}/media/picture", data=body, content_type="image/png")
    assert put.ok(202) | {"updated": None} == {
        "status": "pending", "why": None, "checked": False, "url": None, "type": "image/png",
        "bytes": len(body), "sha256": sha, "encoder": None, "updated": None,
    }  # fmt: skip
    files = [file for file in (tmp_path / ".service" / "media").rglob("*") if file.is_file()]
    assert [file.name for file in files] == [sha]
    assert work() == ["check-media", "make-previews"]
    medium = service.get(kite).ok()["media"]["picture"]
    assert (medium["status"], medium["checked"]) == ("pending", True)
    assert service.get("/api/jobs").ok()["jobs"][0]["state"] == "done"


def test_what_is_no_picture_fails_with_the_reason_and_can_be_tried_again(service, kite):
    service("PUT", f"{kite}/media/picture", data=b"no picture", content_type="image/png").ok(202)
    assert work() == ["check-media"]
    medium = service.get(kite).ok()["media"]["picture"]
    assert medium["status"] == "failed"
    assert medium["why"]
    assert service.post(f"{kite}/media/picture/retry").ok(202)["status"] == "pending"
    assert work() == ["check-media"]
    assert service.get(kite).ok()["media"]["picture"]["status"] == "failed"
    service("PUT", f"{kite}/media/picture", data=picture(), content_type="application/octet-stream").ok(202)
    assert work() == ["check-media", "make-previews"]
    assert service.get(kite).ok()["media"]["picture"]["status"] == "pending"


def test_the_same_bytes_again_are_no_new_work_and_others_are(service, kite):
    for _ in range(2):
        service("PUT", f"{kite}/media/picture", data=picture(1), content_type="image/png").ok(202)
    assert work() == ["check-media", "make-previews"]
    service("PUT", f"{kite}/media/picture", data=picture(1), content_type="image/png").ok(202)
    assert work() == []
    service("PUT", f"{kite}/media/picture", data=picture(2), content_type="image/png").ok(202)
    assert work() == ["check-media", "make-previews"]


def test_a_medium_is_given_back_whole_in_parts_or_not_again(service, kite):
    body = picture()
    service("PUT", f"{kite}/media/picture", data=body, content_type="image/png").ok(202)
    whole = service.get(f"{kite}/media/picture")
    assert (whole.status, whole.body) == (200, body)
    assert whole.headers["Content-Type"] == "image/png"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Disposition"] == 'inline; filename="kite_1 picture.png"'
    etag = whole.headers["ETag"]
    assert etag == f'"{hashlib.sha256(body).hexdigest()}"'
    for asked in (etag, f'"a", {etag}', f"W/{etag}", "*"):
        answer = service.get(f"{kite}/media/picture", headers={"If-None-Match": asked})
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)
    assert service.get(f"{kite}/media/picture", headers={"If-None-Match": '"other"'}).status == 200
    service.get(f"{kite}/media/picture", headers={"If-Match": '"other"'}).problem("is-changed")
    n = len(body)
    for asked, start, end in (
        ("0-9", 0, 10),
        ("5-", 5, n),
        ("-7", n - 7, n),
        (f"{n - 3}-{n + 99}", n - 3, n),
    ):
        part = service.get(f"{kite}/media/picture", headers={"Range": f"bytes={asked}"})
        assert (part.status, part.body) == (206, body[start:end])
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{n}"
    beyond = service.get(f"{kite}/media/picture", headers={"Range": f"bytes={n}-"})
    beyond.problem("bad-range")
    assert beyond.headers["Content-Range"] == f"bytes */{n}"
    service.get(f"{kite}/media/picture", headers={"Range": "bytes=-0"}).problem("bad-range")
    same, old = ({"Range": "bytes=0-1", "If-Range": one} for one in (etag, '"other"'))
    assert service.get(f"{kite}/media/picture", headers=same).status == 206
    assert service.get(f"{kite}/media/picture", headers=old).status == 200
    assert service.get(f"{kite}/media/picture", headers={"Range": "lines=1-2"}).status == 200
    head = service("HEAD", f"{kite}/media/picture", headers={"Range": "bytes=0-1"})
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(n))
    assert head.headers["ETag"] == etag


def test_a_medium_is_given_back_as_what_it_is_and_harmless(service, kite, tmp_path):
    at = f"{kite}/media/picture"
    service("PUT", at, data=picture(), content_type="application/octet-stream").ok(202)
    assert service.get(at).headers["Content-Disposition"] == 'attachment; filename="kite_1 picture"'
    work()
    assert service.get(kite).ok()["media"]["picture"]["type"] == "image/png"
    assert service.get(at).headers["Content-Type"] == "image/png"
    script = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    service("PUT", at, data=script, content_type="image/svg+xml").ok(202)
    work()
    shown = service.get(at).headers
    assert (shown["Content-Type"], shown["Content-Disposition"].partition(";")[0]) == (
        "application/octet-stream",
        "attachment",
    )
    sha = service.get(kite).ok()["media"]["picture"]["sha256"]
    (tmp_path / ".service" / "media" / sha[:2] / sha).unlink()
    service.get(at).problem("unknown-medium")
    odd = "/api/items/..%2F%22%0D%0Aa%22太空"
    service.post("/api/items", {"id": '../"\r\na"太空'}).ok()
    service("PUT", f"{odd}/media/picture", data=picture(), content_type="image/png").ok(202)
    named = service.get(f"{odd}/media/picture").headers["Content-Disposition"]
    assert named == "inline; filename*=utf-8''_a_%E5%A4%AA%E7%A9%BA%20picture.png"


def test_a_medium_is_taken_out_with_its_item_or_alone(service, kite):
    service("PUT", f"{kite}/media/picture", data=picture(), content_type="image/png").ok(202)
    assert service.delete(f"{kite}/media/picture").status == 204
    service.delete(f"{kite}/media/picture").problem("unknown-medium")
    service.get(f"{kite}/media/picture").problem("unknown-medium")
    service("PUT", f"{kite}/media/picture", data=picture(), content_type="image/png").ok(202)
    service.delete(kite)
    service.get(f"{kite}/media/picture").problem("unknown-medium")
    assert work() == ["check-media"], "the job ends though its medium is gone"


def test_media_that_no_item_or_column_can_have_are_refused(service, kite, tmp_path):
    put = {"data": picture(), "content_type": "image/png"}
    service("PUT", "/api/items/unknown/media/picture", **put).problem("unknown-item")
    refused = service("PUT", f"{kite}/media/title", **put).problem("unknown-column")
    assert "picture, sound" in refused["remedy"]
    service("PUT", f"{kite}/media/..%2F..%2Fetc", **put).problem("unknown-column")
    service("PUT", f"{kite}/media/sound", **put).problem("wrong-type")
    service("PUT", f"{kite}/media/picture", data=b"x").problem("wrong-type")
    service("PUT", f"{kite}/media/picture", data=b"", content_type="image/png").problem("invalid")
    service("POST", f"{kite}/media/picture/retry").problem("unknown-medium")
    assert list((tmp_path / ".service").glob("media/*")) == []


def test_files_that_no_item_has_are_removed_a_day_later(service, kite, tmp_path):
    import os

    from sensorium.service.jobs.kinds import CLEAN
    from sensorium.service.jobs.queue import enqueue
    from sensorium.service.running.first_start import default_tenant

    service("PUT", f"{kite}/media/picture", data=picture(1), content_type="image/png").ok(202)
    service("PUT", f"{kite}/media/picture", data=picture(2), content_type="image/png").ok(202)
    service("PUT", f"{kite}/media/picture", data=picture(3), content_type="image/png").ok(202)
    service("PUT", f"{kite}/media/picture", data=picture(1), content_type="image/png").ok(202)
    work()
    service("PUT", f"{kite}/media/picture", data=picture(3), content_type="image/png").ok(202)
    files = list(Path(tmp_path / ".service" / "media").glob("??/*"))
    one, three = (hashlib.sha256(picture(seed)).hexdigest() for seed in (1, 3))
    old = [file for file in files if file.name.partition(".")[0] in (one, three)]
    assert len(old) == 6, "two media, and what was made of the first: three thumbnails and their list"
    for file in old:
        os.utime(file, (1, 1))
    enqueue(default_tenant(), CLEAN, {}, dedupe_key=CLEAN)
    work()
    left = {file.name[:64] for file in Path(tmp_path / ".service" / "media").glob("??/*")}
    assert left == {hashlib.sha256(picture(seed)).hexdigest() for seed in (2, 3)}
