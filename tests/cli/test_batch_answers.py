"""`recommend` to many users and `add-items`, as they are typed."""

import polars as pl
import pytest

import sensorium as sn
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.workspace import Workspace


def users_file(folder, *lines: str, name: str = "users.txt"):
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


class TestManyUsers:
    @pytest.mark.parametrize("name", ["recs.parquet", "recs.csv"])
    def test_all_users_go_to_a_file(self, sensorium, fitted_workspace, tmp_path, name):
        done = sensorium("recommend", fitted_workspace, "--all", "-k", 2, "--out", tmp_path / name, width=200)
        assert done.code == 0
        assert done.out.startswith("✓ 24 recommendations to 12 users in ")
        read = pl.read_parquet if name.endswith("parquet") else pl.read_csv
        frame = read(tmp_path / name)
        model = sn.load(fitted_workspace)
        assert frame.drop("score").equals(model.recommend_batch(k=2).drop("score"), null_equal=True)
        assert frame["user_id"].n_unique() == len(model.users) == 12

    def test_the_file_as_json(self, sensorium, fitted_workspace, tmp_path):
        told = sensorium("recommend", fitted_workspace, "--all", "--out", tmp_path / "r.csv", "--json").json
        assert set(told) == {"file", "users", "rows", "bundle", "seconds"}
        assert (told["users"], told["file"]) == (12, str(tmp_path / "r.csv"))

    def test_the_users_of_a_file_stand_in_a_table_with_titles(self, sensorium, fitted_workspace, tmp_path):
        file = users_file(tmp_path, "u03", "", "  u01 ")
        done = sensorium("recommend", fitted_workspace, "--users", file, "-k", 2)
        lines = done.out.splitlines()
        assert [line.split()[:2] for line in (lines[1], lines[3])] == [["u03", "1"], ["u01", "1"]]
        assert lines[2].split()[0] == "2"
        assert lines[5].startswith("2 users in ")
        assert max(map(len, lines)) <= 80

    def test_rows_as_json_carry_titles_and_hold_for_filters(self, sensorium, fitted_workspace, tmp_path):
        file = users_file(tmp_path, "name,user_id", "Ann,u03", "Bo,u01", name="users.csv")
        told = sensorium(
            "recommend", fitted_workspace, "--users", file, "-k", 3, "--where", "colour=red", "--json"
        ).json
        rows = told["recommendations"]
        assert list(rows[0]) == ["user_id", "item_id", "title", "rank", "score", "path"]
        assert [row["user_id"] for row in rows][:1] == ["u03"]
        assert all(int(row["item_id"][1:]) % 2 == 0 for row in rows)
        catalog = sn.load(fitted_workspace).catalog
        titles = dict(zip(catalog.items, catalog.titles(), strict=True))
        assert all(row["title"] == titles[row["item_id"]] for row in rows)

    def test_an_unknown_user_is_named_once_and_answered(self, sensorium, fitted_workspace, tmp_path):
        file = users_file(tmp_path, "u03", "stranger")
        done = sensorium("recommend", fitted_workspace, "--users", file, "-k", 1, width=200)
        assert done.code == 0
        assert done.err.count("1 user is unknown (stranger), answered as a new user") == 1
        assert "stranger" in done.out

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--all", "--user", "u00"), "--user together with --all or --users. Ask about one user"),
            (("--all", "--explain"), "--explain together with --all or --users"),
            (("--all", "--text", "owl"), "--text together with --all or --users"),
            (("--user", "u00", "--out", "x.csv"), "--out without --all or --users. Say to whom"),
            (("--all", "--out", "x.xlsx"), "neither a Parquet nor a CSV file"),
            (("--users", "nowhere.txt"), "nowhere.txt: there is no such file"),
        ],
    )
    def test_what_does_not_go_together_is_one_line(self, sensorium, fitted_workspace, words, said):
        assert said in sensorium("recommend", fitted_workspace, *words).mistake()

    def test_both_ways_to_name_many_are_refused(self, sensorium, fitted_workspace, tmp_path):
        both = ("--all", "--users", users_file(tmp_path, "u00"))
        assert "--users together with --all" in sensorium("recommend", fitted_workspace, *both).mistake()

    def test_a_file_without_users_says_what_is_missing(self, sensorium, fitted_workspace, tmp_path):
        ask = ("recommend", fitted_workspace, "--users")
        assert "no user is named" in sensorium(*ask, users_file(tmp_path, "")).mistake()
        wrong = users_file(tmp_path, "a,b", "1,2", name="wrong.csv")
        assert "there is no column 'user_id'. Columns are: a, b" in sensorium(*ask, wrong).mistake()


