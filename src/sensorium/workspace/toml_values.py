"""Values and comments as a `sensorium.toml` holds them."""


def inline(value: object) -> object:
    """Return `value` as tomlkit writes it on one line: a table in braces."""
    import tomlkit

    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    table.update({str(key): inline(element) for key, element in value.items()})
    return table


def printable(text: str) -> str:
    """Return `text` on one line, without what a comment must not hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
