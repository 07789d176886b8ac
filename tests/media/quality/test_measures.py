"""Measures of quality: named once, documented, and said in words."""

from pathlib import Path

import pytest

from sensorium.core.roles import Role
from sensorium.media.quality.measures import MEASURES, find_faults

DOCUMENTED = (Path(__file__).resolve().parents[3] / "docs" / "media.md").read_text(encoding="utf-8")
ROWS = [line.split("|") for line in DOCUMENTED.split("Real media as they are")[0].splitlines()]


@pytest.mark.parametrize("role", MEASURES)
def test_every_measure_is_documented_with_its_limit(role):
    for measure in MEASURES[role]:
        if measure.name.startswith("sound_"):
            continue
        (line,) = [cells for cells in ROWS if len(cells) == 6 and f"`{measure.name}`" in cells[2]]
        said = line[4]
        whole = {
            "silent": "all of it",
            "black": "half",
            "frozen": "half",
            "motion": "0.3 of",
            "has_sound": "none",
        }
        expected = "never" if measure.limit is None else whole.get(measure.name, f"{measure.limit:g}")
        assert expected in said, line


def test_names_are_unique_within_a_kind_of_media():
    for measures in MEASURES.values():
        assert len({measure.name for measure in measures}) == len(measures)


def test_a_fault_is_left_out_where_another_says_it():
    assert list(find_faults(Role.IMAGE, {"contrast": 0.05, "blur": 0.9})) == ["contrast"]
    assert list(find_faults(Role.IMAGE, {"contrast": 0.5, "blur": 0.9})) == ["blur"]
    assert find_faults(Role.VIDEO, {"has_sound": 0.0, "sound_clipped": 0.01}) == {
        "has_sound": "no sound track",
        "sound_clipped": "sound clipped",
    }


def test_what_has_no_measures_has_no_faults():
    assert find_faults(Role.TEXT, {"blur": 1.0}) == {}
