"""The table of a fit ends with what the time went into, and what more of it would bring."""

import pytest

from sensorium.cli.choice_tables import time_lines
from sensorium.insight.words import words_in
from sensorium.serving.fit_record import FitRecord, MemberRecord


def member(why, *, serves=True):
    return MemberRecord("ease", "ease", {}, 1.0, 0.0, serves, 0.1, 3, 1.0, why)


def record(why, late_gain, *, serves=True):
    taken = {"preparing": 0.2, "settings": 80.4, "weights": 12.0, "fitting": 20.0}
    return FitRecord("auto", 0, (member(why, serves=serves),), seconds=120, taken=taken, late_gain=late_gain)


OUT = "best of 3 settings, +0.0100 over the defaults; no time for more"


def test_steps_that_took_a_while_are_named_and_add_up():
    assert time_lines(record(OUT, None)) == ["113 s of 120: settings 80 s, weights 12 s, fitting 20 s"]


@pytest.mark.parametrize(
    ("why", "late_gain", "said"),
    [
        (OUT, 0.012, "raised its sources by 1.2%; twice the seconds would probably add less"),
        (OUT, 0.0001, "found nothing better: more seconds would hardly help"),
        ("by default; stopped by hand", 0.0001, "more seconds would hardly help"),
        ("by default; more brought no gain", 0.2, "All settings worth trying were tried"),
    ],
)
def test_what_more_seconds_would_bring_follows_from_what_the_late_ones_did(why, late_gain, said):
    assert said in time_lines(record(why, late_gain))[-1]
    chinese = time_lines(record(why, late_gain), words_in("zh"))
    assert len(chinese) == 2
    assert not any(word in line for line in chinese for word in ("seconds", "settings", "half"))


def test_what_does_not_serve_does_not_ask_for_time():
    assert "All settings" in time_lines(record(OUT, 0.3, serves=False))[-1]


def test_a_plan_is_no_search_and_old_bundles_say_nothing():
    assert len(time_lines(record("best of 3 settings, +0.01 over the defaults; as planned", 0.1))) == 1
    assert time_lines(FitRecord("auto", 0, (member(OUT),))) == []
