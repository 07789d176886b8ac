"""`check_workspace` of a workspace: the quality of its media is told, written down and remembered."""

import contextlib
import csv
import json
import sqlite3
import statistics

import pytest

from sensorium.core.progress import SILENT
from sensorium.testing.two_colour_media import two_colour_media
from sensorium.workspace.check import check_workspace
from sensorium.workspace.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    two_colour_media(tmp_path)
    return Workspace.open(tmp_path)


def scores_file(workspace):
    return workspace.made / "quality" / "scores.csv"


def written(workspace):
    with scores_file(workspace).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_scores_of_every_medium_are_written_and_summed_up(workspace):
    quality = check_workspace(workspace).quality
    rows = written(workspace)
    assert quality.file == scores_file(workspace)
    assert {row["column"] for row in rows} == set(quality.columns) == {"picture", "sound", "clip"}
    for column, scores in quality.columns.items():
        of_column = [row for row in rows if row["column"] == column]
        for each in scores:
            values = [float(row[each.score]) for row in of_column if row[each.score]]
            assert each.median == pytest.approx(statistics.median(values), rel=1e-4)
            worst = next(row for row in of_column if row["location"] == each.worst_at)
            assert float(worst[each.score]) == pytest.approx(each.worst, rel=1e-4)
    size = next(each for each in quality.columns["picture"] if each.score == "shorter_side_px")
    assert (size.median, size.noted, size.limit) == (48, size.n, 64)
    assert all("only 48 pixels" in row["faults"] for row in rows if row["column"] == "picture")
    told = json.loads(json.dumps(check_workspace(workspace).to_json()))["quality"]
    assert told["columns"]["picture"]["shorter_side_px"]["noted"] == size.n


def test_a_second_check_says_the_same_from_memory(workspace):
    first = check_workspace(workspace)
    before = written(workspace)
    again = check_workspace(workspace)
    assert (again.problems, again.quality) == (first.problems, first.quality)
    assert written(workspace) == before


def test_a_second_check_decodes_nothing(workspace):
    check_workspace(workspace)
    with (
        contextlib.closing(sqlite3.connect(workspace.made / "quality" / "examined.sqlite")) as remembered,
        remembered,
    ):
        (text,) = remembered.execute("SELECT examination FROM found WHERE role = 'image'").fetchone()
        other = text.replace('"shorter_side_px": 48.0', '"shorter_side_px": 47.0')
        remembered.execute("UPDATE found SET examination = ? WHERE role = 'image'", (other,))
    assert {row["shorter_side_px"] for row in written(workspace) if row["column"] == "picture"} == {"48"}
    check_workspace(workspace)
    assert {row["shorter_side_px"] for row in written(workspace) if row["column"] == "picture"} == {"47"}


def test_a_catalogue_without_media_has_no_quality(workspace):
    settings = workspace.folder / "sensorium.toml"
    kept = [
        line for line in settings.read_text().splitlines() if not line.startswith(("image", "audio", "video"))
    ]
    check_workspace(workspace)
    settings.write_text("\n".join(kept))
    checked = check_workspace(Workspace.open(workspace.folder), progress=SILENT)
    assert checked.quality is None
    assert not scores_file(workspace).exists()


def test_costly_scores_are_found_only_by_a_thorough_check(workspace):
    plain = check_workspace(workspace).quality
    thorough = check_workspace(workspace, thorough=True).quality
    again = check_workspace(workspace).quality
    names = [
        {score.score for scores in quality.columns.values() for score in scores}
        for quality in (plain, thorough, again)
    ]
    assert not names[0] & {"text", "repetition"}
    assert names[1] - names[0] == {"text", "repetition"}
    assert names[2] == names[1], "what was found is kept"


@pytest.mark.parametrize(
    ("users", "kind", "said"),
    [
        ("", "unreadable users", "the file is empty"),
        ("user_id,town\nu0,Rome\n", "unreadable users", "there is no column 'job'"),
        ("user_id,job\n", "unknown users", "there are no users"),
        ("user_id,job\nnobody,cook\n", "unknown users", "no user of the table has events"),
        ("user_id,job\nann,cook\nann,nurse\n", "duplicate user id", "user"),
        ("user_id,job\nann,cook\n", None, None),
    ],
)
def test_the_table_of_users_is_looked_into(tmp_path, users, kind, said):
    settings = '[catalog]\nitems = "items.csv"\ntext = "title"\n[events]\nfile = "events.csv"\n'
    (tmp_path / "items.csv").write_text("item_id,title\n1,red ball\n2,blue kite\n")
    (tmp_path / "events.csv").write_text("user_id,item_id\nann,1\nann,2\nbob,2\n")
    (tmp_path / "who.csv").write_text(users)
    (tmp_path / "sensorium.toml").write_text(settings)
    before = check_workspace(Workspace.open(tmp_path))
    (tmp_path / "sensorium.toml").write_text(settings + '[users]\nfile = "who.csv"\ncategory = "job"\n')
    checked = check_workspace(Workspace.open(tmp_path))
    new = [problem for problem in checked.problems if problem not in before.problems]
    assert [problem.kind for problem in new] == ([] if kind is None else [kind])
    assert all(said in problem.message and problem.where.endswith("who.csv") for problem in new)
    assert ("users" in checked.set_aside) == (kind == "duplicate user id")
    assert checked.usable == (before.usable and kind != "unreadable users")
