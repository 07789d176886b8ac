"""A workspace whose pictures are on a server of the inner network."""

import functools
import http.server
import threading

import cv2
import numpy as np
import pytest

from sensorium.workspace.check import check_workspace
from sensorium.workspace.workspace import Workspace


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def workspace(tmp_path):
    """A function that opens the workspace with further settings."""
    photos, folder = tmp_path / "photos", tmp_path / "shop"
    photos.mkdir()
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(255, size=(100, 100, 3), dtype=np.uint8)
    (photos / "a.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    (photos / "b.png").write_bytes(b"no picture")
    handler = functools.partial(Quiet, directory=photos)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        (folder / "items.csv").write_text(f"item_id,photo\n1,{url}/a.png\n2,{url}/b.png\n")
        (folder / "events.csv").write_text("user_id,item_id\nu,1\nu,2\n")

        def opened(further=""):
            text = (
                f'[catalog]\nitems = "items.csv"\nimage = "photo"\n{further}\n[events]\nfile = "events.csv"\n'
            )
            (folder / "sensorium.toml").write_text(text)
            return Workspace.open(folder)

        yield opened
        server.shutdown()


def media_problems(checked):
    return {p.kind: (p.count, p.samples) for p in checked.problems if "media" in p.kind}


def test_nothing_is_fetched_unless_asked_for(workspace):
    (found,) = media_problems(check_workspace(workspace())).items()
    assert found[0] == "unfetched media"
    assert found[1][0] == 2


def test_an_inner_network_is_refused_unless_it_is_named(workspace):
    count, samples = media_problems(check_workspace(workspace(), fetch=True))["unreadable media"]
    assert count == 2
    assert samples[0].endswith("a.png: its host is not on the public internet")


def test_what_is_fetched_is_looked_into_and_kept(workspace):
    opened = workspace('private_networks = "127.0.0.1/32"')
    count, samples = media_problems(check_workspace(opened, fetch=True))["unreadable media"]
    assert count == 1
    assert samples[0].endswith("b.png: not a picture")
    assert len(list((opened.made / "web" / "contents").iterdir())) == 2
