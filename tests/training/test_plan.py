"""A plan of a fit, repeated, gives the same model bit for bit."""

import itertools

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.fusion.auto import fit_auto
from sensorium.fusion.plan import Effort, Plan, PlannedTrial
from sensorium.models.base import ValidationData
from sensorium.testing.two_colour import two_colour

N_ITEMS = 40


def catalog() -> sn.Catalog:
    colours = ["red", "blue"]
    frame = pl.DataFrame(
        {"item_id": range(N_ITEMS), "title": [f"{colours[n % 2]} thing {n}" for n in range(N_ITEMS)]}
    )
    return sn.Catalog.from_frame(frame, text="title")


def events(n_users: int = 120) -> sn.Events:
    rng = np.random.default_rng(1)
    rows = [
        (user, 2 * int(item) + user % 2, 1e9 + 100 * n + user)
        for user in range(n_users)
        for n, item in enumerate(rng.choice(N_ITEMS // 2, 7, replace=False))
    ]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row")
    return sn.Events.from_frame(frame, items=catalog().items)


@pytest.fixture(scope="module")
def fitted() -> sn.FittedModel:
    return sn.fit(catalog(), events(), seconds=30, seed=5)


def hashes(model: sn.FittedModel) -> dict[str, str]:
    return {name: member.state().content_hash for name, member in model.fusion.members.items()}


def test_a_repeated_plan_gives_the_same_arrays(fitted, tmp_path):
    again = sn.fit(catalog(), events(), plan=fitted)
    assert hashes(again) == hashes(fitted)
    assert again.fusion.config == fitted.fusion.config
    assert [m.tried for m in again.record.members] == [m.tried for m in fitted.record.members]
    assert max(m.trials for m in fitted.record.members) > 1, "more than defaults are repeated"
    assert all(len(m.tried) == m.trials for m in fitted.record.members)
    assert (again.record.seed, again.record.seconds) == (5, 30)
    kept = sn.load(fitted.save(tmp_path / "model")).record
    assert kept.plan == fitted.record.plan
    assert hashes(sn.fit(catalog(), events(), plan=kept)) == hashes(fitted)


def settings_of(name: str, *values: float) -> list[PlannedTrial]:
    return [PlannedTrial({}), *(PlannedTrial({name: value}) for value in values)]


def test_as_many_settings_are_tried_as_the_plan_says_whatever_the_clock_says():
    known = two_colour()
    validation = ValidationData(known.queries, known.relevant, known.data.interactions)
    trials = {"ease": settings_of("regularization", 10.0, 20.0), "item-knn": settings_of("neighbours", 20)}
    plan = Plan("auto", 30, 0, trials, {"rp3": "no time"})
    ticks = itertools.count(step=10_000)
    fit = fit_auto(known.data, validation, clock=lambda: float(next(ticks)), effort=Effort(30, plan=plan))
    tried = {choice.name: [trial.settings for trial in choice.trials] for choice in fit.choices}
    assert tried["ease"] == [one.settings for one in trials["ease"]]
    assert tried["item-knn"] == [one.settings for one in trials["item-knn"]]
    assert {len(settings) for name, settings in tried.items() if name not in trials} == {1}
    assert "rp3" not in tried
    assert fit.left_out["rp3"] == "no time"


def test_a_plan_holds_for_later_events_and_for_one_model():
    first = sn.fit(catalog(), events(), model="ease", seconds=1)
    later = sn.fit(catalog(), events(150), plan=first.record)
    assert later.record.model == "ease"
    tried = [[trial.settings for trial in member.tried] for member in first.record.members]
    assert [[trial.settings for trial in member.tried] for member in later.record.members] == tried


def test_what_is_no_plan_is_refused(fitted):
    with pytest.raises(sn.ConfigError, match="a str is no plan"):
        sn.fit(catalog(), events(), plan="model")
    with pytest.raises(sn.SensoriumError, match="does not say what was tried"):
        sn.fit(catalog(), events(), plan=type(fitted.record)())


def test_a_plan_by_hand_is_taken():
    plan = Plan("auto", 1.0, 2, {"ease": settings_of("regularization", 33.0)})
    model = sn.fit(catalog(), events(), plan=plan)
    tried = {member.name: member.trials for member in model.record.members}
    assert tried["ease"] == 2
    assert model.record.seed == 2
