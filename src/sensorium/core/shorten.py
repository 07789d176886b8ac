"""Texts that have to fit."""


def shorten(text: str, width: int) -> str:
    """Return the first line of `text`, cut to `width` characters of which the last is then an ellipsis."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"
