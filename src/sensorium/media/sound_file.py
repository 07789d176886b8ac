"""Files of sound before they are decoded: what they are, without what stands in front, with true lengths."""

from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.limits import MAX_AUDIO_BYTES
from sensorium.media.mpeg_audio import find_stream, skip_id3
from sensorium.media.sniff import sniff_format
from sensorium.media.sound_lengths import mend_lengths

SOUNDFILE_FORMATS = frozenset({"wav", "flac", "ogg", "aiff", "au", "caf"})
"""What libsndfile reads; all else is left to FFmpeg. Of MP3 it believes a length that is a guess."""
_OGG_HEADER_BYTES = 27
_IS_FIRST_PAGE = 0x02


def prepare_sound(content: bytes, where: str) -> tuple[str, bytes]:
    """Return the name of the format, such as `wav`, and the file as decoders need it.

    Tags and junk in front are left out; headers that say a wrong length are put right.

    Raises
    ------
    MediaError
        If it is empty, too large, or no sound.
    """
    if not content:
        raise MediaError("empty file", where=where)
    if len(content) > MAX_AUDIO_BYTES:
        raise MediaError(f"larger than {MAX_AUDIO_BYTES >> 20} MiB", where=where)
    kind = sniff_format(content)
    if kind is None or not {Role.AUDIO, Role.VIDEO} & set(kind.roles):
        raise MediaError(f"not sound{f' but {kind.name}' if kind else ''}", where=where)
    start = skip_id3(content)
    if kind.name in ("mp3", "aac"):
        start = (find_stream(content, start) or (start,))[0]
    content = content[start:] if start else content
    return kind.name, mend_lengths(content, kind.name)


def is_chained(content: bytes) -> bool:
    """Return whether an Ogg file holds one recording after the other, as those of radio streams do.

    libsndfile stops after the first one.
    """
    at, has_sound = 0, False
    while content[at : at + 4] == b"OggS" and at + _OGG_HEADER_BYTES <= len(content):
        if content[at + 5] & _IS_FIRST_PAGE:
            if has_sound:
                return True
        else:
            has_sound = True
        n_segments = content[at + 26]
        sizes = content[at + _OGG_HEADER_BYTES : at + _OGG_HEADER_BYTES + n_segments]
        at += _OGG_HEADER_BYTES + n_segments + sum(sizes)
    return False
