import pytest

from sensorium.core.shorten import shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("exactly 10", "exactly 10"),
        ("eleven long", "eleven lo…"),
        ("a space at the cut", "a space a…"),
        ("eightle t and more", "eightle t…"),
        ("  first\nsecond", "first"),
        ("", ""),
    ],
)
def test_a_text_is_its_first_line_cut_to_the_width(text, shown):
    assert shorten(text, 10) == shown
    assert len(shorten(text, 10)) <= 10
