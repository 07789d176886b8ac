"""docs/models.md says what the code does: every model, every setting, every default."""

import re
from pathlib import Path

import pytest

from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.rank_fusion import RankFusion
from sensorium.models.registry import model_types

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
SECTIONS = {
    title.lower().replace(" ", "-"): body
    for title, body in re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE)
}
OWN = sorted(name for name, model in model_types().items() if model.__module__.startswith("sensorium."))


@pytest.mark.parametrize("name", OWN)
def test_every_setting_of_a_model_is_on_the_page_with_its_default(name):
    fields = model_types()[name].config_type.model_fields
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", SECTIONS[name], re.M))
    assert set(rows) == set(fields)
    for setting, field in fields.items():
        default = field.get_default(call_default_factory=True)
        if setting != "members":
            assert rows[setting] == str(default), f"{name}.{setting}"


@pytest.mark.parametrize("name", OWN)
def test_the_overview_says_what_the_traits_say(name):
    model = model_types()[name]
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")).split("|")
    assert ("without a history" in row[3] or row[3].strip() == "yes") == (not model.traits.needs_history)
    assert (row[4].strip() != "no") == model.traits.cold_items
    assert ("times" in row[2]) == model.traits.needs_time
    assert ("ratings" in row[2]) == model.traits.needs_ratings


def test_the_page_has_no_model_that_is_not_there():
    named = set(re.findall(r"^\| `([\w-]+)` \|", PAGE.split("\n## ")[0], re.MULTILINE))
    assert named == set(OWN)
    assert {LateFusion.name, RankFusion.name} <= named
