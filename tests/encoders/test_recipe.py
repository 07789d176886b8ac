"""Several encoders in one block: rows side by side, parts by name, nothing encoded twice."""

from typing import ClassVar

import cv2
import numpy as np
import polars as pl
import pytest
from tests.encoders.neural.neural_models import tiny_clip

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, EncoderTraits
from sensorium.encoders.choice import chosen_encoders, encoder_for
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.image.color_texture_shape import ColorTextureShape, ColorTextureShapeConfig
from sensorium.encoders.persistence import load_encoder, save_encoder
from sensorium.encoders.query import encode_queries
from sensorium.encoders.recipe import AudioRecipe, ImageRecipe, TextRecipe, VideoRecipe
from sensorium.features.scaling import Scaling
from sensorium.features.store import FeatureStore
from sensorium.testing.encoder_contract import EncoderContract
from sensorium.testing.two_colour_media import red_or_blue_picture


def plain(*names):
    return tuple({"encoder": name, "config": {}} for name in names)


class TestTextRecipe(EncoderContract):
    encoder = TextRecipe
    config: ClassVar = {"recipe": (*plain("tfidf-lsa"), {"encoder": "tfidf-lsa", "config": {"dimension": 4}})}


class TestImageRecipe(EncoderContract):
    encoder = ImageRecipe
    config: ClassVar = {"recipe": plain("color-texture-shape", "fisher-vectors")}


class TestAudioRecipe(EncoderContract):
    encoder = AudioRecipe
    config: ClassVar = {"recipe": plain("sound"), "columns": 2}


class TestVideoRecipe(EncoderContract):
    encoder = VideoRecipe
    config: ClassVar = {"recipe": plain("clip", "motion")}


class Edges(ColorTextureShape):
    """An encoder of this module alone, that cannot read the smallest pictures."""

    name = "edges"
    version = 1
    traits = EncoderTraits(Role.IMAGE)

    def encode_batch(self, inputs):
        values = np.zeros((len(inputs), 2), dtype=np.float32)
        failures = {}
        for row, content in enumerate(inputs):
            shape = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).shape[:2]
            if min(shape) < 20:
                failures[row] = "too small"
            else:
                values[row] = shape
        return Encoded(values, failures)

    @property
    def parts(self):
        return {"shape": (0, 1), "width": (1, 2)}


def pictures(folder, n, first=0):
    """A catalogue of `n` red and blue pictures."""
    folder.mkdir(exist_ok=True)
    for index in range(first, first + n):
        rng = np.random.default_rng(index)
        (folder / f"{index}.jpg").write_bytes(red_or_blue_picture(index % 2, rng))
    rows = range(first, first + n)
    frame = pl.DataFrame({"item_id": [f"i{row}" for row in rows], "photo": [f"{row}.jpg" for row in rows]})
    return Catalog.from_frame(frame, image="photo", base=folder)


def encoded(catalog, folder, choice):
    encoders = chosen_encoders(catalog, {"image": choice})
    return encode_catalog(catalog, FeatureStore(folder / "features"), encoders=encoders)


def part_of(block, name):
    return block.values[:, slice(*block.parts[name])]


def image_recipe(*members, **settings):
    return encoder_for(Role.IMAGE, {"recipe": list(members), **settings}, where="test")


def test_a_block_of_a_recipe_holds_its_members_blocks_side_by_side(tmp_path):
    catalog = pictures(tmp_path / "media", 12)
    block = encoded(catalog, tmp_path, "color-texture-shape+fisher-vectors").blocks["image:photo"]
    each = [
        encoded(catalog, tmp_path, name).blocks["image:photo"]
        for name in ("color-texture-shape", "fisher-vectors")
    ]
    np.testing.assert_array_equal(block.values, np.concatenate([one.values for one in each], axis=1))
    np.testing.assert_array_equal(part_of(block, "color-texture-shape texture"), part_of(each[0], "texture"))
    np.testing.assert_array_equal(part_of(block, "lower right"), part_of(each[1], "lower right"))


def test_a_row_serves_every_recipe_that_its_encoder_stands_in(tmp_path):
    catalog = pictures(tmp_path / "media", 12)
    assert encoded(catalog, tmp_path, "color-texture-shape").report.blocks["image:photo"].encoded == 12
    assert (
        encoded(catalog, tmp_path, "color-texture-shape+fisher-vectors").report.blocks["image:photo"].encoded
        == 12
    )
    reused = [
        "fisher-vectors",
        "fisher-vectors+color-texture-shape",
        {"recipe": ["color-texture-shape", "fisher-vectors"], "columns": 3},
        "color-texture-shape",
    ]
    for choice in reused:
        counts = encoded(catalog, tmp_path, choice).report.blocks["image:photo"]
        assert (counts.encoded, counts.reused) == (0, 12), choice


def test_an_unchanged_catalogue_gets_the_same_block_and_reduction(tmp_path):
    catalog, choice = pictures(tmp_path / "media", 12), {"recipe": ["color-texture-shape"], "columns": 3}
    first, second = (encoded(catalog, tmp_path, choice) for _ in range(2))
    np.testing.assert_array_equal(first.blocks["image:photo"].values, second.blocks["image:photo"].values)
    content = (tmp_path / "media" / "3.jpg").read_bytes()
    rows = [result.encoders["image:photo"].encode_batch([content]).values for result in (first, second)]
    np.testing.assert_array_equal(*rows)
    assert first.blocks["image:photo"].parts == {"colours": (0, 3), "texture": (3, 6), "shape": (6, 9)}


