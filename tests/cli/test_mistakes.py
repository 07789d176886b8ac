"""Every mistake of the user is one line on stderr that says what, where and what to do, and exit code 2."""

import os
from pathlib import Path

import pytest

from sensorium.serving.bundle import latest_bundle
from sensorium.workspace.workspace import Workspace

ITEMS = "item_id,title\n1,red ball\n2,blue ball\n3,green kite\n"
EVENTS = "user_id,item_id\nu,1\nu,2\nv,2\nv,3\n"


@pytest.fixture
def shop(tmp_path) -> Path:
    """A workspace that has not been fitted."""
    (tmp_path / "items.csv").write_text(ITEMS)
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "sensorium.toml").write_text(
        '[catalog]\nitems = "items.csv"\ntext = "title"\n[events]\nfile = "events.csv"\n'
    )
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense", "No such command 'nonsense'. See: sensorium --help"),
        ("recomend", "No such command 'recomend'. Did you mean 'recommend'? See: sensorium --help"),
        ("fit", "Missing argument 'DIR'. See: sensorium fit --help"),
        ("fit here --speed 3", "No such option: --speed"),
        ("fit here --seconds 0", "'--seconds': Input should be greater than or equal to 1"),
        ("recommend here -k 0", "'--count': Input should be greater than or equal to 1"),
        ("recommend here -k many", "'--count'"),
        ("similar here", "Missing option '--item'"),
        ("init new", "--items is missing. Give --items"),
        ("init new --items no.csv --events no.csv", "no.csv: there is no such file"),
        ("check nowhere", "nowhere: there is no such folder"),
        ("recommend nowhere", "nowhere: there is no such folder"),
    ],
)
def test_a_command_line_that_cannot_work(sensorium, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in sensorium(*words.split()).mistake()


def test_swapped_tables_are_refused(sensorium, shop):
    (shop / "events.csv").write_text(EVENTS + "w,1\nw,2\nw,3\n")
    tables = ["--items", shop / "events.csv", "--events", shop / "items.csv"]
    said = sensorium("init", shop / "new", *tables).mistake()
    assert "there is a column 'user_id'. Exchange the two tables" in said


@pytest.mark.parametrize("command", ["check", "encode", "fit", "evaluate", "recommend"])
def test_a_folder_without_settings_says_how_to_make_them(sensorium, tmp_path, command):
    assert f"sensorium init {tmp_path} --items" in sensorium(command, tmp_path).mistake()


def test_recommending_before_fitting_says_fit(sensorium, shop):
    for words in (["recommend", shop], ["similar", shop, "--item", "1"], ["search", shop, "--text", "red"]):
        assert f"Run: sensorium fit {shop}" in sensorium(*words).mistake()


def test_an_unknown_model_is_refused_before_anything_is_encoded(sensorium, shop):
    for command in ("fit", "evaluate"):
        assert "unknown model 'wonder'" in sensorium(command, shop, "--model", "wonder").mistake()
    assert not (shop / ".sensorium" / "features").exists()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("catalog", "not valid TOML"),
        ('[events]\nfile = "events.csv"\n', "catalog: field required"),
        (
            "{good}[model]\nspeed = 3\n",
            "model.speed: there is no such setting. Did you mean seed? Known settings: name, seconds",
        ),
        ('{good}[model]\nname = "wonder"\n', "unknown model 'wonder'. Known are: auto, "),
        ('[catalog]\nitems = "gone.csv"\n[events]\nfile = "events.csv"\n', "there is no gone.csv"),
        (
            '[catalog]\nitems = "items.csv"\ntext = "titel"\n[events]\nfile = "events.csv"\n',
            "there is no column 'titel'. Columns are: item_id, title",
        ),
        (
            '[catalog]\nitems = "items.csv"\n[events]\nfile = "events.csv"\nuser = "who"\n',
            "there is no column 'who'. Columns are: user_id, item_id",
        ),
        (
            '[catalog]\nitems = "items.csv"\n[events]\nfile = "events.csv"\npositive = "rating >= 4"\n',
            "rating",
        ),
    ],
)
def test_wrong_settings(sensorium, shop, toml, said):
    file = shop / "sensorium.toml"
    file.write_text(toml.replace("{good}", file.read_text()))
    assert said in sensorium("fit", shop).mistake()


