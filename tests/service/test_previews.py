"""What stands for a medium on a page, over HTTP: thumbnails, shapes of sounds, excerpts."""

import io
import json

import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.service.test_media import kite, picture, work  # noqa: F401

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AT = "/api/items/kite%2F1/media"


def put_sound(service) -> None:
    file = io.BytesIO()
    tone = np.sin(np.arange(16_000) / 3).astype(np.float32) / 2
    soundfile.write(file, tone, 8_000, format="WAV")
    service("PUT", f"{AT}/sound", data=file.getvalue(), content_type="audio/wav").ok(202)


@pytest.mark.usefixtures("kite")
def test_a_thumbnail_is_there_once_a_worker_has_made_it(service):
    service.get(f"{AT}/picture/thumbnail").problem("unknown-medium")
    service("PUT", f"{AT}/picture", data=picture(), content_type="image/png").ok(202)
    early = service.get(f"{AT}/picture/thumbnail")
    assert "again" in early.problem("medium-not-ready")["remedy"]
    assert (early.status, early.headers["Retry-After"]) == (404, "2")
    work()
    shown = service.get(f"{AT}/picture/thumbnail?width=50")
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/webp")
    assert shown.headers["Content-Disposition"] == 'inline; filename="kite_1 picture thumbnail-160.webp"'
    assert Image.open(io.BytesIO(shown.body)).size == (64, 64)
    etag = {"If-None-Match": shown.headers["ETag"]}
    assert service.get(f"{AT}/picture/thumbnail?width=160", headers=etag).status == 304
    part = service.get(f"{AT}/picture/thumbnail?width=9000", headers={"Range": "bytes=0-3"})
    assert (part.status, part.body) == (206, b"RIFF")
    service.get(f"{AT}/picture/thumbnail?width=0").problem("invalid")
    service.get(f"{AT}/picture/peaks").problem("no-preview")
    service.get(f"{AT}/title/thumbnail").problem("unknown-column")
    service.delete(f"{AT}/picture").ok(204)
    service.get(f"{AT}/picture/thumbnail").problem("unknown-medium")


@pytest.mark.usefixtures("kite")
def test_a_sound_has_a_shape_and_an_excerpt(service):
    put_sound(service)
    work()
    shape = service.get(f"{AT}/sound/peaks").ok()
    assert (shape["length"], shape["samples_per_pixel"], shape["sample_rate"]) == (250, 64, 8_000)
    np.testing.assert_allclose(np.reshape(shape["data"], (-1, 2)), 250 * [[-64, 64]], atol=2)
    excerpt = service.get(f"{AT}/sound/preview")
    assert (excerpt.headers["Content-Type"], excerpt.headers["Accept-Ranges"]) == ("audio/mp4", "bytes")
    assert excerpt.body[4:8] == b"ftyp"
    assert "audio" in service.get(f"{AT}/sound/thumbnail").problem("no-preview")["detail"]


@pytest.mark.usefixtures("kite")
def test_what_cannot_be_opened_has_no_preview_and_says_why(service):
    service("PUT", f"{AT}/picture", data=b"no picture", content_type="image/png").ok(202)
    work()
    assert "not a picture" in service.get(f"{AT}/picture/thumbnail").problem("no-preview")["detail"]


@pytest.mark.usefixtures("kite")
def test_what_a_worker_looks_at_again_is_made_anew(service, tenant):
    from sensorium.core.roles import Role
    from sensorium.service.catalogue.models import Media
    from sensorium.service.catalogue.previews import list_file

    put_sound(service)
    work()
    row = Media.objects.of(tenant).get()
    made = list_file(row.sha256, Role.AUDIO)
    before = json.loads(made.read_text())
    service.post(f"{AT}/sound/retry").ok(202)
    assert not made.exists()
    assert work() == ["check-media", "make-previews"]
    assert json.loads(made.read_text())["made"].keys() == before["made"].keys()
