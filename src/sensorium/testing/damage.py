"""Good media made bad in known ways, for tests that hostile files cost only themselves."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import cv2
import numpy as np

from sensorium.core.roles import Role

HUGE_PX = 50_000
_ALLOWED_PX = 9_900
"""Squared, just below what a header may announce: refused only by what the decoder finds."""
_EXTENSIONS: Mapping[Role, str] = {Role.IMAGE: ".jpg", Role.AUDIO: ".wav", Role.VIDEO: ".mp4"}

Damage = Callable[[bytes, np.random.Generator], bytes]


class Damaged(NamedTuple):
    """One bad medium."""

    location: str
    """Relative to the folder; a file or a member of an archive."""
    role: Role
    kind: str


def write_damaged(
    folder: Path, good: Mapping[Role, Sequence[bytes]], n: int, *, seed: int = 0, bomb_bytes: int = 1 << 30
) -> list[Damaged]:
    """Write `n` bad media made of the `good` ones into `folder`, every kind of damage in turn.

    `good` has two roles or more. Members of `bomb.zip`, which inflate to `bomb_bytes` zeros, are among them.
    """
    rng = np.random.default_rng(seed)
    made: list[Damaged] = []
    turns = _turns(list(good))
    with (
        zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("bomb", "w", force_zip64=True) as member,
    ):
        for _ in range(bomb_bytes >> 20):
            member.write(bytes(1 << 20))
    for number, (role, kind) in zip(range(n), turns, strict=False):
        name = f"{number:04}-{kind}{_EXTENSIONS[role]}"
        if kind == "zip bomb":
            made.append(Damaged("bomb.zip/bomb", role, kind))
            continue
        source = good[role][int(rng.integers(len(good[role])))]
        if kind == "foreign":
            source = good[next(other for other in good if other != role)][0]
        (folder / name).write_bytes(DAMAGES[role][kind](source, rng))
        made.append(Damaged(name, role, kind))
    return made


def _turns(roles: Sequence[Role]) -> Iterator[tuple[Role, str]]:
    round_number = 0
    while True:
        for role in roles:
            kinds = [*DAMAGES[role], "zip bomb"]
            yield role, kinds[round_number % len(kinds)]
        round_number += 1


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(len(content) * rng.uniform(0.01, 0.99))]


def _flipped(content: bytes, rng: np.random.Generator) -> bytes:
    values = np.frombuffer(content, dtype=np.uint8).copy()
    places = rng.integers(len(values), size=int(rng.integers(1, max(2, len(values) // 100))))
    values[places] ^= (1 << rng.integers(8, size=len(places))).astype(np.uint8)
    return values.tobytes()


def _flipped_head(content: bytes, rng: np.random.Generator) -> bytes:
    head = min(len(content), 4096)
    return _flipped(content[:head], rng) + content[head:]


def _gap(content: bytes, rng: np.random.Generator) -> bytes:
    start = int(len(content) * rng.uniform(0.05, 0.8))
    length = int(len(content) * rng.uniform(0.01, 0.2))
    return content[:start] + bytes(length) + content[start + length :]


def _noise(content: bytes, rng: np.random.Generator) -> bytes:
    return content[:64] + rng.bytes(max(0, len(content) - 64))


def _stub(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(1, 40))]


def _repeated(content: bytes, rng: np.random.Generator) -> bytes:
    half = content[: len(content) // 2]
    return half * int(rng.integers(2, 6))


def _picture_header(side_px: int) -> Damage:
    def patch(_: bytes, rng: np.random.Generator) -> bytes:
        extension = str(rng.choice(list(_SIZE_PLACES)))
        pixels = rng.integers(256, size=(16, 16, 3), dtype=np.uint8)
        small = bytearray(cv2.imencode(extension, pixels)[1].tobytes())
        mark, offset, layout = _SIZE_PLACES[extension]
        at = small.index(mark) + offset
        struct.pack_into(layout, small, at, side_px, side_px)
        return bytes(small)

    return patch


_SIZE_PLACES: Mapping[str, tuple[bytes, int, str]] = {
    ".png": (b"IHDR", 4, ">II"),
    ".jpg": (b"\xff\xc0", 5, ">HH"),
    ".bmp": (b"BM", 18, "<ii"),
    ".gif": (b"GIF8", 6, "<HH"),
}


def _png_bomb(_: bytes, rng: np.random.Generator) -> bytes:
    """Return a picture of zeros that is whole, and whose header tells the truth."""
    side_px = int(rng.choice([12_000, _ALLOWED_PX]))
    packer = zlib.compressobj(1)
    row = bytes(1 + side_px)
    pixels = b"".join(packer.compress(row * 100) for _ in range(side_px // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _text_bomb(_: bytes, __: np.random.Generator) -> bytes:
    """Return a small picture with a comment that inflates to 256 MiB."""
    picture = cv2.imencode(".png", np.zeros((8, 8, 3), dtype=np.uint8))[1].tobytes()
    comment = b"Comment\0\0" + zlib.compress(bytes(256 << 20), 1)
    return picture[:33] + _chunk(b"zTXt", comment) + picture[33:]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _wav_header(_: bytes, rng: np.random.Generator) -> bytes:
    """Return a WAV of noise whose header has one of its numbers at an extreme."""
    samples = rng.bytes(40_000)
    wav = bytearray(b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt ")
    wav += struct.pack("<IHHIIHH", 16, 1, 1, 22_050, 44_100, 2, 16)
    wav += b"data" + struct.pack("<I", len(samples)) + samples
    at, layout = _WAV_NUMBERS[int(rng.integers(len(_WAV_NUMBERS)))]
    largest = 0xFFFF if layout == "<H" else 0xFFFFFFFF
    struct.pack_into(layout, wav, at, int(rng.choice([0, 1, largest // 2, largest])))
    return bytes(wav)


_WAV_NUMBERS: Sequence[tuple[int, str]] = [
    (22, "<H"),
    (24, "<I"),
    (28, "<I"),
    (32, "<H"),
    (34, "<H"),
    (40, "<I"),
    (4, "<I"),
]
"""Channels, rate, bytes a second, bytes a frame, bits, bytes of samples, bytes of the file."""


def _clip_header(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a clip whose tables say nonsense: sizes, times and counts behind random box names."""
    patched = bytearray(content)
    names = [
        b"avc1",
        b"mp4v",
        b"tkhd",
        b"mdhd",
        b"stts",
        b"stsz",
        b"stco",
        b"stsc",
        b"mvhd",
        b"avcC",
        b"ftyp",
    ]
    found = [at for name in names if (at := content.find(name)) >= 0] or [0]
    for at in rng.choice(found, size=min(2, len(found)), replace=False):
        place = int(at) + 4 + int(rng.integers(0, 32))
        patched[place : place + 4] = b"\xff\xff\xff\xff" if rng.random() < 0.5 else bytes(4)
    return bytes(patched)


_COMMON: Mapping[str, Damage] = {
    "cut": _cut,
    "flipped": _flipped,
    "flipped head": _flipped_head,
    "gap": _gap,
    "noise": _noise,
    "stub": _stub,
    "repeated": _repeated,
    "empty": lambda _, __: b"",
    "zeros": lambda content, _: bytes(len(content)),
    "words": lambda _, __: b"<!doctype html><title>404</title>" * 9,
    "foreign": lambda content, _: content,
}
DAMAGES: Mapping[Role, Mapping[str, Damage]] = MappingProxyType(
    {
        Role.IMAGE: {
            **_COMMON,
            "huge header": _picture_header(HUGE_PX),
            "lying header": _picture_header(_ALLOWED_PX),
            "bomb": _png_bomb,
            "text bomb": _text_bomb,
        },
        Role.AUDIO: {**_COMMON, "lying header": _wav_header},
        Role.VIDEO: {**_COMMON, "lying header": _clip_header},
    }
)
"""Role -> kind -> what makes it of a good medium."""