NEW = """item_id,words,colour,picture
new1,rust poppy,red,picture/i00.png
new2,whale rain,blue,picture/i01.png
"""


class TestAddItems:
    def test_new_items_are_served_at_once_and_learnt_by_the_next_fit(
        self, sensorium, workspace_copy, tmp_path
    ):
        file = tmp_path / "new.csv"
        file.write_text(NEW + "i00,known,red,\n,nameless,red,\n", encoding="utf-8")
        done = sensorium("add-items", workspace_copy, "--items", file, width=200)
        assert done.out.startswith("✓ 2 items added; answers hold them from now on.")
        assert "Known already, left as they are: i00" in done.out
        assert "Rows set aside: 1 item id is empty (" in done.out
        assert done.out.splitlines()[-1].endswith("--item new1")
        red = sensorium("search", workspace_copy, "--text", "rust poppy", "-k", 20, "--json").json["items"]
        assert "new1" in [item["item_id"] for item in red][:3]
        model, _ = fit_workspace(Workspace.open(workspace_copy), model="popularity", seconds=1)
        assert "new2" in model.catalog.items
        assert sn.load(workspace_copy).similar("new1", by="image", k=1).scores[0] == pytest.approx(
            1, abs=1e-3
        )

    def test_the_same_items_twice_change_nothing(self, sensorium, workspace_copy, tmp_path):
        file = tmp_path / "new.csv"
        file.write_text(NEW, encoding="utf-8")
        told = sensorium("add-items", workspace_copy, "--items", file, "--json").json
        assert told["items"] == ["new1", "new2"]
        assert (workspace_copy / told["file"]).is_file()
        again = sensorium("add-items", workspace_copy, "--items", file, "--json").json
        assert again == {"items": [], "known": ["new1", "new2"], "set_aside": {}, "file": None}
        assert "No item is new" in sensorium("add-items", workspace_copy, "--items", file).out
        assert len(list((workspace_copy / "added-items").iterdir())) == 1

    def test_events_of_a_new_item_count_and_a_check_knows_both(self, sensorium, workspace_copy, tmp_path):
        items, events = tmp_path / "new.csv", tmp_path / "events.csv"
        items.write_text(NEW, encoding="utf-8")
        events.write_text("user_id,item_id,rating\nu00,new1,5\n", encoding="utf-8")
        sensorium("add-items", workspace_copy, "--items", items)
        assert sensorium("update", workspace_copy, "--events", events, "--json").json["unknown_items"] == []
        answered = sensorium("recommend", workspace_copy, "--user", "u00", "-k", 30, "--json").json["items"]
        named = [item["item_id"] for item in answered]
        assert "new2" in named
        assert "new1" not in named
        assert sensorium("check", workspace_copy, "--json").json["facts"]["items"] == 18

    def test_a_misspelt_column_is_refused_and_nothing_is_kept(self, sensorium, workspace_copy, tmp_path):
        file = tmp_path / "new.csv"
        file.write_text("item_id,colours\nnew1,red\n", encoding="utf-8")
        assert "no column 'colours'" in sensorium("add-items", workspace_copy, "--items", file).mistake()
        file.write_text("id,colour\nnew1,red\n", encoding="utf-8")
        assert (
            "there is no column 'item_id'"
            in sensorium("add-items", workspace_copy, "--items", file).mistake()
        )
        assert not (workspace_copy / "added-items").exists()
