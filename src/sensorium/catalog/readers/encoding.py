"""The encoding of a text file: found from its bytes, reported, and turned into UTF-8."""

import codecs
import gzip
import re
from dataclasses import dataclass, replace
from pathlib import Path

from charset_normalizer import from_bytes

from sensorium.catalog.readers.east_asian import east_asian_encoding
from sensorium.core.errors import DataError

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Marks at the start of a file; the longer ones first, since one begins like another."""
LATIN = ("cp1252", "cp1250", "cp1254")
OTHER_ALPHABETS = ("cp1251", "koi8_r", "cp1253")
"""What is tried where the bytes are neither UTF-8 nor East Asian; among equals the first wins."""
DAMAGE = "\ufffd".encode()
"""What stands in UTF-8 for what was no letter."""
LAST_RESORT = "latin-1"
"""Reads any byte; what is reported when nothing fits."""
SAMPLE_BYTES = 64 * 1024
"""How much of a file decides; only lines that hold more than ASCII count."""


@dataclass(frozen=True)
class TextContent:
    """The text of a file as UTF-8 without a mark, and the encoding that it had."""

    utf8: bytes
    encoding: str
    damaged: tuple[int, ...] = ()
    """The numbers of the lines that hold what is no letter in that encoding, or was none before."""


def read_text(path: Path) -> TextContent:
    """Return the text of a file, gzip undone, its encoding found and its line ends made line feeds.

    Raises
    ------
    DataError
        If the file cannot be read or is empty.
    """
    try:
        content = path.read_bytes()
        if path.suffix.lower() == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"the file cannot be read ({reason})", where=str(path)) from error
    text = to_utf8(content)
    if not text.utf8.strip():
        raise DataError("the file is empty", where=str(path), remedy="Give a file with a header and rows")
    return text


def to_utf8(content: bytes) -> TextContent:
    """Return `content` as UTF-8; never fails: what is no letter in the encoding of the rest becomes `�`."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding) or _mended(content[len(mark) :], encoding)
    wide = _wide_encoding(content[:SAMPLE_BYTES])
    if wide:
        return _decoded(content, wide) or _mended(content, wide)
    return _decoded(content, "utf-8") or _decoded_as_guessed(content)


def _wide_encoding(head: bytes) -> str | None:
    """Return UTF-16 in the byte order whose high bytes are mostly zero, as where many letters are Latin."""
    if len(head) < 4:
        return None
    half = len(head) // 2
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if max(even, odd) < 0.3 or min(even, odd) > 0.05:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _decoded(content: bytes, encoding: str) -> TextContent | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    utf8 = content if encoding == "utf-8" else text.encode("utf-8", "replace")
    if b"\r" in utf8:
        utf8 = utf8.replace(b"\r\n", b"\n")
        # A lone carriage return ends lines only where nothing else does; elsewhere it is a character.
        utf8 = utf8 if b"\n" in utf8 else utf8.replace(b"\r", b"\n")
    return TextContent(utf8, encoding, _damaged_lines(utf8))


def _mended(content: bytes, encoding: str) -> TextContent:
    """Return `content` in the encoding of most of it, with `�` for the bytes that are no letter there."""
    decoded = _decoded(content.decode(encoding, "replace").encode(), "utf-8")
    assert decoded is not None  # noqa: S101 - it was encoded the line before
    return replace(decoded, encoding=encoding)


def _damaged_lines(utf8: bytes) -> tuple[int, ...]:
    if DAMAGE not in utf8:
        return ()
    return tuple(number for number, line in enumerate(utf8.split(b"\n"), start=1) if DAMAGE in line)


def _is_mostly_utf8(sample: bytes) -> bool:
    """Return whether more of what is beyond ASCII are letters of UTF-8 than not."""
    text = sample.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return bad <= sum(not character.isascii() for character in text) - bad


def _decoded_as_guessed(content: bytes) -> TextContent:
    sample = _telling_lines(content)
    if _is_mostly_utf8(sample):
        return _mended(content, "utf-8")
    asian = east_asian_encoding(sample)
    if asian:
        return _decoded(content, asian) or _mended(content, asian)
    for encoding in [*_eight_bit_encodings(sample), "cp1252"]:
        decoded = _decoded(content, encoding)
        if decoded:
            return decoded
    decoded = _decoded(content, LAST_RESORT)
    assert decoded is not None  # noqa: S101 - Latin-1 gives every byte a character
    return decoded


def _eight_bit_encodings(sample: bytes) -> list[str]:
    """Return the encodings with one byte a character that `sample` may be in, the likeliest first.

    Accented Latin letters stand alone between plain ones; letters of other alphabets stand together.
    """
    high = sum(len(run) for run in re.findall(rb"[\x80-\xff]+", sample))
    together = sum(len(run) for run in re.findall(rb"[\x80-\xff]{3,}", sample))
    wanted = OTHER_ALPHABETS + LATIN if together > high / 2 else LATIN + OTHER_ALPHABETS
    matches = list(from_bytes(sample, cp_isolation=list(wanted)))
    if not matches:
        return []
    least = min(match.chaos for match in matches)
    most = max(match.coherence for match in matches)
    equals = {
        encoding
        for match in matches
        if match.chaos <= least and match.coherence >= most
        for encoding in match.could_be_from_charset
    }
    return [encoding for encoding in wanted if encoding in equals]


def _telling_lines(content: bytes) -> bytes:
    """Return the first lines that hold bytes beyond ASCII: the others say nothing about the encoding."""
    kept, size = list[bytes](), 0
    for line in content.splitlines():
        if not line.isascii():
            kept.append(line)
            size += len(line)
            if size > SAMPLE_BYTES:
                break
    return b"\n".join(kept)
