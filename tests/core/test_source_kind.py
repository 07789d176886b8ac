import pytest

from sensorium.core.block_name import BlockName
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind, SourceOrigin


@pytest.mark.parametrize("role", [role for role in Role if role.makes_features])
def test_every_modality_is_a_kind_of_source(role: Role) -> None:
    assert SourceKind.of_modality(role.value).value == role.value


def test_ready_made_features_of_no_known_modality_are_content() -> None:
    assert SourceKind.of_modality("mine") is SourceKind.CONTENT


def test_one_block_gives_its_modality_and_its_column() -> None:
    assert SourceOrigin.of_blocks([BlockName("image:poster")]) == (SourceKind.IMAGE, "poster")


def test_blocks_of_one_modality_give_it_without_a_column() -> None:
    blocks = [BlockName("text:title"), BlockName("text:plot")]
    assert SourceOrigin.of_blocks(blocks) == (SourceKind.TEXT, "")


def test_blocks_of_several_modalities_are_content() -> None:
    blocks = [BlockName("text:title"), BlockName("image:poster")]
    assert SourceOrigin.of_blocks(blocks) == SourceOrigin.of_blocks([]) == (SourceKind.CONTENT, "")
