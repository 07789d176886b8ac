"""A figure as inline SVG: text stays text, colours follow the page's light or dark mode."""

import io
import re
import warnings

import matplotlib as mpl
from matplotlib.figure import Figure

from sensorium.insight.glyphs import use_fonts_with_glyphs
from sensorium.insight.palette import LIGHT


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """Return `figure` as an `<svg>` element that can stand inside an HTML page.

    `name` makes its ids unique on the page; `description` is read aloud by screen readers.
    """
    from markupsafe import escape

    buffer = io.StringIO()
    use_fonts_with_glyphs(figure)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the browser has the font, not we
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    drawn = buffer.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, count=1, flags=re.DOTALL)
    drawn = re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", drawn, count=2).replace("xlink:href", "href")
    drawn = re.sub(r'\bid="', f'id="{name}-', drawn)
    drawn = re.sub(r'href="#', f'href="#{name}-', drawn)
    drawn = re.sub(r"url\(#", f"url(#{name}-", drawn)
    drawn = re.sub(r'(<svg\b[^>]*?)\swidth="[^"]*"', r"\1", drawn, count=1)
    drawn = re.sub(r'(<svg\b[^>]*?)\sheight="[^"]*"', r"\1", drawn, count=1)
    drawn = drawn.replace("<svg", f'<svg role="img" aria-label="{escape(description)}"', 1)
    for variable, colour in LIGHT.items():
        drawn = drawn.replace(colour, f"var(--{variable})")
    return drawn
