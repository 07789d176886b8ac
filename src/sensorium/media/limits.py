"""How large media may be; what is larger is refused before it is decoded, most of it before it is read."""

from collections.abc import Mapping
from types import MappingProxyType

from sensorium.core.roles import Role

MAX_IMAGE_BYTES = 64 << 20
MAX_IMAGE_PIXELS = 100_000_000
"""More than any camera that people carry; a bomb says so in its header and is refused there."""
MAX_AUDIO_BYTES = 512 << 20
MAX_AUDIO_S = 6 * 3600.0
"""Longer sound is refused where all of it is asked for; encoders read a stretch of it."""
MAX_CHANNELS = 64
SAMPLE_RATES_HZ = (1_000, 768_000)
"""The lowest and the highest; what lies outside is a broken header, and resampling it would take for ever."""
MAX_VIDEO_BYTES = 512 << 20
MAX_FRAME_PIXELS = 7680 * 4320
MAX_BYTES_OF: Mapping[Role, int] = MappingProxyType(
    {Role.IMAGE: MAX_IMAGE_BYTES, Role.AUDIO: MAX_AUDIO_BYTES, Role.VIDEO: MAX_VIDEO_BYTES}
)
