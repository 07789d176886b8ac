"""Colours that people with any colour vision can tell apart, for daylight and for dark screens.

The hues of the modalities are those of Okabe and Ito (2008).
"""

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#1c2030",
        "muted": "#667085",
        "line": "#dfe3ea",
        "paper": "#fefefe",
        "fusion": "#4338ca",
        "text": "#0072b2",
        "image": "#d55e00",
        "audio": "#009e73",
        "video": "#b8578b",
        "category": "#b98300",
        "number": "#8a6d1f",
        "content": "#6f7f2a",
        "behaviour": "#2f94c9",
        "popularity": "#98a1b0",
        "attributes": "#a0522d",
        "follows": "#7a5195",
        "searches": "#5b7a2e",
        "circumstances": "#3f7f7f",
        "second-level": "#5d6b8a",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#e9ecf3",
        "muted": "#9aa4b6",
        "line": "#313848",
        "paper": "#171b26",
        "fusion": "#a5b0ff",
        "text": "#4aa8e0",
        "image": "#f28a4b",
        "audio": "#34c79b",
        "video": "#e08fbd",
        "category": "#e7b440",
        "number": "#c7a95a",
        "content": "#b4c46a",
        "behaviour": "#7cc7ef",
        "popularity": "#8791a3",
        "attributes": "#d08a5c",
        "follows": "#b48fd0",
        "searches": "#a3c46b",
        "circumstances": "#6fb5b5",
        "second-level": "#9fb0d8",
    }
)


def colour(name: str) -> str:
    """Return the daylight colour of `fusion`, of a kind of source or of a part of the page."""
    return LIGHT[str(name)]
