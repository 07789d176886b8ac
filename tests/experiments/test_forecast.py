"""What an evaluation will take: its parts, its words, and that it is said in time."""

import re

import polars as pl
import pytest
from tests.experiments.judging import BLOCKS
from tests.experiments.rated_world import rated_events

import sensorium as sn
from sensorium.core.progress import SILENT, announce
from sensorium.core.progress_bars import ProgressBars
from sensorium.evaluation import splits
from sensorium.experiments.cross_validation import cross_validate
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.forecast import Forecast, in_time, machine_pace, total
from sensorium.experiments.fusion_levels import compare_levels
from sensorium.insight.words import words_in

LINE = r"About .+: .+ of (tuning|fitting), .+ of judging (\d+) models? on ([\d,]+) users?"


class Heard:
    """A progress that keeps what is said to people."""

    def __init__(self):
        self.lines = []
        self.stage = SILENT.stage

    def say(self, line):
        """Hear what is said on the way."""

    def announce(self, line):
        """Hear what people wait for."""
        self.lines.append(line)


@pytest.fixture(scope="module")
def split():
    return splits.time(rated_events(), 0.2, 0.2)


@pytest.mark.parametrize("model", ["auto", "ease", "popularity", "image:a"])
def test_the_number_of_models_and_users_said_beforehand_is_that_of_what_is_judged(model, split):
    heard = Heard()
    found = evaluate_split(
        split, BLOCKS, EvaluationOptions(model=model, seconds=1, ratings=False), progress=heard
    )
    (line,) = heard.lines
    n_models, n_users = re.fullmatch(LINE, line).groups()[1:]
    judged = {model, *found.members, *found.baselines, *found.without, *found.without_columns}
    assert int(n_users) == found.result.n_users
    if model == "auto":  # members that follow others may yet be left out
        assert abs(int(n_models) - len(judged)) <= 3
    else:
        assert int(n_models) == len(judged)


def test_all_folds_are_foretold_at_once(split):
    heard = Heard()
    options = EvaluationOptions(model="ease", seconds=1, ratings=False)
    cross_validate([split, split], BLOCKS, options, progress=heard)
    assert len(heard.lines) == 1


def test_a_comparison_of_levels_is_foretold_with_its_number_of_models(split):
    heard = Heard()
    found = compare_levels(split, BLOCKS, EvaluationOptions(seconds=1), progress=heard)
    (line,) = heard.lines
    n_models = int(re.fullmatch(LINE, line)[2])
    n_alone = len({method.name for method in found.methods if method.level == "one source"})
    assert n_models > len(found.methods) - n_alone


@pytest.mark.parametrize(
    ("models", "split", "n_models"),
    [
        ({"tuned": "ease", "made": sn.models.ItemKNN()}, "random", 4),
        ("ease", "random", 2),
        ("ease", "folds", 2),
        (sn.models.EASE(), "random", 2),
    ],
)
def test_the_library_foretells_once_what_all_models_take_together(models, split, n_models):
    rows = [(f"u{user}", f"i{(user * 3 + step * step) % 20}") for user in range(40) for step in range(8)]
    log = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row").unique()
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{n}" for n in range(20)]}))
    events, heard = sn.Events.from_frame(log, items=catalog.items), Heard()
    sn.evaluate(models, catalog, events, split=split, seconds=0.1, progress=heard)
    assert [int(re.fullmatch(LINE, line)[2]) for line in heard.lines] == [n_models]


def test_forecasts_add_up():
    first, second = Forecast(10, 20, 3, 100), Forecast(1, 2, 4, 90, is_tuned=False)
    both = total([first, second])
    assert (both.fitting_s, both.judging_s, both.n_models, both.n_users) == (11, 22, 7, 100)
    assert first.repeated(3).seconds == 90
    assert first.line == "About 30 s: 10 s of tuning, 20 s of judging 3 models on 100 users"
    assert second.line == "About 3 s: 1 s of fitting, 2 s of judging 4 models on 90 users"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 s"),
        (7.4, "7 s"),
        (33, "35 s"),
        (100, "1.7 min"),
        (120, "2 min"),
        (1900, "32 min"),
        (9000, "2.5 h"),
    ],
)
def test_times_are_said_as_exactly_as_they_are_known(seconds, said):
    assert in_time(seconds) == said


def test_a_line_that_people_wait_for_is_shown_in_their_language_though_notes_are_not(tmp_path):
    from rich.console import Console

    with (tmp_path / "shown.txt").open("w+", encoding="utf-8") as file:
        bars = ProgressBars(Console(file=file, width=200), notes=False, said=words_in("zh").said)
        bars.say("a note")
        announce(bars, Forecast(120, 60, 8, 19_445).line)
        with bars.stage("judge", 3, unit="users") as stage:
            stage.advance(3)
        file.seek(0)
        shown = file.read()
    assert shown == "约 3 min：调参 2 min，用 19,445 位用户评估 8 个模型 60 s\n"


def test_the_pace_of_the_machine_is_measured_once():
    assert machine_pace() == machine_pace()
    assert 0.05 < machine_pace() < 100
