"""Texts of figures letter by letter: no formulas, and fonts of this system for what the usual one lacks."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from matplotlib import font_manager, ft2font
from matplotlib.figure import Figure
from matplotlib.text import Text

USUAL = "DejaVu Sans"
"""The font that comes with matplotlib."""
PREFERRED = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Heiti SC", "STHeiti", "SimSun",
    "Noto Sans CJK JP", "Noto Sans SC", "Arial Unicode MS", "Droid Sans Fallback", "Unifont",
)  # fmt: skip
"""Looked into first: they hold many letters."""
BOXES = "Last Resort"
"""Fonts that draw a box for every letter."""


def use_fonts_with_glyphs(figure: Figure) -> None:
    """Give every text of `figure` fonts that hold its letters, as far as the system has such fonts."""
    texts: list[Text] = figure.findobj(Text)  # pyright: ignore[reportAssignmentType] - of this class alone
    for text in texts:
        if not text.get_text().isascii():
            fallbacks = fonts_for(text.get_text())
            if fallbacks:
                text.set_fontfamily([USUAL, *fallbacks])


def without_formulas(text: str) -> str:
    """Return a text for a figure in which dollar signs are dollar signs."""
    return text.replace("$", r"\$")


def fonts_for(text: str) -> tuple[str, ...]:
    """Return the families that hold what the usual font lacks of `text`; what none holds is left out."""
    usual = _letters(str(font_manager.findfont(USUAL)))
    return _families(frozenset(map(ord, text)) - usual - frozenset(range(33)))


@cache
def _families(wanted: frozenset[int]) -> tuple[str, ...]:
    found: list[str] = []
    for family, path in _candidates() if wanted else ():
        covered = wanted & _letters(path)
        if covered:
            found.append(family)
            wanted -= covered
        if not wanted:
            break
    return tuple(found)


def _candidates() -> Iterable[tuple[str, str]]:
    """Yield family and file of the fonts of the system, those with many letters first."""
    entries = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    order = {name: place for place, name in enumerate(PREFERRED)}
    real = [entry for entry in entries.items() if not entry[0].startswith(BOXES)]
    yield from sorted(real, key=lambda entry: (order.get(entry[0], len(order)), entry[0]))


@cache
def _letters(path: str) -> frozenset[int]:
    """Return the letters of a font; none of one that cannot be read."""
    try:
        return frozenset(ft2font.FT2Font(str(Path(path))).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
