"""Lengths in headers of sound that a pipe or a crash left wrong are put right, so that all of it is heard."""

import struct
from collections.abc import Iterator

_RIFF_CHUNK, _HEADER = 8, 12
_PCM_AIFC = (b"NONE", b"twos", b"sowt", b"in24", b"in32", b"fl32", b"FL32", b"fl64")
"""Kinds of AIFF-C whose frames all take the same number of bytes."""
_NO_LENGTH = 0xFFFFFFFF


def mend_lengths(content: bytes, kind: str) -> bytes:
    """Return the file with the length of its samples as they are there, where its header says another.

    Whoever writes to a pipe cannot go back to write how much it was: the header says 0, or the most that it
    can. What follows samples and is a chunk, such as tags, stays one.
    """
    if kind == "wav":
        return _mend_chunk(content, b"data", "<")
    if kind == "aiff":
        return _mend_aiff(content)
    if kind == "au" and len(content) >= 24:
        start, length = struct.unpack(">II", content[4:12])
        if length != len(content) - start and 24 <= start <= len(content):
            return content[:8] + struct.pack(">I", _NO_LENGTH) + content[12:]
    return content


def _mend_chunk(content: bytes, name: bytes, order: str) -> bytes:
    """Return the file with the size of the chunk `name` that its samples have."""
    place = next((at for at, found in _chunks(content, order) if found == name), None)
    if place is None:
        return content
    start, (size,) = place + _RIFF_CHUNK, struct.unpack_from(f"{order}I", content, place + 4)
    there = len(content) - start
    if size <= there and _are_chunks(content, start + size + size % 2, order):
        return content
    right = struct.pack(f"{order}I", min(there, _NO_LENGTH - 1))
    whole = struct.pack(f"{order}I", min(len(content) - 8, _NO_LENGTH - 1))
    return content[:4] + whole + content[8 : place + 4] + right + content[start:]


def _chunks(content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield where each chunk begins and its name, as far as sizes can be believed."""
    at = _HEADER
    while at + _RIFF_CHUNK <= len(content):
        name = content[at : at + 4]
        yield at, name
        (size,) = struct.unpack_from(f"{order}I", content, at + 4)
        at += _RIFF_CHUNK + size + size % 2


def _are_chunks(content: bytes, at: int, order: str) -> bool:
    """Return whether from `at` on there is nothing, a rest too short for a chunk, or chunks to the end."""
    while at + _RIFF_CHUNK <= len(content):
        name, (size,) = content[at : at + 4], struct.unpack_from(f"{order}I", content, at + 4)
        if not all(32 <= letter < 127 for letter in name) or at + _RIFF_CHUNK + size > len(content) + 1:
            return False
        at += _RIFF_CHUNK + size + size % 2
    return True


def _mend_aiff(content: bytes) -> bytes:
    content = _mend_chunk(content, b"SSND", ">")
    places = {name: at for at, name in _chunks(content, ">")}
    if not {b"COMM", b"SSND"} <= places.keys() or places[b"COMM"] + 26 > len(content):
        return content
    common = places[b"COMM"] + _RIFF_CHUNK
    channels, n_frames, bits = struct.unpack_from(">hIh", content, common)
    if content[8:12] == b"AIFC" and content[common + 18 : common + 22] not in _PCM_AIFC:
        return content
    (size,) = struct.unpack_from(">I", content, places[b"SSND"] + 4)
    there = max(0, size - 8) // max(1, channels * ((bits + 7) // 8))
    if n_frames == there:
        return content
    return content[: common + 2] + struct.pack(">I", there) + content[common + 6 :]
