"""Media are cleaned before they are encoded where that is asked for, and features are kept apart by it."""

import io

import cv2
import numpy as np
import polars as pl
import pytest
import soundfile
from tests.media.clips import film
from tests.media.test_cleaning import RATE_HZ, noisy, scene, tune

import sensorium as sn
from sensorium.core.errors import ConfigError
from sensorium.encoders.audio.sound import Sound
from sensorium.encoders.choice import chosen_encoders, cleaned, cleaning_of
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.image.color_texture_shape import ColorTextureShape
from sensorium.encoders.image.fisher_vectors import FisherVectors
from sensorium.encoders.persistence import load_encoder, save_encoder
from sensorium.encoders.video.clip import Clip
from sensorium.encoders.video.motion import Motion
from sensorium.features.store import FeatureStore


def png(picture):
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def wav(samples):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="WAV", subtype="FLOAT")
    return file.getvalue()


def lit(picture):
    """The picture in warm light."""
    return np.clip(picture * np.array([1.1, 1.0, 0.7]), 0, 255).astype(np.uint8)


def clip(change=lambda picture: picture, gain=1.0):
    frames = [np.roll(scene(), 4 * step, axis=1) for step in range(12)]
    return film(
        [change(frame) for frame in frames],
        [0.1 * step for step in range(12)],
        sound=(tune() * np.float32(gain), RATE_HZ),
    )


@pytest.mark.parametrize(
    ("encoder", "way", "plain", "spoilt"),
    [
        (ColorTextureShape, "white_balance", png(scene()), png(lit(scene()))),
        (ColorTextureShape, "denoise", png(scene()), png(noisy(scene(), 20))),
        (Sound, "normalise_loudness", wav(tune()), wav(tune() * np.float32(0.05))),
        (Clip, "white_balance", clip(), clip(lit)),
        (Clip, "normalise_loudness", clip(), clip(gain=0.05)),
    ],
)
def test_what_is_spoilt_comes_nearer_to_what_is_not(encoder, way, plain, spoilt):
    as_they_are = encoder().encode_batch([plain, spoilt]).values
    clean = encoder(cleaning=[way]).encode_batch([plain, spoilt]).values
    assert np.linalg.norm(clean[0] - clean[1]) < 0.7 * np.linalg.norm(as_they_are[0] - as_they_are[1])


def test_encoders_that_learn_and_that_watch_clean_too():
    contents = [png(noisy(scene(seed), 20, seed)) for seed in range(4)]
    rows = [
        FisherVectors(cleaning=way).fit(contents).encode_batch(contents).values for way in ([], ["denoise"])
    ]
    assert not np.allclose(rows[0], rows[1])
    shaky = clip(lambda picture: noisy(picture, 20))
    motion = [Motion(cleaning=way).encode_batch([shaky]).values for way in ([], ["denoise"])]
    assert not np.allclose(motion[0], motion[1])


def test_what_is_as_it_was_has_the_address_that_it_had():
    assert "cleaning" not in ColorTextureShape().spec()["config"]
    assert ColorTextureShape(cleaning=["denoise"]).spec() != ColorTextureShape().spec()
    one, other = (
        ColorTextureShape(cleaning=way)
        for way in (["denoise", "white_balance"], ["white_balance", "denoise"])
    )
    assert one.spec() == other.spec()


def test_features_of_cleaned_media_are_kept_apart(tmp_path):
    (tmp_path / "a.png").write_bytes(png(lit(scene())))
    (tmp_path / "b.png").write_bytes(png(scene(3)))
    items = pl.DataFrame({"item_id": ["a", "b"], "photo": [str(tmp_path / "a.png"), str(tmp_path / "b.png")]})
    catalog = sn.Catalog.from_frame(items, image="photo")
    store = FeatureStore(tmp_path / "store")
    blocks = []
    for cleaning in ((), ("white_balance",), ()):
        encoders = chosen_encoders(catalog, {}, cleaning=cleaning)
        result = encode_catalog(catalog, store, encoders=encoders, workers=1)
        blocks.append(
            (np.array(result.blocks["image:photo"].values), result.report.blocks["image:photo"].encoded)
        )
    assert [encoded for _, encoded in blocks] == [2, 2, 0], "the third is known"
    assert not np.allclose(blocks[0][0], blocks[1][0])
    np.testing.assert_array_equal(blocks[0][0], blocks[2][0])


def test_a_saved_encoder_cleans_what_is_asked_about(tmp_path):
    save_encoder(ColorTextureShape(cleaning=["white_balance"]), tmp_path / "encoder")
    loaded = load_encoder(tmp_path / "encoder")
    assert cleaning_of(loaded) == ("white_balance",)
    content = png(lit(scene()))
    expected = ColorTextureShape(cleaning=["white_balance"]).encode_batch([content]).values
    np.testing.assert_array_equal(loaded.encode_batch([content]).values, expected)


def test_each_modality_is_cleaned_by_what_is_for_it():
    items = pl.DataFrame(
        {"item_id": ["a"], "title": ["x"], "photo": ["a.png"], "song": ["a.wav"], "film": ["a.mp4"]}
    )
    catalog = sn.Catalog.from_frame(items, text="title", image="photo", audio="song", video="film")
    encoders = chosen_encoders(
        catalog,
        {"image": "color-texture-shape+fisher-vectors"},
        cleaning=("denoise", "normalise_loudness", "white_balance"),
    )
    members = encoders["image:photo"].as_recipe.members
    assert {cleaning_of(member) for member in members} == {("denoise", "white_balance")}
    assert cleaning_of(encoders["audio:song"]) == ("denoise", "normalise_loudness")
    assert cleaning_of(encoders["video:film"]) == ("denoise", "normalise_loudness", "white_balance")
    assert cleaning_of(encoders["text:title"]) == ()


def test_an_encoder_that_cannot_clean_says_so():
    from sensorium.core.config import Config
    from sensorium.core.roles import Role
    from sensorium.encoders.base import Encoded, Encoder, EncoderTraits

    class Blind(Encoder[Config, bytes]):
        traits = EncoderTraits(Role.IMAGE)

        @property
        def parts(self):
            return {"all": (0, 1)}

        def encode_batch(self, inputs):
            return Encoded(np.ones((len(inputs), 1), dtype=np.float32))

    with pytest.raises(ConfigError, match="blind cannot clean media"):
        cleaned(Blind(), ["denoise"])
    assert cleaning_of(cleaned(Blind(), ["normalise_loudness"])) == (), "that is nothing for pictures"


def test_what_nobody_can_do_is_refused():
    with pytest.raises(ConfigError, match="cleaning"):
        Sound(cleaning=["polish"])
