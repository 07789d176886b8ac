"""Whether a medium can be used, found out cheaply; for `check`."""

from sensorium.catalog.media.audio import decode_audio
from sensorium.catalog.media.image import decode_image
from sensorium.catalog.media.quiet import quiet_decoders
from sensorium.catalog.media.video import decode_video
from sensorium.catalog.roles import Role
from sensorium.core.errors import MediaError


def media_problem(content: bytes, role: Role) -> str | None:
    """Return why `content` cannot serve as `role` in a few words, or None if it can.

    A picture is decoded at an eighth of its size, of a sound the first second, of a clip one frame.
    """
    with quiet_decoders():
        try:
            if role is Role.IMAGE:
                decode_image(content, where="", min_side_px=8)
            elif role is Role.AUDIO:
                decode_audio(content, where="", sample_rate_hz=None, max_duration_s=1.0)
            elif role is Role.VIDEO:
                decode_video(content, where="", n_frames=1, max_side_px=64, with_sound=False)
        except MediaError as error:
            return error.reason
    return None
