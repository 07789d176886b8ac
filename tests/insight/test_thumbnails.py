import base64
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from sensorium.catalog.catalog import Catalog
from sensorium.insight.thumbnails import SIDE_PX, item_thumbnail, thumbnail


def decoded(uri: str) -> np.ndarray:
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(body), dtype=np.uint8), cv2.IMREAD_COLOR_RGB)


def test_a_thumbnail_is_small_and_keeps_shape_and_colour() -> None:
    picture = np.zeros((900, 600, 3), dtype=np.uint8)
    picture[:, :, 0] = 200
    small = decoded(thumbnail(picture))
    assert small.shape == (SIDE_PX, SIDE_PX * 2 // 3, 3)
    assert np.abs(small.mean(axis=(0, 1)) - [200, 0, 0]).max() < 4


def test_small_pictures_are_not_blown_up() -> None:
    assert decoded(thumbnail(np.zeros((5, 7, 3), dtype=np.uint8))).shape == (5, 7, 3)


def test_missing_and_broken_pictures_have_no_thumbnail(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "good.png"), np.full((40, 40, 3), 90, dtype=np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    frame = pl.DataFrame(
        {"item_id": ["a", "b", "c", "d"], "poster": ["good.png", "broken.jpg", "absent.png", None]}
    )
    catalog = Catalog.from_frame(frame, image="poster", base=tmp_path)
    shown = [item_thumbnail(catalog, item) for item in range(4)]
    assert shown[0] is not None
    assert shown[1:] == [None, None, None]
