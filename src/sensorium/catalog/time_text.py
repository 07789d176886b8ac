"""Dates and times written in text: parts found by their shape, the order of day and month by the column."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import polars as pl

from sensorium.catalog.month_names import MONTHS
from sensorium.core.units import DAY_S

Order: TypeAlias = Literal["day-first", "month-first", "year-first"]
"""What comes first in dates of three numbers without a year of four digits in front."""
ORDERS: tuple[Order, ...] = ("day-first", "month-first", "year-first")
_HALVES = r"am|pm|a\.m\.|p\.m\."
_ZONES: Mapping[str, int] = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "eet": 2,
    "eest": 3, "msk": 3, "jst": 9, "kst": 9, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
"""Hours east of Greenwich, by RFC 2822 and as used in Europe and East Asia."""
_NAMED = "|".join(sorted(_ZONES, key=len, reverse=True))
_CLOCK = (
    r"^(?<date>.+?)(?:[t\s,]+(?:at\s+|um\s+)?(?<half1>上午|下午)?\s*(?<hour>\d{1,2})(?:[:.h](?<minute>\d{2})"
    rf"(?:[:.](?<second>\d{{2}})(?:[.,:](?<fraction>\d+))?)?)?\s*(?<half2>{_HALVES})?(?:\s*uhr)?"
    rf"\s*(?<zone>{_NAMED})?(?<offset>[+-]\d{{1,2}}(?::?\d{{2}})?)?(?:\s*\(.*\)|\s*\[.*\])?)?$"
)
"""A date, then perhaps a time of day with half of the day and zone."""
_SEP = r"[-/., ]+"
_YEAR = r"'?\d{2}|\d{4}"
_NUMBERS = (
    r"^(?:(?<y>\d{4})[-/. ]+(?<m>\d{1,2})[-/. ]+(?<d>\d{1,2})[-.]?"
    rf"|(?<a>\d{{1,2}})[-/. ]+(?<b>\d{{1,2}})[-/. ]+(?<c>{_YEAR})[.]?"
    r"|(?<y2>\d{4})[-/.](?<m2>\d{1,2})|(?<m3>\d{1,2})[-/.](?<y3>\d{4}))$"
)
_OF = r"(?:\s+(?:of|de|del))?"
_TH = r"(?:st|nd|rd|th|º|°)?"
_NAMES = (
    rf"^(?:(?<d>\d{{1,2}}){_TH}{_OF}(?:{_SEP})?(?<m>\p{{L}}{{3,}})\.?{_OF}(?:{_SEP})?(?<y>{_YEAR})\.?"
    rf"|(?<m2>\p{{L}}{{3,}})\.?[-/ ]*(?<d2>\d{{1,2}}){_TH}{_SEP}(?<y2>{_YEAR})"
    rf"|(?<y3>\d{{4}}){_SEP}(?<m3>\p{{L}}{{3,}})\.?{_SEP}(?<d3>\d{{1,2}})"
    rf"|(?<m4>\p{{L}}{{3,}})\.?{_SEP}(?<y4>\d{{4}}))$"
)
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?"
_STEPS = (
    (r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", ""),
    (r"^(?:mo|di|mi|do|fr|sa|so)(?:n?tag|ens?tag|ttwoch|nnerstag|eitag|mstag|nnabend)?[.,]+\s*", ""),
    (r"\s*[年년]\s*", "-"),
    (r"\s*[月월]\s*", "-"),
    (r"\s*[日号號일]\s*", " "),
    (r"\s*[時时시点點]\s*", ":"),
    (r"\s*[分분]\s*", ":"),
    (r"\s*[秒초]", ""),
    (r":$", ""),
    (r"[^\S ]+| {2,}", " "),
    (r"^(\d{1,2}[-/]?[a-z]{3}[-/]?\d{4}):", "$1 "),
    (r"^(\d{4})(\d{2})(\d{2})[t ]?(\d{2}):?(\d{2}):?(\d{2})([.,:z+ -].*)?$", "$1-$2-$3 $4:$5:$6$7"),
    (r"^(\d{4})(\d{2})(\d{2})[t ](\d{2}):?(\d{2})(z|[+-].*)?$", "$1-$2-$3 $4:$5$6"),
    (rf"^([a-z]{{3,9}})\.? (\d{{1,2}}),? ({_TIME})( [a-z+-][a-z0-9:+-]*)? (\d{{4}})$", "$1 $2 $5 $3$4"),
)
"""Spellings that become others: weekdays go, 年月日 are signs, what stands elsewhere moves into its place."""
OLDEST_YEAR = 1000
"""A date before that is none: two digits taken for a year, or what stands for nothing."""


class TextTimes(NamedTuple):
    """Dates and times read from text."""

    seconds: pl.Series
    """[n] float64 since 1970, null where nothing can be read."""
    order: Order | None
    """The order of the dates of three short numbers; None where there are none."""
    other: pl.Series | None
    """[n] as another order would have it, where that reads as many; None if no other does."""


def parse_times(text: pl.Series, order: Order | None = None, *, has_half: bool = False) -> TextTimes:
    """Return distinct texts [n] as seconds; one order of day and month for all of them.

    Parameters
    ----------
    text
        In their order of appearance: where two orders read as many, times that go on rather than to and
        fro tell.
    order
        Not asked of the texts, but known.
    has_half
        Whether the times of day that belong to them are of twelve hours, as where months come first.
    """
    frame = _split(_respelt(text))
    clock, has_half = _clock(frame), has_half or bool(frame["half"].is_not_null().any())
    numbers = frame["date"].str.extract_groups(_NUMBERS).struct.unnest()
    month_alone = numbers["y2"].is_not_null() | numbers["y3"].is_not_null()
    days = _days(
        _first(numbers, "y", "y2", "y3"),
        _first(numbers, "m", "m2", "m3"),
        numbers["d"].set(month_alone, "1"),
    ).fill_null(_named_days(frame["date"]))
    a, b, c = (numbers[name] for name in "abc")
    dotted = frame["date"].str.contains(".", literal=True).fill_null(value=False)
    if a.null_count() == len(text):
        return TextTimes(days * DAY_S + clock, None, None)
    read: dict[Order, pl.Series] = {
        "day-first": _days(c, b, a),
        "month-first": _days(c, a.set(dotted, None), b),  # nobody writes that with points
        "year-first": _days(_two_digits(a), b, _two_digits(c)),
    }
    usual: Order = "month-first" if has_half else "day-first"
    chosen, other = (order, None) if order else _choose(read, usual)
    seconds = days.fill_null(read[chosen]) * DAY_S + clock
    return TextTimes(seconds, chosen, None if other is None else days.fill_null(read[other]) * DAY_S + clock)


def _choose(read: Mapping[Order, pl.Series], usual: Order) -> tuple[Order, Order | None]:
    """Return the order that reads most dates, and another that reads as many, if one does.

    Of two that do, the one with years that differ less is taken, then the one under which dates go on rather
    than to and fro, then the usual one. Years that differ half as much settle it.
    """
    known = {order: days.drop_nulls() for order, days in read.items()}
    most = max(map(len, known.values()))
    tied: list[Order] = [order for order in (usual, *ORDERS) if len(known[order]) == most]
    years = {order: known[order].cast(pl.Int32).cast(pl.Date).dt.year().n_unique() for order in tied}
    tied.sort(key=lambda order: (years[order], -_goes_on(known[order])))
    chosen = tied[0]
    rivals: list[Order] = [order for order in tied if order != chosen and 2 * years[chosen] > years[order]]
    rivals = [order for order in rivals if not known[order].equals(known[chosen])]
    return chosen, next(iter(rivals), None)


def _goes_on(days: pl.Series) -> int:
    """Return how many dates follow the one before, or precede it, whichever are more."""
    steps = days.diff().drop_nulls()
    return max(int((steps >= 0).sum()), int((steps <= 0).sum()))


def _respelt(text: pl.Series) -> pl.Series:
    """Return `text` in lower case, as one spelling of each kind writes it."""
    respelt = text.str.normalize("NFKC").str.strip_chars(" \t\n\"'").str.to_lowercase()
    for pattern, new in _STEPS:
        respelt = respelt.str.replace_all(pattern, new)
    return respelt.str.strip_chars()


def _split(text: pl.Series) -> pl.DataFrame:
    """Return the parts of each text: date, and what there is of hour, minute, second, half and zone."""
    parts = text.str.extract_groups(_CLOCK).struct.unnest()
    halves = {"上午": "am", "下午": "pm", "a.m.": "am", "p.m.": "pm"}
    timed = pl.col("minute").is_not_null() | pl.col("half").is_not_null()
    return parts.with_columns(half=pl.coalesce("half1", "half2").replace(halves)).with_columns(
        # an hour alone is none: it belongs to the date, which then cannot be read
        date=pl.when(timed | pl.col("hour").is_null()).then("date")
    )


def _clock(parts: pl.DataFrame) -> pl.Series:
    """Return the seconds since midnight in UTC [n]: 0 without a time of day, null where it is none."""
    whole = parts.select(
        pl.col("hour", "minute", "second").cast(pl.Int64, strict=False).fill_null(0),
        (pl.lit("0.") + pl.col("fraction")).cast(pl.Float64).fill_null(0.0).alias("fraction"),
        "half",
        zone=pl.col("zone").replace_strict(_ZONES, default=0, return_dtype=pl.Int64),
        sign=pl.when(pl.col("offset").str.starts_with("-")).then(-1).otherwise(1),
        east_h=pl.col("offset").str.slice(1).str.extract(r"^(\d{1,2})").cast(pl.Int64).fill_null(0),
        east_min=pl.col("offset").str.extract(r":?(\d{2})$").cast(pl.Int64).fill_null(0),
        has_min=(pl.col("offset").str.len_chars() > 3).fill_null(value=False),
    )
    hour, minute, second = pl.col("hour"), pl.col("minute"), pl.col("second")
    twelve = pl.when(pl.col("half") == "pm").then(hour % 12 + 12).when(pl.col("half") == "am").then(hour % 12)
    east = pl.col("sign") * (pl.col("east_h") * 60 + pl.when("has_min").then("east_min").otherwise(0))
    valid = (hour <= 24) & (minute < 60) & (second <= 60) & (pl.col("half").is_null() | (hour <= 12))
    since_midnight = twelve.otherwise(hour) * 3600 + minute * 60 + second + pl.col("fraction")
    utc = since_midnight - pl.col("zone") * 3600 - east * 60
    return whole.select(pl.when(valid).then(utc.cast(pl.Float64)).alias("clock")).to_series()


def _named_days(dates: pl.Series) -> pl.Series:
    """Return the days since 1970 of dates with a month by name [n], null where there is none."""
    names = dates.str.extract_groups(_NAMES).struct.unnest()
    month = _first(names, "m", "m2", "m3", "m4").replace_strict(MONTHS, default=None, return_dtype=pl.Int64)
    day = _first(names, "d", "d2", "d3").set(names["y4"].is_not_null(), "1")
    return _days(_first(names, "y", "y2", "y3", "y4"), month.cast(pl.String), day)


def _days(year: pl.Series, month: pl.Series, day: pl.Series) -> pl.Series:
    """Return the days since 1970 [n], null for what is no date; years of two digits are 1969 to 2068."""
    digits = year.str.strip_chars_start("'")
    short = digits.cast(pl.Int64, strict=False)
    full = pl.select(
        pl.when(digits.str.len_chars() != 2)
        .then(short)
        .when(short < 69)
        .then(short + 2000)
        .otherwise(short + 1900)
    ).to_series()
    written = full.cast(pl.String) + "-" + month + "-" + day
    days = written.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Float64)
    return days.set((full < OLDEST_YEAR).fill_null(value=False), None)


def _two_digits(text: pl.Series) -> pl.Series:
    return text.set((text.str.len_chars() != 2).fill_null(value=False), None)


def _first(parts: pl.DataFrame, *names: str) -> pl.Series:
    return parts.select(pl.coalesce(names)).to_series()
