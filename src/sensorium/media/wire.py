"""Messages between the run and its worker processes: a JSON header, then blobs of bytes."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

_LENGTHS = struct.Struct("<II")
_BLOB = struct.Struct("<Q")


def write_message(stream: BinaryIO, header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one message and flush."""
    encoded = json.dumps(dict(header)).encode()
    stream.write(_LENGTHS.pack(len(encoded), len(blobs)))
    stream.write(encoded)
    for blob in blobs:
        stream.write(_BLOB.pack(len(blob)))
        stream.write(blob)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """Return the next message; `EOFError` if the other side has gone."""
    header_length, n_blobs = _LENGTHS.unpack(_read_exactly(stream, _LENGTHS.size))
    header: dict[str, Any] = json.loads(_read_exactly(stream, header_length))
    blobs = [
        _read_exactly(stream, _BLOB.unpack(_read_exactly(stream, _BLOB.size))[0]) for _ in range(n_blobs)
    ]
    return header, blobs


def _read_exactly(stream: BinaryIO, n: int) -> bytes:
    content = stream.read(n)
    if len(content) != n:
        raise EOFError("the other side has gone")
    return content
