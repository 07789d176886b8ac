"""What each command prints when all is well."""

import io
import shlex

import pytest
import typer
from rich.console import Console

import sensorium as sn
from sensorium.cli.choice_tables import choice_table, summary_lines, verbose_choice_table
from sensorium.cli.evaluation_tables import ratings_in_words
from sensorium.cli.main import COMMANDS, app
from sensorium.core.progress_bars import ProgressBars
from sensorium.serving.fit_record import FitRecord
from sensorium.testing.two_colour_media import two_colour_media


def test_errors_of_predicted_ratings_stand_beside_their_baseline():
    errors = {"rmse": 0.8854, "mae": 0.692, "rmse_floor": 0.942, "mae_floor": 0.746}
    assert ratings_in_words(errors).startswith(
        "Predicted ratings: RMSE 0.885 (baseline 0.942), MAE 0.692 (baseline 0.746). The baseline"
    )


def test_a_log_says_how_much_was_done(monkeypatch):
    monkeypatch.setattr("sensorium.core.progress_bars.WORTH_A_LINE_S", 0)
    log = io.StringIO()
    progress = ProgressBars(Console(file=log))
    for n in (1, 2):
        with progress.stage("judged", n, unit="models") as stage:
            stage.advance(n)
    assert log.getvalue() == "judged: 1 model in 0 s\njudged: 2 models in 0 s\n"


def test_help_lists_every_command_in_full_within_80_columns(sensorium):
    for words in (["--help"], []):
        done = sensorium(*words)
        assert done.code == 0
        assert all(f"  {command} " in done.out for command in COMMANDS)
        assert "..." not in done.out.partition("Commands:")[2]
        assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_explains_every_option(sensorium, command):
    done = sensorium(command, "--help")
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert "<" not in done.out.partition("Options:")[2], "an option without a word for its value"
    for parameter in typer.main.get_command(app).commands[command].params:
        assert parameter.help, parameter.name


def test_version(sensorium):
    assert sensorium("--version").out == f"sensorium {sn.__version__}\n"


SEVERITIES = ("note ", "warning ", "error ")


def test_from_two_tables_to_recommendations(sensorium, tmp_path):
    data, shop = tmp_path / "data", tmp_path / "shop"
    data.mkdir()
    two_colour_media(data)
    started = sensorium("init", shop, "--items", data / "items.csv", "--events", data / "events.csv")
    assert started.code == 0
    for said in ("16 items", "picture", "image", "rating >= 4", "sensorium check"):
        assert said in started.out
    checked = sensorium("check", shop)
    assert checked.code == 0
    severities = [line.split()[0] for line in checked.out.splitlines() if line.startswith(SEVERITIES)]
    assert set(severities) == {"note"}, "small pictures, noise and missing sound tracks, and nothing worse"
    assert "No problems" not in checked.out
    assert checked.out.count("15 of 16 items") == 5
    assert "Quality of the media" in checked.out
    assert "shorter_side_px" in checked.out
    encoded = sensorium("encode", shop, "--json").json
    assert encoded["blocks"]["image:picture"]["encoded"] > 10
    assert encoded["failures"] == []
    again = sensorium("encode", shop, "--json").json
    assert {block["encoded"] for block in again["blocks"].values()} == {0}
    fitted = sensorium("fit", shop, "--seconds", 3)
    assert fitted.code == 0
    assert "Bundle" in fitted.out
    assert "u00" in sensorium("recommend", shop, "--user", "u00").out


def test_no_name_or_setting_is_cut_in_what_a_fit_shows():
    member = {
        "name": "image:the-picture-on-the-front-cover",
        "settings": {"blocks": {"text:the-words-on-the-back-of-the-cover": 0.5}},
        "weight": 1.0,
        "cold_weight": 1.0,
        "serves": True,
        "ndcg@20": 0.25,
        "why": "by default",
    }
    shown = io.StringIO()
    Console(width=80, file=shown).print(verbose_choice_table(FitRecord.from_json({"members": [member]})))
    head, *lines = shown.getvalue().splitlines()
    beneath = [line for line in lines if line.startswith("    ")]
    name = [line[: head.index("weight")].strip() for line in lines if line not in beneath]
    assert "".join(name) == member["name"]
    assert "blocks=(text:the-words-on-the-back-of-the-cover0.5)" in "".join(beneath).replace(" ", "")


