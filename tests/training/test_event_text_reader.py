"""The encoder chosen for text reads what events say, too: in fits, evaluations and workspaces."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.encoders.neural.neural_models import tiny_clip
from tests.training.test_event_texts import N_ITEMS, catalog, events, log

import sensorium as sn
from sensorium.catalog.event_details import texts_about_items
from sensorium.cli.main import exit_code
from sensorium.core.errors import ConfigError
from sensorium.core.progress import SILENT
from sensorium.core.roles import Role
from sensorium.encoders.choice import encoder_for
from sensorium.features.block import OF_EVENTS
from sensorium.features.store import FeatureStore
from sensorium.training.event_text_reader import EventTexts
from sensorium.training.training_data import training_data
from sensorium.workspace.bundles import load_latest
from sensorium.workspace.commands import encode_workspace, evaluate_folder, fit_workspace
from sensorium.workspace.workspace import Workspace

WHY = "the extra [neural] is not installed: pip install 'sensorium[neural]'"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A model that reads letters, as it is chosen."""
    pytest.importorskip("sentence_transformers", reason=WHY)
    return f"sentence-transformers:{tiny_clip(tmp_path_factory.mktemp('models') / 'tiny')}"


def shop(folder: Path, encoders: str) -> Workspace:
    """A workspace of `log`, whose text is read by `encoders`."""
    pl.DataFrame({"item_id": [f"i{item}" for item in range(N_ITEMS)]}).write_csv(folder / "items.csv")
    log().write_csv(folder / "events.csv")
    (folder / "sensorium.toml").write_text(
        f'[catalog]\nitems = "items.csv"\n[events]\nfile = "events.csv"\ntext = "comment"\n'
        f'[model]\nname = "popularity"\nseconds = 1\n[encoders]\n{encoders}\n'
    )
    return Workspace.open(folder)


def n_rows(store: Path) -> int:
    """How many texts the store knows."""
    return sum(
        len(json.loads(file.read_text(encoding="utf-8"))["keys"]) for file in store.glob("rows/*/*.json")
    )


@pytest.mark.parametrize("place", ["text", "text:comment"])
def test_a_choice_for_text_or_for_the_block_reads_the_words_of_events(place):
    choice = {place: {"encoder": "nmf-topics", "n_topics": 3}}
    fitted = sn.fit(catalog(), events(), encoders=choice, model="popularity", seconds=0.1)
    assert fitted.item_features.encoders["text:comment"].name == "nmf-topics"
    assert fitted.item_features.blocks["text:comment"].dimension == 3
    (judged,) = sn.evaluate("auto", catalog(), events(), encoders=choice, seconds=0).evaluations.values()
    assert judged.train.blocks["text:comment"].dimension == 3


def test_the_choice_for_the_block_counts_more_and_names_the_block_where_a_column_is_called_so():
    frame = pl.DataFrame(
        {"item_id": [f"i{n}" for n in range(N_ITEMS)], "comment": list(map(str, range(N_ITEMS)))}
    )
    items = sn.Catalog.from_frame(frame, text="comment")
    said = sn.Events.from_frame(log(), items=items.items, text="comment")
    choice = {"text": "hashing-lsa", "text:comment of events": "keywords"}
    fitted = sn.fit(items, said, encoders=choice, model="popularity", seconds=0.1)
    names = {name: encoder.name for name, encoder in fitted.item_features.encoders.items()}
    assert names == {"text:comment": "hashing-lsa", "text:comment of events": "keywords"}


def test_the_block_is_a_model_by_its_name():
    fitted = sn.fit(
        catalog(), events(), model="text:comment", settings={"text:comment": {"neighbours": 3}}, seconds=0.1
    )
    assert fitted.record.members[0].settings["neighbours"] == 3
    judged = sn.evaluate(["text:comment", "popularity"], catalog(), events(), seconds=0.1)
    assert judged.results["text:comment"].metrics["ndcg@10"] > judged.results["popularity"].metrics["ndcg@10"]


def ask_to_fit(choice):
    sn.fit(catalog(), events(), encoders=choice, model="popularity", seconds=0.1)


def ask_to_evaluate(choice):
    sn.evaluate("popularity", catalog(), events(), encoders=choice, seconds=0)


def ask_to_compare(choice):
    sn.compare(catalog(), events(), encoders=choice, seconds=0)


@pytest.mark.parametrize("ask", [ask_to_fit, ask_to_evaluate, ask_to_compare])
def test_an_unknown_block_or_encoder_is_refused_as_for_columns_of_items(ask):
    with pytest.raises(ConfigError, match=r"no such column or modality: 'text:coment'.*text:comment"):
        ask({"text:coment": "tfidf-lsa"})
    with pytest.raises(ConfigError, match=r"encoders \"text:comment\": unknown encoder 'tfdf' for text"):
        ask({"text:comment": "tfdf"})
    with pytest.raises(ConfigError, match="reads image, not text"):
        ask({"text": "color-texture-shape"})


