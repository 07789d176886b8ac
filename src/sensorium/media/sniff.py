"""What a file is, by its first bytes; its name may say anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sensorium.core.roles import Role
from sensorium.media.mpeg_audio import find_stream, skip_id3

_SOUND_OR_CLIP = (Role.AUDIO, Role.VIDEO)


@dataclass(frozen=True)
class MediaFormat:
    """A file format and the roles it can fill."""

    name: str
    """Short and lower-case, for example `jpeg`."""
    roles: tuple[Role, ...]
    """More than one for containers that may hold sound alone or pictures with sound."""
    extensions: tuple[str, ...]
    """What such files are usually called, with the dot."""


def _formats(role: Role, **extensions: tuple[str, ...]) -> dict[str, MediaFormat]:
    return {name: MediaFormat(name, (role,), ends) for name, ends in extensions.items()}


FORMATS: Mapping[str, MediaFormat] = {
    **_formats(
        Role.IMAGE,
        jpeg=(".jpg", ".jpeg", ".jpe", ".jfif"),
        png=(".png", ".apng"),
        gif=(".gif",),
        webp=(".webp",),
        bmp=(".bmp", ".dib"),
        tiff=(".tif", ".tiff"),
        avif=(".avif",),
        heic=(".heic", ".heif"),
        jp2=(".jp2",),
    ),
    **_formats(
        Role.AUDIO,
        wav=(".wav", ".wave"),
        flac=(".flac",),
        mp3=(".mp3",),
        aac=(".aac",),
        aiff=(".aif", ".aiff", ".aifc"),
        au=(".au", ".snd"),
        caf=(".caf",),
        amr=(".amr",),
        m4a=(".m4a", ".m4b", ".mp4"),
    ),
    **_formats(
        Role.VIDEO, avi=(".avi",), flv=(".flv",), mpeg=(".mpg", ".mpeg", ".vob"), ts=(".ts", ".mts", ".m2ts")
    ),
    "ogg": MediaFormat("ogg", _SOUND_OR_CLIP, (".ogg", ".oga", ".ogv", ".opus", ".spx")),
    "mp4": MediaFormat("mp4", _SOUND_OR_CLIP, (".mp4", ".m4v", ".mov", ".m4a", ".3gp", ".3g2", ".qt")),
    "matroska": MediaFormat("matroska", _SOUND_OR_CLIP, (".mkv", ".webm", ".mka", ".mk3d")),
    "asf": MediaFormat("asf", _SOUND_OR_CLIP, (".wma", ".wmv", ".asf")),
}
"""Every format by name."""

_AT_START = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x00\x00\x00\x0cjP  ", "jp2"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b".snd", "au"),
    (b"caff", "caf"),
    (b"#!AMR", "amr"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x01\xb3", "mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"BM", "bmp"),
)
_RIFF: Mapping[bytes, str] = {b"WAVE": "wav", b"WEBP": "webp", b"AVI ": "avi"}
_BRANDS: Mapping[bytes, str] = {
    b"avif": "avif",
    b"avis": "avif",
    b"heic": "heic",
    b"heix": "heic",
    b"mif1": "heic",
    b"M4A ": "m4a",
    b"M4B ": "m4a",
}
_TS_PACKET_BYTES, _M2TS_PACKET_BYTES = 188, 192
_HEAD_BYTES = 512
_TOO_SHORT_BYTES = 512
_AFTER_TAGS = ("flac", "wav", "aiff", "ogg")
"""Formats that some programs put behind the tags of MP3."""


def sniff_format(content: bytes) -> MediaFormat | None:
    """Return the format that the first bytes of `content` name, or None if they name none.

    Sound is also found behind tags, and streams of MP3 and AAC behind whatever else stands in front of them.
    """
    name = _sniffed_name(content[:_HEAD_BYTES])
    if name == "mp3" or name is None:
        start = skip_id3(content)
        behind = _sniffed_name(content[start : start + _HEAD_BYTES]) if start else None
        found = find_stream(content, start)
        short = _frame_sync(content) if len(content) < _TOO_SHORT_BYTES else None
        name = behind if behind in _AFTER_TAGS else found[1] if found else name or short
    return FORMATS[name] if name else None


def _sniffed_name(head: bytes) -> str | None:
    for magic, name in _AT_START:
        if head.startswith(magic):
            return name
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM":
        return "aiff" if head[8:12] in (b"AIFF", b"AIFC") else None
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide"):  # QuickTime files of before `ftyp`
        return "mp4"
    if _are_packets(head, 0, _TS_PACKET_BYTES) or _are_packets(head, 4, _M2TS_PACKET_BYTES):
        return "ts"
    return None


def _frame_sync(head: bytes) -> str | None:
    """Tell what is too short for several frames of sound by the first bytes of one."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    is_mpeg_audio = head[1] & 0xE0 == 0xE0 and head[1] & 0x06 and head[2] & 0xF0 not in (0x00, 0xF0)
    return "mp3" if is_mpeg_audio else None


def _are_packets(head: bytes, first: int, n_bytes: int) -> bool:
    """Return whether packets of an MPEG transport stream follow one another."""
    return head[first : first + 1] == b"G" == head[first + n_bytes : first + n_bytes + 1]


def describe_wrong_name(name: str, content: bytes) -> str | None:
    """Return "named .jpg but is png" where the name of a file contradicts its content, else None.

    Reading goes by content, so this is a matter for `check` alone.
    """
    extension = PurePosixPath(name).suffix.lower()
    kind = sniff_format(content)
    known = any(extension in each.extensions for each in FORMATS.values())
    if kind is None or not known or extension in kind.extensions:
        return None
    return f"named {extension} but is {kind.name}"
