"""`Idempotency-Key`, and what the document says of names, hold everywhere."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
QUESTIONS = {"recommend", "rank_items", "search_items"}
SECRET = {"sign_in", "make_account", "make_tenant", "make_key", "rotate_key"}
HARMLESS = {"retry_medium"}
"""Done twice, it comes to the same."""


def test_every_post_that_changes_anything_knows_the_key(service):
    document = service.get("/api/openapi.json").ok()
    without = {
        path["post"]["operationId"]
        for path in document["paths"].values()
        if "post" in path
        and all(one["name"] != "Idempotency-Key" for one in path["post"].get("parameters", []))
    }
    assert without == QUESTIONS | SECRET | HARMLESS


def test_jobs_are_made_and_changed_once_for_each_key(service):
    def post(path, key, body=None):
        return service.post(path, body, headers={"Idempotency-Key": key})

    first = post("/api/fit", "a", {"seconds": 5}).ok(202)
    cancel = f"/api/jobs/{first['id']}/cancel"
    stopped = post(cancel, "a").ok(202)
    assert post(cancel, "a").ok(202) == stopped
    service.post(cancel).problem("job-ended")
    assert post("/api/fit", "a", {"seconds": 5}).ok(202) == first, "as it was then"
    post("/api/fit", "a", {"seconds": 6}).problem("other-request")
    assert post("/api/fit", "b", {"seconds": 5}).ok(202)["id"] != first["id"]
    post(f"/api/jobs/{first['id']}/retry", "a").problem("job-ended")
    assert len(service.get("/api/jobs").ok()["jobs"]) == 2


def test_the_document_and_the_code_say_the_same_of_the_names_of_attributes(service):
    from sensorium.service.api.fields import Attributes

    text = service.get("/api/openapi.json").body.decode()
    assert "patternProperties" not in text, "it would let names that match nothing be anything"
    assert "#/$defs" not in text
    kind = TypeAdapter(Attributes)
    names = kind.json_schema()["propertyNames"]
    for name in ("a", "颜色", "\x00", "a\x00b", "", "x" * 100, "x" * 101):
        fits = names["minLength"] <= len(name) <= names["maxLength"]
        said = fits and re.search(names["pattern"], name) is not None
        try:
            kind.validate_python({name: 1})
            taken = True
        except ValidationError:
            taken = False
        assert taken is said, name