def test_an_item_has_the_mean_row_of_its_texts_and_held_back_ones_play_no_part(tiny):
    encoder = encoder_for(Role.TEXT, tiny, where="encoders")
    (judged,) = sn.evaluate(
        "auto", catalog(), events(), encoders={"text": tiny}, seconds=0
    ).evaluations.values()
    train = judged.split.train
    rows = np.zeros((N_ITEMS, encoder.dimension))
    for item in range(N_ITEMS):
        of_item = train.item == item
        said = dict.fromkeys(zip(train.user[of_item], train.texts().filter(pl.Series(of_item)), strict=True))
        rows[item] = encoder.encode([text for _, text in said]).mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(judged.train.blocks["text:comment"].values, rows, atol=1e-5)


def test_each_text_is_encoded_once_whatever_is_held_back(tiny, tmp_path):
    n_texts = log()["comment"].n_unique()
    choice = {"text": tiny}
    sn.fit(catalog(), events(), encoders=choice, store=tmp_path, model="popularity", seconds=0.1)
    assert n_rows(tmp_path) == n_texts
    sn.evaluate("popularity", catalog(), events(), encoders=choice, store=tmp_path, split="folds", seconds=0)
    sn.compare(catalog(), events(), encoders=choice, store=tmp_path, seconds=0)
    assert n_rows(tmp_path) == n_texts


def test_a_recipe_of_what_learns_and_what_does_not_reads_the_words_of_events(tiny, tmp_path):
    asked = EventTexts.of([events()], ())
    about = texts_about_items(events().texts(), pl.Series(events().user), pl.Series(events().item))
    recipe, learns, does_not = (
        asked.reader(encoder_for(Role.TEXT, choice, where="encoders"), FeatureStore(tmp_path), SILENT).read(
            about, N_ITEMS
        )
        for choice in (f"tfidf-lsa+{tiny}", "tfidf-lsa", tiny)
    )
    np.testing.assert_allclose(recipe.values, np.hstack([learns.values, does_not.values]), atol=1e-6)
    assert list(recipe.parts) == ["words", "tiny"]
    fitted = sn.fit(
        catalog(), events(), encoders={"text": f"tfidf-lsa+{tiny}"}, model="popularity", seconds=0.1
    )
    again = sn.load(fitted.save(tmp_path / "model"))
    assert again.search(text="woollen", k=12).item_ids == fitted.search(text="woollen", k=12).item_ids


def test_a_workspace_encodes_the_words_of_events_before_the_fit_and_its_bundle_reads_by_the_same(
    tiny, tmp_path
):
    world = shop(tmp_path, f'"text:comment" = "{tiny}"')
    n_texts = log()["comment"].n_unique()
    first = encode_workspace(world)
    assert first.report.blocks["text:comment"].encoded == n_texts
    assert first.to_json()["blocks"]["text:comment"]["encoder"] == tiny
    fit_workspace(world)
    evaluate_folder(tmp_path)
    assert n_rows(world.store().root) == n_texts
    assert encode_workspace(world).report.blocks["text:comment"].reused == n_texts
    model, _ = load_latest(tmp_path)
    assert model.item_features.encoders["text:comment"].name == "neural-text"
    assert model.item_features.query(Role.TEXT, "woollen", where="test").keys() == {"text:comment"}


def test_the_command_line_refuses_an_unknown_block_and_judges_columns_beside_a_known_one(tmp_path, capsys):
    shop(tmp_path, '"text:coment" = "tfidf-lsa"')
    for command in ("encode", "fit", "evaluate"):
        assert exit_code([command, str(tmp_path)]) == 2
        assert "no such column or modality: 'text:coment'" in capsys.readouterr().err
    shop(tmp_path, '"text:comment" = "tfidf-lsa"')
    file = tmp_path / "sensorium.toml"
    file.write_text(file.read_text().replace("[events]", 'category = ["kind"]\n[events]'))
    kinds = pl.read_csv(tmp_path / "items.csv").with_columns(kind=pl.lit("a") + pl.col("item_id"))
    kinds.write_csv(tmp_path / "items.csv")
    assert exit_code(["probe", str(tmp_path), "--json"]) == 0
    assert [column["block"] for column in json.loads(capsys.readouterr().out)["columns"]] == ["category:kind"]


def test_words_learnt_from_more_events_do_not_stay_where_fewer_say_nothing():
    whole = training_data(events(), {})
    assert OF_EVENTS in whole.blocks["text:comment"].spec
    two_items = events().where(events().item < 2)
    assert training_data(two_items, whole.blocks).blocks == {}
