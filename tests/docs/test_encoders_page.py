"""The page on encoders lists what is installed, and shows the example package as it is."""

import re
from pathlib import Path

from sensorium.encoders.registry import OWN_PACKAGE, installed_encoders

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "encoders.md").read_text(encoding="utf-8")


def test_the_table_lists_every_built_in_encoder_with_what_it_reads():
    table = PAGE.partition("| --- |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"^\| (\w+) \| `([a-z-]+)` \|", table, re.MULTILINE))
    own = [plugin.component for plugin in installed_encoders().values() if plugin.package == OWN_PACKAGE]
    assert listed == {(cls.traits.modality.value, cls.name) for cls in own if cls.traits.is_complete}


def test_every_former_name_is_named_beside_the_present_one():
    text = " ".join(PAGE.split())
    for plugin in installed_encoders().values():
        for old in plugin.component.former_names:
            assert re.search(rf"`{old}`( is)? `{plugin.component.name}`", text), f"{old} is not explained"


def test_the_encoder_on_the_page_is_that_of_the_example_package():
    file = ROOT / "tests/plugins/sensorium-example/src/sensorium_example/encoder.py"
    code = file.read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert f"```python\n{code}```" in PAGE


def test_every_trait_is_explained():
    from dataclasses import fields

    from sensorium.encoders.base import EncoderTraits

    for trait in fields(EncoderTraits):
        assert f"| `{trait.name}` |" in PAGE
