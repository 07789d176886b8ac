"""A workspace's steps: encode only what is new, fit, check, evaluate."""

import json
import os
import sys

import numpy as np
import polars as pl
import pytest

from sensorium.core.errors import ConfigError, DataError, NotReadyError
from sensorium.testing.two_colour_media import two_colour_media
from sensorium.workspace.check import check_workspace
from sensorium.workspace.commands import encode_workspace, evaluate_folder, fit_workspace
from sensorium.workspace.initialize import initialize_workspace
from sensorium.workspace.workspace import Workspace


def written(folder, items, events, toml=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "items.csv").write_text(items, encoding="utf-8")
    (folder / "events.csv").write_text(events, encoding="utf-8")
    text = '[catalog]\nitems = "items.csv"\ntext = "title"\n[events]\nfile = "events.csv"\n'
    (folder / "sensorium.toml").write_text(toml or text, encoding="utf-8")
    return Workspace.open(folder)


ITEMS = "item_id,title\n1,red ball\n2,blue ball\n,nameless\n3,green kite\n2,blue again\n"
EVENTS = (
    "user_id,item_id,rating,timestamp\n"
    "u,1,5,100\n"
    "u,2,4,200\n"
    "v,9,3,300\n"  # row 4: unknown item
    "v,3,many,400\n"  # row 5: no number
    ",3,1,500\n"  # row 6: no user
    "v,1,2,someday\n"  # row 7: no time, but an event
)


