"""A workspace that reads a column with a recipe: encoded, fitted, explained, searched, added to."""

import numpy as np
import pytest

from sensorium.core.errors import ConfigError
from sensorium.testing.two_colour_media import red_or_blue_picture, two_colour_media
from sensorium.workspace.bundles import load_latest
from sensorium.workspace.commands import encode_workspace, fit_workspace
from sensorium.workspace.settings import Settings
from sensorium.workspace.workspace import Workspace


def workspace(folder, encoders):
    """The two-colour world with words and pictures, read by `encoders`."""
    two_colour_media(folder)
    file = folder / "sensorium.toml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith(("audio", "video"))]
    file.write_text("\n".join([*lines, "[encoders]", encoders, ""]))
    return Workspace.open(folder)


BOTH = """
image = { recipe = ["color-texture-shape", { encoder = "fisher-vectors" }], columns = 4 }
"text:words" = "tfidf-lsa+hashing-lsa"
"""


def test_a_recipe_serves_from_encoding_to_new_items(tmp_path):
    world = workspace(tmp_path, BOTH)
    assert Settings.read(tmp_path / "sensorium.toml").toml().count("recipe") == 1
    first, again = encode_workspace(world), encode_workspace(world)
    assert first.encoders["text:words"].title == "tfidf-lsa+hashing-lsa"
    assert {counts.encoded for counts in again.report.blocks.values()} == {0}
    block = first.blocks["image:picture"]
    assert max(stop - start for start, stop in block.parts.values()) <= 4

    fit_workspace(world, model="image:picture", seconds=1)
    model, _ = load_latest(tmp_path)
    answer = model.recommend(history=["i00"], k=16, explain=True)
    divided = [reason for reasons in answer.reasons for reason in reasons if reason.parts]
    assert divided
    assert all({part.name for part in reason.parts} == set(block.parts) for reason in divided)

    picture = tmp_path / "picture" / "i02.png"
    picture = picture if picture.exists() else sorted((tmp_path / "picture").iterdir())[2]
    found = model.search(image=picture, k=1)
    assert found.item_ids[0] == picture.stem
    assert found.scores[0] == pytest.approx(1.0, abs=1e-4)
    assert model.search(text="ember brick", k=2)

    (tmp_path / "fresh.png").write_bytes(red_or_blue_picture(0, np.random.default_rng(5)))
    model.add_items({"item_id": ["new"], "picture": [str(tmp_path / "fresh.png")], "words": ["ember poppy"]})
    assert model.search(image=tmp_path / "fresh.png", k=1).item_ids == ("new",)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('image = "color-texture-shape+sound"', "'sound' reads audio"),
        ('image = { recipe = ["color-texture-shape", "color-texture-shape"] }', "the same encoder twice"),
        ('"image:picture" = { recipe = ["color-texture-shape"], columns = "few" }', "columns"),
    ],
)
def test_a_recipe_that_cannot_be_says_where_it_stands(tmp_path, line, what):
    with pytest.raises(ConfigError, match=rf"\[encoders\].*{what}"):
        encode_workspace(workspace(tmp_path, line))
