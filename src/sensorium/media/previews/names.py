"""What is made of each kind of medium, and how it is called."""

from collections.abc import Mapping

from sensorium.core.roles import Role

THUMBNAIL, PEAKS, EXCERPT = "thumbnail", "peaks", "preview"
NAMES: Mapping[Role, tuple[str, ...]] = {
    Role.IMAGE: (THUMBNAIL,),
    Role.AUDIO: (PEAKS, EXCERPT),
    Role.VIDEO: (THUMBNAIL, PEAKS, EXCERPT),
}
"""What is made of which kind of medium."""
WIDTHS_PX = (160, 320, 640)
"""Of thumbnails."""
