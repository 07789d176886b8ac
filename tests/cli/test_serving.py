"""`update`, `explain`, `explain-similarity`, and stated preferences, as they are typed."""

import re
import shlex

import pytest

from sensorium.cli.console import OUT
from sensorium.cli.explain import SHOWN, show_explanation
from sensorium.cli.options import history_ids
from sensorium.core.item_list import Reason
from sensorium.core.source_kind import SourceKind
from sensorium.insight.words import words_in
from sensorium.serving.explanations import ItemExplanation
from sensorium.serving.similarity_explanation import HARDLY
from sensorium.testing.two_colour_media import red_or_blue_picture


@pytest.fixture
def new_events(tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("user_id,item_id,rating\nnew,i00,5\nnew,zz,5\n,i01,5\n", encoding="utf-8")
    return file


def test_update_says_what_took_effect_and_what_waits(sensorium, workspace_copy, new_events):
    said = sensorium("update", workspace_copy, "--events", new_events, width=200).out
    assert "✓ 1 event of 1 user, 1 of them new; their next answers reflect them." in said
    assert "Waits for the next fit: " in said
    assert "Not in the catalogue yet, kept for the next fit: zz" in said
    assert "Rows set aside: 1 user id is empty (" in said
    assert "--user new" in said.splitlines()[-1]
    assert sensorium("recommend", workspace_copy, "--user", "new", "-k", 1).code == 0


def test_update_says_that_nothing_took_effect(sensorium, workspace_copy, tmp_path):
    unknown, empty = tmp_path / "unknown.csv", tmp_path / "empty.csv"
    unknown.write_text("user_id,item_id,rating\nnew,zz,5\n", encoding="utf-8")
    empty.write_text("user_id,item_id,rating\n", encoding="utf-8")
    said = sensorium("update", workspace_copy, "--events", unknown, width=200).out
    assert said.splitlines() == [
        "No event took effect; answers stay as they are.",
        "Not in the catalogue yet, kept for the next fit: zz",
    ]
    said = sensorium("update", workspace_copy, "--events", empty, width=200).out
    assert said == "No event took effect; answers stay as they are.\n"


def test_update_as_json(sensorium, workspace_copy, new_events):
    told = sensorium("update", workspace_copy, "--events", new_events, "--json").json
    assert (told["events"], told["users"], told["new_users"]) == (1, ["new"], ["new"])
    assert told["unknown_items"] == ["zz"]
    assert told["set_aside"] == {"unknown item": 1, "user id is empty": 1}
    assert (workspace_copy / told["file"]).is_file()


def test_explain_adds_up_and_says_what_would_be(sensorium, fitted_workspace):
    asked = ("explain", fitted_workspace, "--history", "i01,i03", "--item", "i05")
    told = sensorium(*asked, "--json").json
    for split in ("by_source", "by_modality"):
        assert sum(told[split].values()) == pytest.approx(told["score"], abs=1e-4)
    assert sum(v for parts in told["by_part"].values() for v in parts.values()) == pytest.approx(
        told["score"], abs=1e-4
    )
    assert sum(part["contribution"] for part in told["by_history_item"]) == pytest.approx(
        told["score"], abs=1e-4
    )
    assert told["because"].startswith("because")
    said = sensorium(*asked, "--language", "zh", width=120).out
    assert "因为" in said
    chinese = words_in("zh")
    for title in (
        "By source and part",
        "By modality",
        "Through the history",
        "Score and rank without one of them",
    ):
        assert chinese(title) in said


def test_a_long_history_is_summed_up_and_items_of_one_title_stay_apart(capfd, monkeypatch):
    monkeypatch.setattr(OUT, "width", 80)
    items = [f"i{number:02}" for number in range(40)]
    titles = {item: "Same" if item in ("i00", "i01") else item.upper() for item in items} | {"new": "New"}
    reasons = tuple(
        Reason("ease", SourceKind.BEHAVIOUR, 1.0 - number / 50, item) for number, item in enumerate(items)
    )
    score = sum(reason.contribution for reason in reasons)
    show_explanation(ItemExplanation("new", score, 1, 2, "fusion", reasons, (), (), titles), "en")
    told = capfd.readouterr().out.partition("Through the history\n")[2]
    *parts, total = [float(value) for value in re.findall(r"^ *([+-]?\d+\.\d+)", told, flags=re.MULTILINE)]
    assert len(parts) == SHOWN + 1
    assert sum(parts) == pytest.approx(total) == pytest.approx(score)
    assert "Same (i00)" in told
    assert "Same (i01)" in told
    assert "25 others together" in told


def test_a_new_user_is_served_by_stated_preferences(sensorium, fitted_workspace, tmp_path):
    import numpy as np

    (tmp_path / "red.png").write_bytes(red_or_blue_picture(0, np.random.default_rng(0)))
    asked = ("--like", "colour=red", "--text", "ember", "--image", tmp_path / "red.png", "-k", 3, "--explain")
    done = sensorium("recommend", fitted_workspace, *asked, width=160)
    assert 'a new user who likes colour=red and "ember" and red.png' in done.out
    assert "and category:colour and text and image" in done.out
    wrong = sensorium("recommend", fitted_workspace, "--like", "colour=mauve").mistake()
    assert "no item has the colour 'mauve'" in wrong


def test_explain_similarity_shows_and_draws(sensorium, fitted_workspace, tmp_path):
    pictures = sorted(file.stem for file in (fitted_workspace / "picture").iterdir())[:2]
    asked = (
        "explain-similarity",
        fitted_workspace,
        "--item",
        pictures[0],
        "--with",
        pictures[1],
        "--by",
        "image",
    )
    file = tmp_path / "alike.png"
    told = sensorium(*asked, "--picture", file, "--json").json
    assert told["block"] == "image:picture"
    assert [side["item_id"] for side in told["items"]] == pictures
    assert file.is_file()
    said = sensorium(*asked).out
    assert "similarity" in said
    assert ("hardly similar" in said) == (told["likeness"] < HARDLY)
    assert "cannot draw to .txt" in sensorium(*asked, "--picture", tmp_path / "a.txt").mistake()


def test_a_former_name_of_a_command_works_and_says_the_new_one(sensorium, fitted_workspace):
    named = ("--item", "a", "--with", "b", "--json")
    former, present = (sensorium(name, fitted_workspace, *named) for name in ("alike", "explain-similarity"))
    assert former.err.splitlines()[0] == "`alike` is now called `explain-similarity`; both work."
    assert (former.code, former.out, former.err.splitlines()[1:]) == (
        present.code,
        present.out,
        present.err.splitlines(),
    )


def test_update_is_taken_back(sensorium, workspace_copy, new_events):
    brought = sensorium("update", workspace_copy, "--events", new_events, "--json").json
    undone = sensorium("update", workspace_copy, "--undo", "--json").json
    assert undone["undone"] in brought["file"]
    assert undone["learnt"] is False
    said = sensorium("update", workspace_copy, "--events", new_events, width=200).out
    (how,) = [line for line in said.splitlines() if line.startswith("To take them back: ")]
    command = shlex.split(how.removeprefix("To take them back: sensorium "))
    assert "Took back" in sensorium(*command).out
    assert "no update to take back" in sensorium("update", workspace_copy, "--undo").mistake()
    for words in (["--batch", "x"], ["--undo", "--events", new_events], []):
        assert "either --events or --undo" in sensorium("update", workspace_copy, *words).mistake()


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ([" lead"], [" lead"]),
        (["A, B"], ["A", " B"]),
        (['A, "B,C"', "D"], ["A", "B,C", "D"]),
        (['"B,C"," D"'], ["B,C", " D"]),
        (["A,, ,B"], ["A", "B"]),
    ],
)
def test_ids_of_a_history_are_taken_as_written(typed, ids):
    assert history_ids(None, typed) == ids


def test_an_id_that_begins_with_a_space_is_found_as_typed(sensorium, tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\n lead,red hat\na,blue hat\nb,green kite\n")
    (tmp_path / "events.csv").write_text("user_id,item_id\nu,a\nu, lead\nv,b\n")
    assert sensorium("init", tmp_path, "--from", tmp_path).code == 0
    assert sensorium("fit", tmp_path, "--model", "popularity").code == 0
    for typed in (" lead", "a, lead"):
        answer = sensorium("recommend", tmp_path, "--history", typed, "--json")
        assert answer.code == 0
        assert " lead" not in [item["item_id"] for item in answer.json["items"]]
    assert sensorium("recommend", tmp_path, "--history", "a, b", "--json").code == 0