@pytest.fixture
def chosen_members():
    """What a fit records of five sources, one of which is not served."""
    weights = {"content-factors": 0.401, "image:picture": 0.084, "category:series": 0.0}
    reached = {"content-factors": 0.2388, "image:picture": 0.0804, "category:series": 0.0167}
    trials = {"content-factors": 30, "image:picture": 6, "category:series": 6}
    idle = {"popularity": False, "recent-popularity": True}
    members = [
        {
            "name": name,
            "weight": weights.get(name, 0.0),
            "cold_weight": 0.2 if name == "category:series" else 0.0,
            "serves": idle.get(name, True),
            "ndcg@20": reached.get(name, 0.0191),
            "trials": trials.get(name, 1),
            "settings": {"ridge": 0.584},
            "why": "best of 30 settings, 0.1455 by default; time budget used up before all were tried",
        }
        for name in ("popularity", "recent-popularity", "category:series", "content-factors", "image:picture")
    ]
    learnt = {"method": "shrunk", "moving_with": [], "ndcg@20": 0.3166, "held_out": {}}
    return {
        "members": members,
        "weights": learnt,
        "left_out": {"bpr": "only if asked for", "vbpr": "the same"},
    }


def test_what_is_not_served_stands_below_what_is():
    shared = {"weight": 0.0, "cold_weight": 0.0, "ndcg@20": 0.1, "settings": {}, "why": "by default"}
    members = [
        shared | {"name": "idle", "serves": False},
        shared | {"name": "year", "serves": True, "cold_weight": 0.5},
        shared | {"name": "ease", "serves": True, "weight": 1.0},
    ]
    record, shown = FitRecord.from_json({"members": members}), io.StringIO()
    Console(width=120, file=shown).print(verbose_choice_table(record))
    lines = [line for line in shown.getvalue().splitlines()[1:] if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == ["ease", "year", "idle"]


def test_a_source_that_some_histories_alone_hear_is_called_that():
    shared = {"weight": 0.0, "serves": True, "ndcg@20": 0.1, "settings": {}, "why": "by default"}
    members = [
        shared | {"name": "popularity"},
        shared | {"name": "year", "cold_weight": 0.5},
        shared | {"name": "image:cover", "cold_weight": 0.2, "weights_by_history": [0.0, 0.3]},
        shared | {"name": "rp3", "weights_by_history": [0.4, 0.0]},
    ]
    record = FitRecord.from_json({"members": members})
    answers = {
        "rp3": "histories of some lengths",
        "image:cover": "histories of some lengths",
        "year": "items without events only",
        "popularity": "where no other can score",
    }
    for table in (choice_table, verbose_choice_table):
        shown = io.StringIO()
        Console(width=160, file=shown).print(table(record))
        _, *lines = shown.getvalue().splitlines()
        lines = [line for line in lines if not line.startswith(" ")]
        assert [line.split()[0] for line in lines] == list(answers)
        for line, said in zip(lines, answers.values(), strict=True):
            assert said in line


def test_the_table_of_a_fit_takes_a_line_for_each_source_that_is_served(chosen_members):
    record, shown = FitRecord.from_json(chosen_members), io.StringIO()
    Console(width=80, file=shown).print(choice_table(record))
    _, *lines = shown.getvalue().splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "content-factors 0.401 0.2388 30 everybody",
        "image:picture 0.084 0.0804 6 everybody",
        "category:series 0 0.0167 6 items without events only",
        "recent-popularity 0 0.0191 1 where no other can score",
        "together 0.3166 44",
    ]
    assert summary_lines(record) == [
        "Not served, no gain beside the others: popularity",
        "Left out: bpr, vbpr; --verbose says why, and all settings",
    ]


def test_fit_works_before_encode_and_says_what_it_chose(sensorium, tmp_path):
    two_colour_media(tmp_path)
    chosen = sensorium("fit", tmp_path, "--model", "ease", "--seconds", 1, "--json").json
    assert chosen["model"] == "ease"
    assert chosen["members"][0]["name"] == "ease"
    assert (tmp_path / ".sensorium" / "bundles" / chosen["bundle"] / "manifest.json").is_file()


def test_the_next_step_can_be_pasted_into_a_shell(sensorium, tmp_path):
    folder = tmp_path / "my [dim]shop"
    folder.mkdir()
    (folder / "items.csv").write_text("item_id,title\na,red ball\nb,blue ball\nc,kite\n")
    (folder / "events.csv").write_text("user_id,item_id\nAnn O'Neill,a\nBo,b\n")
    sensorium("init", folder, "--items", folder / "items.csv", "--events", folder / "events.csv")
    done = sensorium("fit", folder, "--model", "popularity")
    said = done.out.splitlines()[-1]
    assert said.startswith("Next: sensorium recommend ")
    words = shlex.split(said.removeprefix("Next: sensorium "))
    assert words == ["recommend", str(folder), "--user", "Ann O'Neill", "--explain"]
    assert sensorium(*words).code == 0


