"""Small pictures of items, as data URIs that stand inside a page."""

import base64
from typing import Any

import cv2
from numpy.typing import NDArray

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.image import decode_image
from sensorium.media.video import decode_video

SIDE_PX = 240
"""Longest side; twice what the report shows, for sharp screens."""
_JPEG_QUALITY = 72


def thumbnail(picture: NDArray[Any]) -> str:
    """Return `picture` [height, width, 3] uint8 RGB, shrunk, as a JPEG data URI."""
    scale = min(1.0, SIDE_PX / max(picture.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    return "data:image/jpeg;base64," + base64.b64encode(encoded[1].tobytes()).decode("ascii")


def item_thumbnail(catalog: Catalog, item: int) -> str | None:
    """Return a thumbnail of the item at index `item`: its first readable picture, else a frame of its clip.

    None if it has neither; a broken medium is passed over.
    """
    for role in (Role.IMAGE, Role.VIDEO):
        for column in catalog.columns(role):
            reference = catalog.media(column)[item]
            if reference is None:
                continue
            try:
                content = reference.read()
                where = reference.location
                if role is Role.IMAGE:
                    return thumbnail(decode_image(content, where=where, min_side_px=SIDE_PX))
                frames = decode_video(
                    content, where=where, n_frames=3, max_side_px=SIDE_PX, with_sound=False
                ).frames
                return thumbnail(frames[len(frames) // 2])
            except MediaError:
                continue
    return None
