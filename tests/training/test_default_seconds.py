import pytest

from sensorium.core.errors import ConfigError
from sensorium.core.progress import Silent
from sensorium.training.default_seconds import default_seconds
from sensorium.training.fit import require_run


class Heard(Silent):
    def __init__(self):
        self.lines = []

    def announce(self, line):
        self.lines.append(line)


@pytest.mark.parametrize(("n_events", "seconds"), [(0, 120), (4_000_000, 120), (20_000_000, 600)])
def test_many_events_are_given_more_seconds_and_people_are_told(n_events, seconds):
    heard = Heard()
    assert default_seconds(n_events, heard) == seconds
    assert heard.lines == (
        [] if seconds == 120 else ["20,000,000 events: the fit may take 600 s, unless seconds are given"]
    )


def test_nobody_is_told_of_seconds_that_they_gave():
    heard = Heard()
    given = {"seed": 0, "impute": "no", "where": "fit", "n_events": 20_000_000, "progress": heard}
    assert require_run(30, **given) == (30, 0)
    assert not heard.lines
    assert require_run(None, **given) == (600, 0)
    assert len(heard.lines) == 1
    with pytest.raises(ConfigError, match="seconds"):
        require_run(-1, **given)
