"""Encoders that were renamed: old settings, workspaces and bundles go on to work.

`former_names.tar.xz` holds a workspace with kept features and a bundle, made when `tfidf-lsa` was called
`words`, `nmf-topics` `topics` and `color-texture-shape` `looks`.
"""

import os
import subprocess
import sys
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pytest

import sensorium as sn
from sensorium.core.errors import FormerNameWarning
from sensorium.core.roles import Role
from sensorium.encoders.choice import chosen_encoders, encoder_for
from sensorium.encoders.registry import encoder_types, make_encoder
from sensorium.workspace.commands import encode_workspace
from sensorium.workspace.workspace import Workspace

FORMER = {
    "looks": "color-texture-shape",
    "local-shapes": "fisher-vectors",
    "words": "tfidf-lsa",
    "topics": "nmf-topics",
    "hashed-words": "hashing-lsa",
}


@pytest.fixture
def old_workspace(tmp_path) -> Path:
    with tarfile.open(Path(__file__).parents[1] / "data" / "former_names.tar.xz") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 and later
        archive.extractall(tmp_path)  # noqa: S202 - an archive of our own
    return tmp_path / "shop"


def test_every_former_name_leads_to_its_encoder():
    assert {old: cls.name for cls in encoder_types() for old in cls.former_names} == FORMER


@pytest.mark.parametrize("old", FORMER)
def test_a_former_name_is_accepted_and_says_the_present_one(old):
    said = f"encoder `{old}` is now called `{FORMER[old]}`; both work"
    with pytest.warns(FutureWarning, match=said):
        assert make_encoder(old).name == FORMER[old]
    role = make_encoder(FORMER[old]).traits.modality
    with pytest.warns(FormerNameWarning, match=said):
        assert encoder_for(role, old, where="test").title == FORMER[old]


def test_former_names_stand_in_recipes_and_tables_too():
    with pytest.warns(FormerNameWarning) as told:
        recipe = encoder_for(Role.IMAGE, "looks+local-shapes", where="test")
    assert recipe.title == "color-texture-shape+fisher-vectors"
    assert len(told) == 2
    with pytest.warns(FormerNameWarning, match="`words`"):
        table = encoder_for(Role.TEXT, {"encoder": " words ", "dimension": 8}, where="test")
    assert table.config.dimension == 8


def test_a_recipe_is_written_down_by_the_first_names_of_its_encoders():
    config = encoder_for(Role.TEXT, "tfidf-lsa+nmf-topics", where="test").config
    written = config.model_dump(mode="json")
    assert [each["encoder"] for each in written["recipe"]] == ["words", "topics"]
    assert type(config).model_validate(written) == config


def test_features_kept_under_a_former_name_are_found_again(old_workspace):
    with pytest.warns(FormerNameWarning) as told:
        result = encode_workspace(Workspace.open(old_workspace))
    assert {counts.encoded for counts in result.report.blocks.values()} == {0}
    assert {counts.reused for counts in result.report.blocks.values()} == {12}
    assert len(told) == 3
    assert result.encoders["text:words"].title == "tfidf-lsa+nmf-topics"


def test_present_names_find_the_same_features_without_a_word(old_workspace):
    settings = old_workspace / "sensorium.toml"
    text = settings.read_text().replace('"words+topics"', '"tfidf-lsa+nmf-topics"')
    settings.write_text(text.replace('"looks"', '"color-texture-shape"'))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = encode_workspace(Workspace.open(old_workspace))
    assert {counts.encoded for counts in result.report.blocks.values()} == {0}


def test_a_bundle_with_former_names_opens_silently_and_answers(old_workspace):
    with warnings.catch_warnings():
        warnings.simplefilter("error", FormerNameWarning)
        model = sn.load(old_workspace)
        found = model.search(text="whale glacier", k=3)
    titles = {encoder.title for encoder in model.item_features.encoders.values()}
    assert titles == {"tfidf-lsa+nmf-topics", "color-texture-shape"}
    assert {int(item[1:]) % 2 for item in found.item_ids} == {1}, "the items with such words have odd numbers"


def test_rows_of_a_former_name_compare_with_new_ones(old_workspace):
    model = sn.load(old_workspace)
    block = model.item_features.blocks["image:picture"]
    picture = (old_workspace / "media" / "3.png").read_bytes()
    scaling, encoder = model.item_features.scalings[block.name], model.item_features.encoders[block.name]
    again = scaling.apply(encoder.encode_batch([picture]).values)
    np.testing.assert_allclose(again[0], block.values[3], atol=1e-6)


def test_from_python_the_warning_comes_once_for_each_name(old_workspace):
    catalog = Workspace.open(old_workspace).catalog_table().catalog
    with pytest.warns(FormerNameWarning) as told:
        chosen_encoders(catalog, {"text": "hashed-words"})
    assert len(told) == 1


TAKER = """
from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder, EncoderTraits


class Looks(Encoder[Config, bytes]):
    traits = EncoderTraits(Role.IMAGE)
    parts = {"all": (0, 1)}

    def encode_batch(self, inputs):
        raise ValueError
"""


def test_another_package_cannot_take_a_former_name(tmp_path):
    (tmp_path / "taker.py").write_text(TAKER)
    folder = tmp_path / "taker-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: taker\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[sensorium.encoders]\nlooks = taker:Looks\n")
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", "from sensorium.encoders.registry import make_encoder\n"
         "print(make_encoder('looks').name)"],
        env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "color-texture-shape\n"
    assert "'looks' of package taker is left out: a built-in one is called 'looks' already" in done.stderr
