"""docs/models.md says what the code does: every model, every setting, every default."""

import re
from pathlib import Path

import pytest

from sensorium.fusion.installed_models import OWN_PACKAGE, installed_models
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.rank_fusion import RankFusion
from sensorium.models.registry import is_built_in, model_types

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
SECTIONS = {
    title.lower().replace(" ", "-"): body
    for title, body in re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE)
}
OWN = sorted(name for name, model in model_types().items() if is_built_in(model))


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


def test_what_each_declares_is_what_the_installed_models_say():
    declared = re.findall(r"^\| `.*$", SECTIONS["what-each-declares"], re.MULTILINE)
    own = [model for model in installed_models() if model.package == OWN_PACKAGE]
    assert declared == [
        f"| `{m.name}` | {' and '.join(m.reads)} | {m.kind} | {'; '.join(m.traits)} | {m.why_not or 'yes'} |"
        for m in own
        if is_built_in(model_types()[m.name])
    ]