class TestOpening:
    def test_a_folder_that_is_not_there_and_one_without_settings_say_what_to_do(self, tmp_path):
        with pytest.raises(DataError, match="no such folder"):
            Workspace.open(tmp_path / "nowhere")
        with pytest.raises(NotReadyError, match="sensorium init"):
            Workspace.open(tmp_path)

    def test_a_file_in_place_of_the_folder_says_so(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(DataError, match="no such folder"):
            Workspace.open(tmp_path / "file")

    def test_a_table_that_is_gone_is_named(self, tmp_path):
        workspace = written(tmp_path, ITEMS, EVENTS)
        (tmp_path / "events.csv").unlink()
        with pytest.raises(DataError, match=r"there is no events\.csv"):
            workspace.tables()

    def test_an_empty_catalogue_is_refused(self, tmp_path):
        with pytest.raises(DataError, match="the catalogue is empty"):
            written(tmp_path, "item_id,title\n", EVENTS).tables()


class TestBadRows:
    def test_each_is_set_aside_with_number_and_reason_and_counted(self, tmp_path):
        workspace = written(tmp_path, ITEMS, EVENTS)
        checked = check_workspace(workspace)
        assert checked.facts["items"] == 3
        assert checked.facts["items: rows set aside"] == 2
        assert checked.facts["events: rows set aside"] == 3
        aside = {table: pl.read_csv(file) for table, file in checked.set_aside.items()}
        assert aside["items"]["row"].to_list() == [4, 6]
        assert aside["events"]["row"].to_list() == [4, 5, 6]
        assert len(set(aside["events"]["reason"].to_list())) == 3
        (undated,) = (found for found in checked.problems if found.kind == "time cannot be read")
        assert (undated.rows, undated.samples) == ((7,), ("time cannot be read: 'someday'",))
        assert "9" in aside["events"]["reason"][0]
        json.dumps(checked.to_json())

    def test_their_files_go_when_the_rows_are_mended(self, tmp_path):
        check_workspace(written(tmp_path, ITEMS, EVENTS))
        workspace = written(tmp_path, "item_id,title\n1,a b\n2,b c\n", "user_id,item_id\nu,1\nu,2\n")
        assert check_workspace(workspace).set_aside == {}
        assert not list((tmp_path / ".sensorium" / "rejected").iterdir())

    def test_a_table_without_a_usable_event_makes_the_workspace_unusable(self, tmp_path):
        assert not check_workspace(written(tmp_path, ITEMS, "user_id,item_id\nu,77\n")).usable


class TestEncoding:
    def test_a_second_run_encodes_nothing(self, workspace_copy):
        again = encode_workspace(Workspace.open(workspace_copy)).report
        assert {name: counts.encoded for name, counts in again.blocks.items()} == dict.fromkeys(
            again.blocks, 0
        )
        assert sum(counts.reused for counts in again.blocks.values()) > 50

    def test_one_changed_picture_is_one_picture_to_encode(self, workspace_copy):
        pictures = sorted((workspace_copy / "picture").iterdir())
        first, second = pictures[0], pictures[1]
        os.replace(first, first.with_suffix(".tmp"))
        first.write_bytes(second.read_bytes() + b"\0")
        counts = encode_workspace(Workspace.open(workspace_copy)).report.blocks
        assert counts["image:picture"].encoded == 1
        assert counts["audio:sound"].encoded == 0

    def test_text_in_a_jpg_is_counted_as_failed_and_the_rest_goes_on(self, workspace_copy):
        broken = sorted((workspace_copy / "picture").iterdir())[0]
        broken.write_text("this is no picture")
        report = encode_workspace(Workspace.open(workspace_copy)).report
        assert report.blocks["image:picture"].failed == 1
        (failure,) = [f for f in report.failures if f.block == "image:picture"]
        assert failure.item_id == broken.stem
        assert failure.reason
        fitted, _ = fit_workspace(Workspace.open(workspace_copy), model="ease", seconds=1)
        assert len(fitted.recommend(k=16)) == 16


class TestEvaluating:
    @pytest.fixture(scope="class")
    @staticmethod
    def split_folder(tmp_path_factory):
        """A split of three, with features whose rows tell the taste, and no catalogue."""
        folder = tmp_path_factory.mktemp("split")
        rng = np.random.default_rng(1)
        n_users, n_items = 60, 40
        taste = np.arange(n_items) % 2
        rows = []
        for user in range(n_users):
            own = rng.permutation(np.flatnonzero(taste == user % 2))[:8]
            rows += [(user, int(item), place) for place, item in enumerate(own)]
        frame = pl.DataFrame(rows, schema=["user_id", "item_id", "place"], orient="row")
        for part, places in (("train", range(6)), ("validation", [6]), ("test", [7])):
            frame.filter(pl.col("place").is_in(list(places))).drop("place").write_csv(folder / f"{part}.csv")
        features = np.eye(2, 6)[taste] + rng.normal(scale=0.1, size=(n_items, 6))
        np.save(folder / "image.npy", features.astype(np.float16))
        return folder

    def test_a_split_folder_gives_the_numbers_that_the_design_names(self, split_folder):
        before = sorted(path.name for path in split_folder.iterdir())
        printed = evaluate_folder(split_folder, seconds=3).evaluation.to_json()
        promised = "model protocol metrics intervals baselines slices fit_seconds peak_memory_mb"
        assert set(promised.split()) <= set(printed)
        assert {"recall@20", "ndcg@20"} <= set(printed["metrics"])
        assert {"warm", "cold"} <= set(printed["slices"])
        assert "popularity" in printed["baselines"]
        assert printed["protocol"]["split"] == "folder"
        json.dumps(printed)
        assert sorted(path.name for path in split_folder.iterdir()) == before
        assert printed["metrics"]["ndcg@20"] > printed["baselines"]["popularity"]["ndcg@20"]

    def test_the_mask_and_the_refit_are_named_in_the_protocol_and_done(self, split_folder):
        found = [
            evaluate_folder(split_folder, model="item-knn", seconds=1, **options).evaluation
            for options in ({}, {"mask": "train"}, {"refit": True})
        ]
        train, validation = 60 * 6, 60
        learnt = [one.train.interactions.nnz for one in found]
        assert learnt == [train, train, train + validation]
        for numbers in ([one.histories.interactions.nnz for one in found], [one.known.nnz for one in found]):
            assert numbers == [train + validation, train, train + validation]
        protocols = [one.to_json()["protocol"] for one in found]
        assert [protocol["mask"] for protocol in protocols] == [
            "train+validation",
            "train",
            "train+validation",
        ]
        assert [protocol["refit"] for protocol in protocols] == [False, False, True]
        assert len({protocol["fingerprint"] for protocol in protocols}) == 3

    def test_an_unknown_mask_and_an_impossible_report_are_refused_before_the_work(
        self, split_folder, tmp_path
    ):
        with pytest.raises(ConfigError, match="unknown mask 'all'"):
            evaluate_folder(split_folder, mask="all")
        with pytest.raises(ConfigError, match="this is a folder"):
            evaluate_folder(split_folder, report=tmp_path)
        (tmp_path / "file").write_text("x")
        with pytest.raises(ConfigError, match="cannot be written"):
            evaluate_folder(split_folder, report=tmp_path / "file" / "report.html")

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda folder: np.save(folder / "image.npy", np.ones((7, 6))), r"image\.npy: 7 rows.*item"),
            (lambda folder: np.save(folder / "image.npy", np.ones(40)), r"image\.npy.*shape \(40,\)"),
            (lambda folder: (folder / "image.npy").write_text("hello"), r"image\.npy.*not a NumPy array"),
            (lambda folder: (folder / "image.npy").write_text(""), r"image\.npy.*not a NumPy array"),
            (lambda folder: (folder / "test.csv").unlink(), r"no test\.csv"),
            (
                lambda folder: (folder / "test.csv").write_text("user_id,item_id\n"),
                "nobody likes anything in the test part",
            ),
            (lambda folder: (folder / "test.csv").write_text("who,what\n1,2\n"), r"test\.csv.*user_id"),
            (
                lambda folder: (folder / "test.csv").write_text("user_id,item_id\n1,999\n"),
                r"image\.npy: 40 rows.*item '999'",
            ),
        ],
    )
    def test_what_is_wrong_with_a_split_folder_is_said_with_its_file(
        self, spoil, said, split_folder, tmp_path
    ):
        for file in split_folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        spoil(tmp_path)
        with pytest.raises((DataError, ConfigError), match=said):
            evaluate_folder(tmp_path, seconds=1)

    def test_a_workspace_is_split_by_time_and_the_page_is_written(self, fitted_workspace, tmp_path):
        report = tmp_path / "pages" / "report.html"
        measured = evaluate_folder(fitted_workspace, seconds=2, report=report)
        assert measured.evaluation.to_json()["protocol"]["split"] == "time"
        assert report.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")

    def test_too_few_events_to_divide_are_refused(self, tmp_path):
        with pytest.raises(DataError, match="Bring more events"):
            evaluate_folder(written(tmp_path, ITEMS, "user_id,item_id\nu,1\nu,2\n").folder)


