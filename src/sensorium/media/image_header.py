"""The size of a picture from its first bytes, so that a decompression bomb is refused unopened."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True)
class PictureHeader:
    """What a picture says of itself before it is decoded."""

    width_px: int
    height_px: int
    has_alpha: bool = False
    is_whole: bool = True
    """False where the file visibly ends early."""
    has_profile: bool = False
    """Whether an ICC colour profile is embedded; of AVIF, GIF and JPEG 2000 it is not asked."""

    @property
    def n_pixels(self) -> int:
        """Width times height."""
        return self.width_px * self.height_px


def read_picture_header(content: bytes, format_name: str) -> PictureHeader | None:
    """Return the header of a picture whose format `sniff` named; None if it cannot be read."""
    parser = _PARSERS.get(format_name)
    if parser is None:
        return None
    try:
        header = parser(content)
    except (struct.error, IndexError):
        return None
    return header if header and header.width_px > 0 and header.height_px > 0 else None


def _jpeg(content: bytes) -> PictureHeader | None:
    at, size, has_profile = 2, (0, 0), False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            at += 1
            continue
        marker = content[at + 1]
        if marker == 0xFF or marker in _JPEG_BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            size = (width, height)
        if marker == 0xE2 and content.startswith(b"ICC_PROFILE\0", at + 4):
            has_profile = True
        if marker == 0xDA:  # the coded picture: the end marker has to stand behind it
            return PictureHeader(*size, is_whole=content.rfind(b"\xff\xd9") > at, has_profile=has_profile)
        at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return PictureHeader(*size, is_whole=False)


def _png(content: bytes) -> PictureHeader:
    width, height, _, colour = struct.unpack_from(">IIBB", content, 16)
    before_pixels = content[: max(content.find(b"IDAT"), 0)]
    has_alpha = colour in (4, 6) or b"tRNS" in before_pixels
    is_whole = b"IEND" in content[-4096:]
    return PictureHeader(width, height, has_alpha, is_whole, has_profile=b"iCCP" in before_pixels)


def _gif(content: bytes) -> PictureHeader:
    return PictureHeader(*struct.unpack_from("<HH", content, 6))


def _bmp(content: bytes) -> PictureHeader:
    if struct.unpack_from("<I", content, 14)[0] == 12:
        return PictureHeader(*struct.unpack_from("<HH", content, 18))
    width, height = struct.unpack_from("<ii", content, 18)
    has_masks = struct.unpack_from("<I", content, 14)[0] >= 56  # BITMAPV3INFOHEADER and later
    has_alpha = has_masks and struct.unpack_from("<I", content, 66)[0] != 0
    return PictureHeader(abs(width), abs(height), has_alpha)


def _webp(content: bytes) -> PictureHeader | None:
    is_whole = struct.unpack_from("<I", content, 4)[0] + 8 <= len(content) + 1
    kind = content[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(content[24:27], "little") + 1
        height = int.from_bytes(content[27:30], "little") + 1
        has_alpha, has_profile = bool(content[20] & 0x10), bool(content[20] & 0x20)
        return PictureHeader(width, height, has_alpha, is_whole, has_profile)
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        return PictureHeader((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1), is_whole)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return PictureHeader(width & 0x3FFF, height & 0x3FFF, False, is_whole)
    return None


_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_EXTRA_SAMPLES, _TIFF_PROFILE = 256, 257, 338, 34675


def _tiff(content: bytes) -> PictureHeader | None:
    order = "<" if content[:2] == b"II" else ">"
    start = struct.unpack_from(order + "I", content, 4)[0]
    tags: dict[int, int] = {}
    for entry in range(struct.unpack_from(order + "H", content, start)[0]):
        at = start + 2 + 12 * entry
        tag, kind = struct.unpack_from(order + "HH", content, at)
        tags[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), content, at + 8)[0]
    if not {_TIFF_WIDTH, _TIFF_HEIGHT} <= tags.keys():
        return None
    has_alpha, has_profile = _TIFF_EXTRA_SAMPLES in tags, _TIFF_PROFILE in tags
    return PictureHeader(tags[_TIFF_WIDTH], tags[_TIFF_HEIGHT], has_alpha, has_profile=has_profile)


def _boxed(name: bytes, offset: int, layout: str) -> Callable[[bytes], PictureHeader | None]:
    """Read the size from the largest box `name`, as AVIF and JPEG 2000 keep it."""

    def parse(content: bytes) -> PictureHeader | None:
        found: list[tuple[int, int]] = []
        at = content.find(name, 0, 1 << 20)
        while at >= 0:
            found.append(struct.unpack_from(layout, content, at + offset))
            at = content.find(name, at + 4, 1 << 20)
        if not found:
            return None
        first, second = max(found, key=lambda pair: pair[0] * pair[1])
        if name != b"ihdr":
            return PictureHeader(first, second)
        n_channels, depth = struct.unpack_from(">HB", content, content.find(name) + 12)
        return PictureHeader(second, first, has_alpha=n_channels in (2, 4) and depth == 7)  # 8 bits; or CMYK

    return parse


_PARSERS: Mapping[str, Callable[[bytes], PictureHeader | None]] = {
    "jpeg": _jpeg,
    "png": _png,
    "gif": _gif,
    "bmp": _bmp,
    "webp": _webp,
    "tiff": _tiff,
    "avif": _boxed(b"ispe", 8, ">II"),
    "jp2": _boxed(b"ihdr", 4, ">II"),
}
