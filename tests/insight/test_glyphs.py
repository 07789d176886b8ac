"""Letters that the usual font lacks are drawn with a font of the system that holds them."""

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.figure import Figure

from sensorium.insight import glyphs
from sensorium.insight.svg import inline_svg

LETTERS = {0x7EA2: "red", 0x8272: "colour"}


def font_with(letters, folder):
    """Write a font that holds these letters alone, as boxes."""
    pen = TTGlyphPen(None)
    for place in ((0, 0), (0, 700), (900, 700), (900, 0)):
        (pen.moveTo if place == (0, 0) else pen.lineTo)(place)
    pen.closePath()
    box, names = pen.glyph(), [".notdef", *letters.values()]
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(letters)
    builder.setupGlyf(dict.fromkeys(names, box))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Two Letters", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    file = folder / "two-letters.ttf"
    builder.save(file)
    return file


def test_a_figure_takes_the_font_that_holds_its_letters(tmp_path, monkeypatch):
    entry = font_manager.ttfFontProperty(font_manager.get_font(str(font_with(LETTERS, tmp_path))))
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist, entry])
    glyphs._families.cache_clear()
    try:
        assert glyphs.fonts_for("红色 and é") == ("Two Letters",)
        figure = Figure()
        chinese, plain = figure.text(0, 0, "红色"), figure.text(0, 0, "red")
        glyphs.use_fonts_with_glyphs(figure)
        assert chinese.get_fontfamily() == ["DejaVu Sans", "Two Letters"]
        assert "Two Letters" not in plain.get_fontfamily()
        assert ">红色</text>" in inline_svg(figure, "name", "a figure")
    finally:
        glyphs._families.cache_clear()


def test_letters_that_no_font_holds_and_those_that_the_usual_one_does_need_no_other():
    assert glyphs.fonts_for("plain, déjà vu, Ελληνικά") == ()
    assert glyphs.fonts_for("\U0010fffd") == ()