@pytest.mark.parametrize(
    ("items", "events", "said"),
    [
        ("", EVENTS, "the file is empty"),
        ("item_id,title\n", EVENTS, "the catalogue is empty"),
        ("item_id,title\n1,one\n", "user_id,item_id\nu,1\n", "1 item in the catalogue"),
        (ITEMS, "", "the file is empty"),
        ("item_id,title\n1,\n2,\n", "user_id,item_id\n", "there is nothing to learn from"),
        (ITEMS, "user_id,item_id\nu,77\n", "no event can be used; in 1 of 1 rows the item is unknown"),
    ],
)
def test_tables_with_nothing_to_learn_from(sensorium, shop, items, events, said):
    (shop / "items.csv").write_text(items)
    (shop / "events.csv").write_text(events)
    assert said in sensorium("fit", shop).mistake()
    assert sensorium("check", shop).code == 2
    assert sensorium("evaluate", shop).mistake()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("recommend {} --user nobody", "unknown user 'nobody'. Known users are for example: u0"),
        ("recommend {} --history i00,nothing", "unknown item 'nothing'. Known items are for example: i"),
        ("recommend {} --history ,", "--history: no item is named"),
        ("recommend {} --user u00 --history i00", "--user and --history together. Give one of the two"),
        ("recommend {} --where nonsense", "'nonsense' is not a condition"),
        ("recommend {} --where size=3", "items cannot be filtered by 'size'. Columns to filter by: colour"),
        ("recommend {} --where colour=green", "no item has colour 'green'. Known values: blue, red"),
        ("recommend {} --where colour>red", "which have no order. Use = or !="),
        ("recommend {} --deny i99", "unknown item 'i99'"),
        ("similar {} --item i99", "unknown item 'i99'"),
        ("similar {} --item i00 --by smell", "nothing is known by 'smell'. Choose one of: text, "),
        ("search {}", "nothing to search for. Give words, a picture, a sound or a clip"),
        ("search {} --text=", "--text: the text is empty"),
        ("search {} --image gone.jpg", "--image gone.jpg: there is no such file"),
        ("search {} --image fake.jpg", "--image fake.jpg: "),
        ("search {} --audio fake.jpg", "--audio fake.jpg: "),
        ("search {} --video fake.jpg", "--video fake.jpg: "),
        ("search {} --image .", "--image .: not a file"),
        ("fit {} --model wonder", "--model: unknown model 'wonder'. Known are: auto, "),
        (
            "fit {} --model item-kn",
            "--model: unknown model 'item-kn'. Did you mean 'item-knn'? Known are: auto, ",
        ),
        (
            "evaluate {} --model text:word",
            "--model: unknown model 'text:word'. Did you mean 'text:words'? Known",
        ),
        ("evaluate {} --mask all", "--mask: unknown mask 'all'. Choose one of: train, train+validation"),
        ("evaluate {} --report .", ".: this is a folder"),
        ("init {} --items fake.jpg --events fake.jpg", "fake.jpg: the format "),
    ],
)
def test_questions_that_have_no_answer(sensorium, fitted_workspace, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fake.jpg").write_text("no picture, only words")
    asked = [str(fitted_workspace) if word == "{}" else word for word in words.split()]
    assert said in sensorium(*asked).mistake()


def test_searching_in_a_sense_that_the_catalogue_lacks_names_those_it_has(sensorium, shop, fitted_workspace):
    assert sensorium("fit", shop, "--model", "popularity").code == 0
    picture = sorted((fitted_workspace / "picture").iterdir())[0]
    said = sensorium("search", shop, "--image", picture).mistake()
    assert "the catalogue has no image column to compare with" in said
    assert "It can be searched by: text" in said


def test_searching_words_in_a_catalogue_without_texts_says_so(sensorium, shop):
    table = (shop / "items.csv").read_text(encoding="utf-8")
    toml = (shop / "sensorium.toml").read_text(encoding="utf-8")
    without = "\n".join(line for line in toml.splitlines() if not line.startswith("text"))
    (shop / "sensorium.toml").write_text(without + "\n", encoding="utf-8")
    assert table
    assert sensorium("fit", shop, "--model", "popularity").code == 0
    assert "the catalogue has no text column" in sensorium("search", shop, "--text", "ocean").mistake()


def test_an_unknown_language_names_those_there_are(sensorium, fitted_workspace):
    for command in ("recommend", "similar --item i00", "search --text ocean"):
        name, *more = command.split()
        said = sensorium(name, fitted_workspace, *more, "--language", "xx").mistake()
        assert said == "--language: no words in the language 'xx'. Choose one of: en, zh"


def test_a_bundle_with_a_changed_or_missing_file_is_refused(sensorium, workspace_copy):
    bundle = latest_bundle(Workspace.open(workspace_copy).bundles)
    file = bundle / "items.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert (
        "items.parquet was changed since the bundle was made. Fit again"
        in sensorium("recommend", workspace_copy).mistake()
    )
    file.unlink()
    assert "items.parquet is missing. Fit again" in sensorium("recommend", workspace_copy).mistake()


def test_what_the_system_refuses_is_said_in_one_line(sensorium, shop):
    (shop / ".sensorium").write_text("a file where a folder has to be")
    for command in ("encode", "fit"):
        said = sensorium(command, shop).mistake()
        assert str(shop / ".sensorium") in said
        assert "Check the path, its permissions and the space on the disk" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_workspace_is_said_in_one_line(sensorium, shop):
    shop.chmod(0o500)
    try:
        assert "permission denied" in sensorium("fit", shop).mistake()
    finally:
        shop.chmod(0o700)


def test_errors_have_no_colour_codes_where_nobody_looks(sensorium, shop):
    assert "\x1b" not in sensorium("recommend", shop).err
