"""The media type of a file, such as `image/jpeg`, by what it holds; and how such files are called."""

from collections.abc import Mapping

from sensorium.core.roles import Role
from sensorium.media.sniff import FORMATS, sniff_format

_ONLY: Mapping[str, str] = {
    **{
        name: f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "bmp", "tiff", "avif", "heic", "jp2")
    },
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "au": "audio/basic",
    "caf": "audio/x-caf",
    "amr": "audio/amr",
    "m4a": "audio/mp4",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "mpeg": "video/mpeg",
    "ts": "video/mp2t",
}
"""Format -> media type, of formats that have one whatever they hold."""
_BY_ROLE: Mapping[str, str] = {"ogg": "ogg", "mp4": "mp4", "matroska": "x-matroska", "asf": "x-ms-asf"}
"""Format -> what stands behind `audio/` or `video/`."""
_WEBM, _HEAD_BYTES = b"webm", 64


def media_type_of(content: bytes, role: Role) -> str | None:
    """Return the media type of a file that serves as `role`, None if its format is not known."""
    kind = sniff_format(content)
    if kind is None:
        return None
    if kind.name in _ONLY:
        return _ONLY[kind.name]
    is_webm = kind.name == "matroska" and _WEBM in content[:_HEAD_BYTES]
    return f"{role.value}/{'webm' if is_webm else _BY_ROLE[kind.name]}"


def ending_of(media_type: str) -> str:
    """Return what names of files of this type end with, such as `.png`; empty if that is not known."""
    if media_type.endswith("/webm"):
        return ".webm"
    named = (name for name, known in _ONLY.items() if known == media_type)
    rest = media_type.partition("/")[2]
    shared = (name for name, known in _BY_ROLE.items() if known == rest)
    name = next(named, None) or next(shared, None)
    return FORMATS[name].extensions[0] if name else ""