class TestRecommend:
    def test_the_table_has_ranks_scores_ids_titles_and_the_path(self, sensorium, fitted_workspace):
        done = sensorium("recommend", fitted_workspace, "--user", "u00", "-k", 3)
        lines = done.out.splitlines()
        assert lines[0] == "Recommended to user u00"
        assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
        assert lines[4].startswith("by fusion · 3 items in")
        assert done.err == ""

    def test_reasons_are_sentences_below_the_title(self, sensorium, fitted_workspace):
        done = sensorium("recommend", fitted_workspace, "--user", "u00", "-k", 1, "--explain")
        assert "because" in done.out

    def test_json_is_what_the_library_answers(self, sensorium, fitted_workspace):
        printed = sensorium(
            "recommend", fitted_workspace, "--user", "u00", "-k", 4, "--explain", "--json"
        ).json
        answer = sn.load(fitted_workspace).recommend("u00", k=4)
        assert [item["item_id"] for item in printed["items"]] == list(answer.item_ids)
        assert set(printed) == {"items", "path", "bundle", "seconds"}
        for item, score in zip(printed["items"], answer.scores, strict=True):
            assert item["score"] == pytest.approx(float(score), rel=1e-6)
            assert sum(reason["contribution"] for reason in item["reasons"]) == pytest.approx(score, abs=1e-4)
            assert item["path"] in ("fusion", "content", "popularity")

    def test_a_new_user_is_answered_by_popularity(self, sensorium, fitted_workspace):
        done = sensorium("recommend", fitted_workspace)
        assert "a new user" in done.out
        assert "by popularity" in done.out

    def test_conditions_and_lists_narrow_the_answer(self, sensorium, fitted_workspace):
        ask = ("recommend", fitted_workspace, "--history", "i01, i03", "-k", 20, "--json")
        red = sensorium(*ask, "--where", "colour=red").json["items"]
        assert red
        assert all(int(item["item_id"][1:]) % 2 == 0 for item in red)
        allowed = sensorium(*ask, "--allow", "i00", "--allow", "i02", "--deny", "i02").json["items"]
        assert [item["item_id"] for item in allowed] == ["i00"]

    def test_a_history_may_be_given_in_parts(self, sensorium, fitted_workspace):
        whole = sensorium("recommend", fitted_workspace, "--history", "i01, i03", "--json").json["items"]
        parts = ("--history", "i01", "--history", "i03")
        assert sensorium("recommend", fitted_workspace, *parts, "--json").json["items"] == whole

    def test_an_id_that_holds_a_comma_stands_in_double_quotes(self, sensorium, fitted_workspace):
        plain = sensorium("recommend", fitted_workspace, "--history", "i01, i03", "--json").json["items"]
        quoted = sensorium("recommend", fitted_workspace, "--history", '"i01", "i03"', "--json").json["items"]
        assert quoted == plain
        done = sensorium("recommend", fitted_workspace, "--history", '"i01, i03"')
        assert "unknown item 'i01, i03'" in done.err

    def test_an_empty_answer_says_why(self, sensorium, fitted_workspace):
        done = sensorium("recommend", fitted_workspace, "--history", "i00", "--allow", "i00")
        assert done.code == 0
        assert "No item is left" in done.out

    def test_long_ids_titles_and_brackets_survive_a_narrow_terminal(self, sensorium, tmp_path):
        item_id = "sku-" + "0123456789" * 4
        title = "[bold]Smile :smile: [/x] 日本語の長い題名 " + "word " * 30
        (tmp_path / "items.csv").write_text(
            f'item_id,title\n{item_id},"{title}"\nb,plain\nc,other\n', encoding="utf-8"
        )
        (tmp_path / "events.csv").write_text(f"user_id,item_id\nu,{item_id}\nv,b\nw,{item_id}\n")
        sensorium("init", tmp_path, "--items", tmp_path / "items.csv", "--events", tmp_path / "events.csv",
                  "--text", "title")  # fmt: skip
        assert sensorium("fit", tmp_path, "--model", "popularity").code == 0
        done = sensorium("recommend", tmp_path, "-k", 3, width=60)
        assert max(map(len, done.out.splitlines())) <= 60
        words = " ".join(line[11:] for line in done.out.splitlines()[1:3]).split()
        assert "".join(word for word in words if word[0] in "s0123456789") == item_id
        assert [word for word in words if "[" in word or ":" in word] == ["[bold]Smile", ":smile:", "[/x]"]


