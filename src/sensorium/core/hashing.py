"""Content hashes: the same content has the same name, on every machine and in every run."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np


def hash_bytes(content: bytes) -> str:
    """Return the hash of `content` as 32 hexadecimal digits (BLAKE2b, 128 bits)."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def canonical_json(value: Any) -> str:
    """Return `value` as JSON with sorted keys and no spaces: equal values give equal text.

    Raises
    ------
    TypeError
        For what JSON cannot hold; what cannot be hashed is refused rather than guessed.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_json(value: Any) -> str:
    """Return the hash of the canonical JSON of `value`."""
    return hash_bytes(canonical_json(value).encode())


def hash_strings(values: Iterable[str]) -> str:
    """Return a hash of a sequence of strings; order and boundaries count."""
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        encoded = value.encode()
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()


def hash_array(values: "np.ndarray[Any, Any]") -> str:
    """Return a hash of an array's shape, type and content."""
    contiguous = np.ascontiguousarray(values)
    header = f"{contiguous.dtype.str}{contiguous.shape}".encode()
    digest = hashlib.blake2b(header, digest_size=16)
    digest.update(contiguous.data)
    return digest.hexdigest()
