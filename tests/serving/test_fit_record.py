"""What a fit chose, as it is kept."""

import json

from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.strength import EventRules
from sensorium.fusion.plan import PlannedTrial
from sensorium.serving.fit_record import (
    FitRecord,
    MemberRecord,
    RatingsRecord,
    ReadingRules,
    WeightsRecord,
)

RECORD = FitRecord(
    model="auto",
    seed=3,
    members=(
        MemberRecord(
            "ease",
            "ease",
            {"regularization": 50.0},
            0.7,
            0.0,
            True,
            0.21,
            12,
            3.5,
            "best",
            (0.1, 0.8),
            tried=(PlannedTrial({}, 900), PlannedTrial({"regularization": 50.0}, 300)),
        ),
    ),
    weights=WeightsRecord("shrunk", ("the age of the item",), 0.25, {"shrunk": 0.24, "single": 0.2}),
    left_out={"bpr": "only if asked"},
    impute="neighbours",
    ratings=RatingsRecord("rating-bias", {}),
    events=ReadingRules(EventColumns(value="rating"), EventRules(("rating >= 4",))),
    updates=("20261128-abc.csv",),
    seconds=90,
    taken={"preparing": 1.5, "settings": 60.0},
    late_gain=0.02,
    out_of_time=("ials",),
)


def test_a_record_survives_json():
    assert FitRecord.from_json(json.loads(json.dumps(RECORD.to_json()))) == RECORD


def test_an_empty_record_survives_json_and_says_nothing_of_weights_and_updates():
    empty = FitRecord()
    assert FitRecord.from_json(empty.to_json()) == empty
    assert not {"weights", "updates"} & set(empty.to_json())


def test_the_keys_of_the_manifest_stay():
    kept = RECORD.to_json()
    assert list(kept) == [
        "model", "seed", "seconds", "taken", "late_gain", "members", "weights", "left_out", "out_of_time",
        "impute", "ratings", "events", "seen", "similar", "updates",
    ]  # fmt: skip
    assert list(kept["members"][0]) == [
        "name", "model", "settings", "weight", "cold_weight", "serves", "ndcg@20", "trials", "seconds", "why",
        "tried", "weights_by_history", "weight_without_history",
    ]  # fmt: skip
    assert list(kept["weights"]) == ["method", "moving_with", "ndcg@20", "held_out"]
    assert kept["events"] == {
        "user": "user_id", "item": "item_id", "value": "rating", "time": None, "type": None,
        "count": None, "portion": None, "time_format": None, "decimal": None, "positive": ["rating >= 4"],
    }  # fmt: skip


def test_manifests_of_older_versions_open_with_defaults():
    old = {"model": "auto", "seed": 0, "members": [{"name": "ease", "weight": 1.0}]}
    record = FitRecord.from_json(old)
    assert (record.impute, record.ratings, record.updates) == ("no", None, None)
    assert record.events == ReadingRules()
    assert record.members[0].model == "ease"
    assert record.members[0].serves, "what did not serve was not written down"
    assert record.members[0].weights_by_history == ()
    assert FitRecord.from_json({}) == FitRecord()