class TestSimilarAndSearch:
    def test_similar_by_a_sense(self, sensorium, fitted_workspace):
        printed = sensorium(
            "similar", fitted_workspace, "--item", "i02", "--by", "category", "-k", 3, "--json"
        ).json
        assert printed["path"] == "category"
        assert all(int(item["item_id"][1:]) % 2 == 0 for item in printed["items"])

    def test_similar_says_why(self, sensorium, fitted_workspace):
        asked = ("similar", fitted_workspace, "--item", "i02", "--by", "image", "-k", 3, "--explain")
        assert "it looks like" in sensorium(*asked).out
        (reason,) = sensorium(*asked, "--json").json["items"][0]["reasons"]
        assert (reason["source"], reason["item_id"]) == ("image:picture", "i02")
        assert sum(reason["parts"].values()) == pytest.approx(reason["contribution"], abs=1e-5)

    def test_search_by_words_and_by_files(self, sensorium, fitted_workspace):
        found = sensorium("search", fitted_workspace, "--text", "ember brick", "-k", 2)
        assert found.out.startswith('Found for "ember brick"')
        for sense, column in (("image", "picture"), ("audio", "sound"), ("video", "clip")):
            file = sorted((fitted_workspace / column).iterdir())[0]
            printed = sensorium("search", fitted_workspace, f"--{sense}", file, "-k", 1, "--json").json
            assert printed["items"][0]["item_id"] == file.stem
            assert printed["path"] == sense

    def test_a_personal_search_gives_its_reasons_in_the_words_of_a_search(self, sensorium, fitted_workspace):
        file = sorted((fitted_workspace / "picture").iterdir())[0]
        done = sensorium("search", fitted_workspace, "--image", file, "--text", "ember", "--user", "u00")
        assert "it looks like the picture" in done.out
        assert "for user u00" in done.out


class TestKeywords:
    def test_each_item_is_told_in_a_few_words_before_anything_is_fitted(self, sensorium, tmp_path):
        two_colour_media(tmp_path)
        done = sensorium("keywords", tmp_path)
        assert done.code == 0
        assert done.out.splitlines()[0].startswith("i00")
        assert done.out.splitlines()[-1] == "16 items"
        assert not (tmp_path / ".sensorium" / "features").exists()

    def test_one_item_as_json(self, sensorium, fitted_workspace):
        printed = sensorium("keywords", fitted_workspace, "--item", "i02", "-k", 2, "--json").json
        (item,) = printed["items"]
        assert item["item_id"] == "i02"
        assert len(item["keywords"]) == 2
        assert all(set(word) == {"keyword", "weight"} for word in item["keywords"])

    def test_an_unknown_item_is_a_mistake(self, sensorium, fitted_workspace):
        assert "unknown item 'i99'" in sensorium("keywords", fitted_workspace, "--item", "i99").mistake()

    def test_brackets_and_emoji_survive_a_narrow_terminal(self, sensorium, tmp_path):
        (tmp_path / "items.csv").write_text("item_id,title\na,[bold] 🚀 moon\nb,\nc,kite\n", encoding="utf-8")
        (tmp_path / "events.csv").write_text("user_id,item_id\nu,a\nv,b\n")
        sensorium("init", tmp_path, "--items", tmp_path / "items.csv", "--events", tmp_path / "events.csv",
                  "--text", "title")  # fmt: skip
        out = sensorium("keywords", tmp_path, width=60).out
        assert "a  [bold] 🚀 moon" in out
        assert "🚀" in out.splitlines()[1]
        assert "no keywords" in out


def test_evaluate_prints_tables_for_people_and_one_object_for_programs(sensorium, fitted_workspace, tmp_path):
    report = tmp_path / "report.html"
    done = sensorium("evaluate", fitted_workspace, "--model", "ease", "--seconds", 1, "--report", report)
    assert done.code == 0
    assert "ndcg@20" in done.out
    assert "popularity" in done.out
    assert report.is_file()
    printed = sensorium("evaluate", fitted_workspace, "--model", "ease", "--seconds", 1, "--json").json
    assert "ndcg@20" in printed["metrics"]


def test_init_takes_the_columns_of_events_that_are_named(sensorium, tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\na,red ball\nb,blue ball\n")
    (tmp_path / "log.csv").write_text("who,what,score,rating\nAnn,a,1,2\nBo,b,2,3\n")
    tables = ("--items", tmp_path / "items.csv", "--events", tmp_path / "log.csv")
    done = sensorium("init", tmp_path / "w", *tables, "--user", "who", "--value", "score", "--json").json
    chosen = done["settings"]["events"]
    assert (chosen["user"], chosen["item"], chosen["value"]) == ("who", "what", "score")
    refused = sensorium("init", tmp_path / "v", *tables, "--time", "wen")
    assert refused.code == 2
    assert "there is no column 'wen'" in refused.err
