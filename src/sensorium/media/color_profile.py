"""Colour profiles (ICC.1) embedded in pictures, and what turns their colours into sRGB."""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

MAX_UNSEEN_CHANGE = 3
"""Of 255: a profile that moves no colour further than this is taken for sRGB, as most are."""
_SPACES: Mapping[str, str] = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


@lru_cache(maxsize=32)
def srgb_transform(profile: bytes, mode: str) -> Any:
    """Return the `ImageCms` transform of a picture with `profile`; None if its numbers may stay as they are.

    They may if the profile is nearly sRGB, is broken, or is for another `mode` (`L`, `RGB`, `CMYK`) than
    the picture's.
    """
    try:
        source: Any = ImageCms.ImageCmsProfile(BytesIO(profile))
        if _SPACES.get(source.profile.xcolor_space.strip()) != mode:
            return None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
    return transform if mode == "CMYK" or _changes_colors(transform, mode) else None


def _changes_colors(transform: Any, mode: str) -> bool:
    """Return whether any colour of a grid moves by more than MAX_UNSEEN_CHANGE."""
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(36, 6, 3)
    before = Image.fromarray(grid if mode == "RGB" else grid[..., 0])
    after = ImageCms.applyTransform(before, transform)
    change = np.asarray(before.convert("RGB"), dtype=np.int16) - np.asarray(after, dtype=np.int16)
    return int(np.abs(change).max()) > MAX_UNSEEN_CHANGE
