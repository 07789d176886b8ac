"""Where a stream of MPEG audio (MP3, MP2) or AAC begins that has something else in front of it."""

from typing import NamedTuple

SEARCHED_BYTES = 256 << 10
"""Behind more junk than this nothing is looked for; tags with pictures do not count, they say their size."""
_CHAIN = 4
"""So many frames must follow one another: a few bytes that look like one are in any file."""
_ID3_BYTES = 10
_RATES_HZ = (44_100, 48_000, 32_000)
_KBITS_1 = (
    (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
)
"""Kilobits a second of MPEG 1, by layer."""
_KBITS_2 = (
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
"""Those of MPEG 2 and 2.5."""
_SLOWER = (4, 0, 2, 1)
"""By what rates are divided in MPEG 2.5, none, 2 and 1."""


class _Frame(NamedTuple):
    n_bytes: int
    kind: tuple[str, int, int]
    """What all frames of a stream have in common: format, layer and rate."""


def skip_id3(content: bytes) -> int:
    """Return where the file goes on after its ID3 tags, and the zeros that some writers put behind them."""
    at = 0
    while content[at : at + 3] == b"ID3" and len(content) >= at + _ID3_BYTES:
        size = 0
        for byte in content[at + 6 : at + 10]:
            size = size << 7 | (byte & 0x7F)
        footer = _ID3_BYTES if content[at + 5] & 0x10 else 0
        at += _ID3_BYTES + size + footer
    while at and at < len(content) and content[at] == 0:
        at += 1
    return at if at < len(content) else 0


def find_stream(content: bytes, start: int = 0) -> tuple[int, str] | None:
    """Return where the first chain of frames from `start` on begins, and whether it is `mp3` or `aac`."""
    at, until = start, min(len(content), start + SEARCHED_BYTES)
    while (at := content.find(b"\xff", at, until)) >= 0:
        kind = _chain_kind(content, at)
        if kind is not None:
            return at, kind
        at += 1
    return None


def _chain_kind(content: bytes, at: int) -> str | None:
    """Return the format of the frames that follow one another from `at` on; None if they do not."""
    first, count = _frame(content, at), 0
    frame = first
    while frame is not None and first is not None and frame.kind == first.kind:
        count, at = count + 1, at + frame.n_bytes
        if count == _CHAIN or (count > 1 and at >= len(content)):
            return first.kind[0]
        frame = _frame(content, at)
    return None


def _frame(content: bytes, at: int) -> _Frame | None:
    """Return the frame whose header stands at `at` (ISO 11172-3, 13818-3 and 13818-7), or None."""
    head = content[at : at + 6]
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:  # ADTS
        n_bytes = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        rate = head[2] >> 2 & 15
        return _Frame(n_bytes, ("aac", 0, rate)) if n_bytes > 7 and rate < 13 else None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    kbits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or not 0 < kbits < 15 or rate == 3:
        return None
    is_first = version == 3
    rate_hz = _RATES_HZ[rate] // _SLOWER[version]
    bits_s = 1000 * (_KBITS_1 if is_first else _KBITS_2)[layer - 1][kbits]
    padding = head[2] >> 1 & 1
    if layer == 1:
        n_bytes = (12 * bits_s // rate_hz + padding) * 4
    else:
        n_bytes = (72 if layer == 3 and not is_first else 144) * bits_s // rate_hz + padding
    return _Frame(n_bytes, ("mp3", layer, rate_hz)) if n_bytes > 4 else None
