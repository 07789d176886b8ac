"""Names of feature blocks."""

import pytest

from sensorium.core.block_name import BlockName


@pytest.mark.parametrize(
    ("name", "modality", "column"),
    [("image:poster", "image", "poster"), ("text:a:b", "text", "a:b"), ("audio", "audio", "")],
)
def test_a_name_has_a_modality_and_a_column(name, modality, column):
    block = BlockName(name)
    assert (block.modality, block.column) == (modality, column)
    assert BlockName.of(modality, column) == name


def test_a_block_is_meant_by_its_name_and_by_its_modality():
    poster = BlockName("image:poster")
    assert poster.is_in(["image:poster"])
    assert poster.is_in(["text", "image"])
    assert not poster.is_in(["image:still", "text"])
