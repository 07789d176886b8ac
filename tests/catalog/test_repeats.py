"""Whether people come back to what they know is told by their events."""

import numpy as np
import polars as pl
import pytest

from sensorium.catalog.events import Events
from sensorium.catalog.repeats import propose_seen, repeat_problems, share_of_repeats
from sensorium.core.vocabulary import Vocabulary

ITEMS = Vocabulary([f"i{n}" for n in range(400)])


def log(rows: list[tuple[str, str, str]], *, timed: bool = True) -> Events:
    """Rows are in the order of time."""
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "type"], orient="row")
    if timed:
        frame = frame.with_columns(timestamp=1.7e9 + 60.0 * pl.int_range(pl.len()))
    if frame["type"].n_unique() == 1:
        frame = frame.drop("type")
    return Events.from_frame(frame, items=ITEMS)


def music() -> list[tuple[str, str, str]]:
    """Ten users who play the same ten songs again and again."""
    rng = np.random.default_rng(0)
    return [(f"u{n % 10}", f"i{10 * (n % 10) + rng.integers(10)}", "play") for n in range(800)]


def shop() -> list[tuple[str, str, str]]:
    """Users who view four items every day, each on four of twenty days, then buy it and look no more."""
    return [
        (f"u{user}", f"i{day - back + 20}", "purchase" if back == 20 else "view")
        for day in range(60)
        for user in range(5)
        for back in (0, 5, 10, 15, 20)
    ]


def films() -> list[tuple[str, str, str]]:
    """Nobody sees a film twice."""
    return [(f"u{n % 10}", f"i{n // 10}", "view") for n in range(1000)]


@pytest.mark.parametrize("timed", [True, False])
def test_plays_that_come_again_and_again_let_everything_come_again(timed: bool) -> None:
    found = propose_seen(log(music(), timed=timed))
    assert found is not None
    assert found.seen == ()
    assert found.share > 0.9
    assert "the user had met before" in found.why


@pytest.mark.parametrize("timed", [True, False])
def test_films_that_are_seen_once_stay_off(timed: bool) -> None:
    assert share_of_repeats(log(films(), timed=timed)) == 0
    assert propose_seen(log(films(), timed=timed)) is None
    assert repeat_problems(log(films(), timed=timed), "events.csv") == []


def test_what_ends_the_interest_takes_an_item_off() -> None:
    found = propose_seen(log(shop()))
    assert found is not None
    assert found.seen == ("purchase",)
    assert found.why.endswith("but seldom after purchase")
    (note,) = repeat_problems(log(shop()), "events.csv")
    assert 'seen = ["purchase"]' in note.remedy


def test_what_is_against_an_item_is_no_end_of_interest() -> None:
    rows = [*music(), *[(f"u{n % 10}", f"i{399 - n}", "dislike") for n in range(20)]]
    found = propose_seen(log(rows))
    assert found is not None
    assert found.seen == ()


def test_without_times_types_cannot_be_told_and_nothing_is_proposed() -> None:
    assert propose_seen(log(shop(), timed=False)) is None


def test_few_events_say_nothing() -> None:
    assert share_of_repeats(log(music()[:150])) is None