def test_what_one_member_cannot_read_the_others_still_tell(tmp_path):
    catalog = pictures(tmp_path / "media", 6)
    small = cv2.imencode(".png", np.full((8, 8, 3), 90, dtype=np.uint8))[1].tobytes()
    (tmp_path / "media" / "1.jpg").write_bytes(small)
    (tmp_path / "media" / "2.jpg").write_bytes(b"no picture")
    result = encode_catalog(
        catalog,
        FeatureStore(tmp_path / "features"),
        encoders={"image:photo": image_recipe("color-texture-shape", "edges")},
    )
    block, counts = result.blocks["image:photo"], result.report.blocks["image:photo"]
    assert block.present.tolist() == [True, True, False, True, True, True]
    assert (counts.encoded, counts.reused, counts.missing, counts.failed) == (5, 0, 0, 1)
    reasons = {failure.item_id: failure.reason for failure in result.report.failures}
    assert reasons == {"i1": "edges: too small", "i2": "not a picture"}
    start, stop = block.parts["width"]
    assert not block.values[1, start:stop].any()
    assert block.values[1, : block.parts["color-texture-shape shape"][1]].any()


def test_a_part_keeps_its_name_where_no_other_has_it():
    parts = image_recipe("color-texture-shape", "edges").fit([]).parts
    assert list(parts) == ["colours", "texture", "color-texture-shape shape", "edges shape", "width"]
    twice = encoder_for(
        Role.TEXT, {"recipe": ["tfidf-lsa", {"encoder": "tfidf-lsa", "dimension": 2}]}, where=""
    )
    assert list(twice.fit(["red brick", "blue sea", "green"]).parts) == [
        "tfidf-lsa words",
        "tfidf-lsa 2 words",
    ]


def test_a_question_finds_its_own_picture_and_new_items_get_the_rows_of_old_ones(tmp_path):
    catalog = pictures(tmp_path / "media", 12)
    for choice in ("color-texture-shape+edges", {"recipe": ["color-texture-shape", "edges"], "columns": 4}):
        result = encoded(catalog, tmp_path, choice)
        block, recipe = result.blocks["image:photo"], result.encoders["image:photo"]
        scaling = Scaling.fit(block)
        content = (tmp_path / "media" / "3.jpg").read_bytes()
        query = encode_queries(recipe, scaling, [content])
        np.testing.assert_allclose(query[0], scaling.scaled(block).values[3], atol=1e-5)
        save_encoder(recipe, tmp_path / "saved")
        again = load_encoder(tmp_path / "saved")
        np.testing.assert_array_equal(
            again.encode_batch([content]).values, recipe.encode_batch([content]).values
        )
        assert again.title == recipe.title
        store = FeatureStore(tmp_path / "elsewhere")
        more = encode_catalog(pictures(tmp_path / "media", 3), store, encoders={"image:photo": again})
        np.testing.assert_allclose(more.blocks["image:photo"].values, block.values[:3], atol=1e-5)


def test_a_recipe_saved_by_another_version_of_a_member_is_refused(tmp_path, monkeypatch):
    save_encoder(image_recipe("color-texture-shape", "edges").fit([]), tmp_path)
    monkeypatch.setattr(Edges, "version", 9)
    with pytest.raises(DataError, match=r"version \d of encoder edges, this is 9"):
        load_encoder(tmp_path)


@pytest.mark.parametrize(
    ("choice", "what"),
    [
        ("color-texture-shape+color-texture-shape", "the same encoder twice"),
        ("color-texture-shape+sound", "'sound' reads audio, not image"),
        ("color-texture-shape+eyes", "unknown encoder 'eyes'"),
        ("color-texture-shape+", "no encoder is named"),
        ({"recipe": []}, "a list of encoders"),
        ({"recipe": "color-texture-shape"}, "a list of encoders"),
        ({"recipe": ["color-texture-shape", {"recipe": ["edges"]}]}, "is no encoder for a recipe"),
        ({"recipe": ["color-texture-shape", 3]}, "is no encoder for a recipe"),
        ({"recipe": ["color-texture-shape"], "columns": 0}, "greater than 0"),
        ({"recipe": ["color-texture-shape"], "colour": 3}, "Known settings: recipe, columns"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(choice, what):
    with pytest.raises(ConfigError, match=what):
        encoder_for(Role.IMAGE, choice, where="[encoders]")


def test_labels_and_numbers_have_no_recipes():
    with pytest.raises(ConfigError, match="no recipes for category"):
        encoder_for(Role.CATEGORY, "labels+labels", where="[encoders]")
    sounds = ImageRecipe.config_type.parse({"recipe": plain("sound")}, where="")
    with pytest.raises(ConfigError, match="reads something else"):
        ImageRecipe(sounds)


def test_words_find_pictures_through_the_member_that_reads_both(tmp_path):
    pytest.importorskip("sentence_transformers", reason="the extra [neural] is not installed")
    model = str(tiny_clip(tmp_path / "tiny"))
    clip = {"encoder": "sentence-transformers", "model": model, "batch_size": 3}
    catalog = pictures(tmp_path / "media", 8)
    result = encoded(catalog, tmp_path, {"recipe": ["color-texture-shape", clip]})
    block, recipe = result.blocks["image:photo"], result.encoders["image:photo"]
    assert recipe.members[1].config.batch_size == 3
    assert recipe.query_modalities >= {Role.IMAGE, Role.TEXT}
    row = encode_queries(recipe, Scaling.fit(block), ["a red hat"], modality=Role.TEXT)[0]
    start, stop = block.parts["tiny"]
    assert not row[:start].any()
    asked = recipe.members[1].encode_query(["a red hat"], Role.TEXT).values[0]
    np.testing.assert_allclose(row[start:stop], asked / np.linalg.norm(asked), atol=1e-5)


def test_the_settings_of_a_config_class_are_kept():
    assert image_recipe("color-texture-shape", "edges").members[0].config == ColorTextureShapeConfig()
