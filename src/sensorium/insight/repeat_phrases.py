"""What reasons say of an item that the user has met before: how often, and when last."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sensorium.core.item_list import Met

_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
"""Not those of `strftime`, which follow the machine's language."""


@dataclass(frozen=True)
class RepeatPhrases:
    """The words of one language; `{did}` stands for what was done with the item, such as `played it`."""

    itself: str
    """The item, in place of its title."""
    times: str
    """Where it is known that it was met `{n}` times."""
    times_last: str
    """The same, the last time on `{date}`."""
    last: str
    """Where only the last time is known."""
    once: str
    """Where it was met once, on `{date}`."""
    plain: str
    """Where neither is known."""
    date: str
    """A day, by `{year}`, `{month}`, its name in English `{month_name}`, and `{day}`."""

    def told(self, did: str, met: Met) -> str:
        """Return what was done with the item itself, how often, and when last."""
        day = self._day(met.last_s)
        if met.times > 1:
            return (self.times_last if day else self.times).format(did=did, n=met.times, date=day)
        if not day:
            return self.plain.format(did=did)
        return (self.once if met.times == 1 else self.last).format(did=did, date=day)

    def _day(self, seconds: float | None) -> str:
        """Return the day in UTC; empty where it is not known, or no date."""
        try:
            day = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            day = None
        if day is None:
            return ""
        return self.date.format(
            year=day.year, month=day.month, month_name=_MONTHS[day.month - 1], day=day.day
        )


ENGLISH_REPEATS = RepeatPhrases(
    itself="it",
    times="you {did} {n:,} times",
    times_last="you {did} {n:,} times, last on {date}",
    last="you {did}, last on {date}",
    once="you {did} on {date}",
    plain="you {did}",
    date="{day} {month_name} {year}",
)
CHINESE_REPEATS = RepeatPhrases(
    itself="它",
    times="你{did}{n:,}次",
    times_last="你{did}{n:,}次，最近一次是{date}",
    last="你{did}，最近一次是{date}",
    once="你在{date}{did}",
    plain="你{did}",
    date="{year}年{month}月{day}日",
)
