"""Searches of several parts over HTTP: media as bytes and of items, and what is not wanted."""

import base64

import numpy as np
import pytest
from tests.service.answering import colours, ids, two_colour_shop

from sensorium.testing.two_colour_media import red_or_blue_picture, red_or_blue_sound


@pytest.fixture
def shop(service, tenant, fitted_workspace):
    return two_colour_shop(service, tenant, fitted_workspace)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_photos_sounds_and_media_of_items_are_looked_for(shop):
    from sensorium.service.jobs.queue import take_job
    from sensorium.service.jobs.worker import do_job

    rng = np.random.default_rng(5)
    red, blue = (encoded(red_or_blue_picture(taste, rng)) for taste in (0, 1))
    sound = encoded(red_or_blue_sound(0, rng))

    def found(*parts, **more):
        return shop.post("/api/search", {"parts": list(parts), "k": 3, **more})

    def photo(value, weight=1.0):
        return {"kind": "photo", "value": value, "weight": weight}

    got = found(photo(red)).ok()
    assert (colours(got), got["path"]) == ({0}, "image")
    assert colours(found(photo(blue)).ok()) == {1}
    assert colours(found({"kind": "sound", "value": sound}).ok()) == {0}
    assert colours(found(photo(blue, 2), photo(red, -1), user_id="u00", where=["colour=blue"]).ok()) == {1}

    shop("PUT", "/api/items/i01/media/picture", data=base64.b64decode(blue), content_type="image/png").ok(202)
    of_item = photo({"item_id": "i01"})
    assert "could be used" in found(of_item).problem("cannot-answer")["detail"], "nobody has opened it yet"
    do_job(take_job(only=["check-media"]))
    got = found(photo({"item_id": "i01", "column": "picture"})).ok()
    assert colours(got) == {1}
    assert "i01" not in ids(got)
    shop.patch("/api/items/i03", {"attributes": {"picture": "https://example.org/a.png"}}).ok()
    found(photo({"item_id": "i03"})).problem("cannot-answer")  # no search waits for the web

    late = found(photo(red), {"kind": "words", "value": "ocean whale"}, deadline_s=0).ok()
    assert (late["simpler"], late["path"], colours(late)) == ("deadline", "text", {1})
    assert "parts[0]" in found(photo(encoded(b"none"))).problem("cannot-answer")["where"]
    found(photo({"item_id": "i05", "column": "smell"})).problem("cannot-answer")
    found(photo({"item_id": "nowhere"})).problem("unknown-item")
    for wrong in ("%", "", "abc", 7, {"column": "picture"}):
        assert found(photo(wrong)).problem("invalid")["where"].startswith("parts[0]")
    found({"kind": "smell", "value": "roses"}).problem("invalid")
    shop.post("/api/search", {"parts": [photo(red, -1)]}).problem("cannot-answer")