class TestStarting:
    def test_the_guess_for_the_two_colour_folder_is_right_and_works(self, tmp_path):
        two_colour_media(tmp_path / "data")
        data = tmp_path / "data"
        started = initialize_workspace(
            tmp_path / "shop", items=data / "items.csv", events=data / "events.csv"
        )
        catalog = started.settings.catalog
        assert (catalog.text, catalog.image, catalog.audio, catalog.video, catalog.category) == (
            ("words",), ("picture",), ("sound",), ("clip",), ("colour",),
        )  # fmt: skip
        assert started.settings.events.positive == ("rating >= 4",)
        written_file = (tmp_path / "shop" / "sensorium.toml").read_text(encoding="utf-8")
        assert '# picture: 100% of the values are names of pictures\nimage = ["picture"]' in written_file
        assert 'a rating\npositive = ["rating >= 4"]' in written_file
        workspace = Workspace.open(tmp_path / "shop")
        assert workspace.settings == started.settings
        assert check_workspace(workspace).usable

    def test_a_workspace_that_is_there_is_kept_unless_told_otherwise(self, tmp_path):
        written(tmp_path, ITEMS, EVENTS)
        before = Workspace.open(tmp_path).settings
        tables = {"items": tmp_path / "items.csv", "events": tmp_path / "events.csv"}
        initialize_workspace(tmp_path, **tables)
        assert Workspace.open(tmp_path).settings.events.positive == before.events.positive
        initialize_workspace(tmp_path, **tables, overwrite=True, positive=["rating >= 2"])
        assert Workspace.open(tmp_path).settings.events.positive == ("rating >= 2",)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"id": "nope"}, "no column 'nope'.*item_id, title"),
            ({"roles": {"nope": None}}, "no column 'nope'"),
            ({"positive": ["rating >< 3"]}, "cannot be understood"),
            ({"positive": ["stars >= 3"]}, "compares the column 'stars', which the events do not have"),
            ({"positive": ["purchase"]}, "names an event type, but the events have no type column"),
        ],
    )
    def test_wrong_corrections_are_refused_and_nothing_is_written(self, options, said, tmp_path):
        written(tmp_path, ITEMS, EVENTS)
        (tmp_path / "sensorium.toml").unlink()
        with pytest.raises((DataError, ConfigError), match=said):
            initialize_workspace(
                tmp_path, items=tmp_path / "items.csv", events=tmp_path / "events.csv", **options
            )
        assert not (tmp_path / "sensorium.toml").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_must_not_be_written_raises_what_the_system_says(workspace_copy):
    workspace = Workspace.open(workspace_copy)
    workspace.bundles.chmod(0o500)
    try:
        with pytest.raises(OSError, match="ermission"):
            fit_workspace(workspace, model="ease", seconds=1)
    finally:
        workspace.bundles.chmod(0o700)
