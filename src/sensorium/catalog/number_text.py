"""Numbers written in text, whatever marks decimals and thousands: one reading a column, from all its values.

A value that can be read in one way alone, such as `9,5`, `0,250` or `1.299,99`, speaks for its decimal sign;
`1,125` and `1.299` could be either, and follow the others of their column.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import polars as pl

Decimal: TypeAlias = Literal[".", ","]
"""What stands before the decimals."""

_START, _END = r"^[+-]?(?:", r")(?:[eE][+-]?\d+)?$"
_POINT = (
    _START + r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?|\d+\.?\d*|\.\d+" + _END
)
"""A number with a decimal point; its thousands may stand apart by commas, also in India's groups."""
_COMMA = _START + r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?|\d+,?\d*|,\d+" + _END
_SPACED = r"^[+-]?[1-9]\d{0,2}(?:[ '’`]\d{3})+(?:[.,]\d*)?$"
_CURRENCY = (
    r"(?:\p{Sc}|[A-Za-z]{1,3}\$|euros?|zł|kč|ft|lei|kr\.?|sfr\.?|fr\.|лв\.?|руб\.?|р\.|元|円|圆|块|원|"
    r"(?:eur|usd|gbp|chf|jpy|cny|rmb|hkd|twd|krw|inr|aud|cad|nzd|sgd|sek|nok|dkk|pln|czk|huf|ron|bgn|try|rub|uah|"
    r"brl|mxn|clp|cop|ars|zar|ils|aed|sar|thb|vnd|idr|myr|php))"
)
_LARGE: Mapping[str, float] = {"万": 1e4, "萬": 1e4, "億": 1e8, "亿": 1e8}
_DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"


class NumberReading(NamedTuple):
    """A column of text, read as numbers."""

    numbers: pl.Series
    """[n] float64, null where there is none."""
    decimal: Decimal
    """What was taken for the decimal sign."""
    is_settled: bool
    """Whether some value says which sign that is."""
    is_mixed: bool
    """Whether other values say otherwise."""
    unsure: pl.Series
    """Distinct texts that the other sign would make another number."""


def read_number_text(text: pl.Series, decimal: Decimal | None = None) -> NumberReading:
    """Return `text` [n] as numbers, `decimal` being the decimal sign, found from all values if not given.

    Understood beside plain numbers: thousands apart by `,` `.` spaces or apostrophes, currency signs and
    codes, per cent (hundredths), negative numbers in brackets or with the minus behind, 万 and 亿. Without a
    value that speaks for either sign it is the point.
    """
    distinct = text.drop_nulls().unique(maintain_order=True)
    cores, factor = _cores(distinct)
    point = _cast(cores.str.replace_all(",", "", literal=True), cores.str.contains(_POINT)) * factor
    plain = cores.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    comma = _cast(plain, cores.str.contains(_COMMA)) * factor
    for_point = int((point.is_not_null() & comma.is_null()).sum())
    for_comma = int((comma.is_not_null() & point.is_null()).sum())
    sign: Decimal = decimal or ("," if for_comma > for_point else ".")
    first, other = (comma, point) if sign == "," else (point, comma)
    numbers = first.fill_null(other)
    unsure = distinct.filter((first != other).fill_null(value=False))
    read = pl.DataFrame({"text": distinct, "number": numbers})
    joined = pl.DataFrame({"text": text}).join(read, on="text", how="left", maintain_order="left")
    return NumberReading(
        joined["number"].alias(text.name),
        sign,
        bool(for_comma if sign == "," else for_point),
        bool(for_point and for_comma),
        unsure,
    )


def _cores(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return what is left of each text but sign, digits, commas and points, and what to multiply it by."""
    t = pl.col("text")
    arabic = dict(zip(_DIGITS, "0123456789" * 2, strict=True))
    steps = (
        t if text.str.len_bytes().sum() == text.str.len_chars().sum() else t.str.normalize("NFKC"),
        t.str.replace_many({**arabic, "\u2212": "-", "\u2013": "-", "\u2014": "-"}).str.strip_chars(),
    )
    frame = pl.DataFrame({"text": text})
    for step in steps:
        frame = frame.with_columns(step.alias("text"))
    frame = frame.with_columns(
        bracketed=t.str.contains(r"^\(.*\)$"),
        percent=t.str.contains("%"),
        large=t.str.extract(r"\d\s*([万萬億亿])").replace_strict(
            _LARGE, default=1.0, return_dtype=pl.Float64
        ),
    )
    for pattern, new in (
        (r"^\((.*)\)$", "$1"),
        (r"^%\s*|\s*%$", ""),
        (rf"(?i)^([+-]?)\s*{_CURRENCY}\s*", "$1"),
        (rf"(?i)\s*{_CURRENCY}\.?$", ""),
        (r"(\d)\s*[万萬億亿]$", "$1"),
        (r"(\d)([.,])--?$", "${1}${2}0"),
        (r"^(\d.*)-$", "-$1"),
        (r"^([+-])\s+", "$1"),
    ):
        frame = frame.with_columns(t.str.replace(pattern, new))
    apart = pl.when(t.str.contains(_SPACED)).then(t.str.replace_all(r"[ '’`]", "")).otherwise(t)
    hundredth = pl.when("percent").then(0.01).otherwise(1.0)
    sign = pl.when("bracketed").then(-1.0).otherwise(1.0)
    found = frame.select(apart.alias("core"), (sign * pl.col("large") * hundredth).alias("factor"))
    return found["core"], found["factor"]


def _cast(text: pl.Series, valid: pl.Series) -> pl.Series:
    return text.set(~valid, None).cast(pl.Float64, strict=False)
