"""What `sn.fit` takes: frames and files, ready vectors, settings, unfitted models; what it says meanwhile."""

import logging

import numpy as np
import polars as pl
import pytest
from PIL import Image

import sensorium as sn
from sensorium.core.progress import SILENT
from sensorium.models.data import QueryBatch
from sensorium.models.registry import make_model
from sensorium.testing.two_colour import COLOURS

N_ITEMS, N_USERS = 24, 30


@pytest.fixture(scope="module")
def items():
    titles = [f"{COLOURS[n % 2]} thing {n}" for n in range(N_ITEMS)]
    return pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)], "title": titles})


@pytest.fixture(scope="module")
def log():
    rng = np.random.default_rng(0)
    pairs = [
        (f"u{user}", f"i{user % 2 + 2 * item}")
        for user in range(N_USERS)
        for item in rng.choice(N_ITEMS // 2, 5, replace=False)
    ]
    return pl.DataFrame(pairs, schema=["user_id", "item_id"], orient="row")


def by_colour():
    return np.eye(2)[np.arange(N_ITEMS) % 2] + 0.01


def test_frames_and_files_do_for_tables(items, log, tmp_path):
    items.write_csv(tmp_path / "items.csv")
    log.write_parquet(tmp_path / "log.parquet")
    catalog = sn.Catalog.from_frame(items, text="title")
    read = sn.Events.from_frame(log, items=catalog.items)
    for given in ((catalog, read), (items, log), (items.to_pandas(), log.to_pandas()), (catalog, log)):
        assert sn.fit(*given, model="ease", seconds=0).recommend("u0", k=3).item_ids == (
            sn.fit(tmp_path / "items.csv", str(tmp_path / "log.parquet"), model="ease", seconds=0)
            .recommend("u0", k=3)
            .item_ids
        )


def test_ready_vectors_stand_beside_what_is_encoded(items, log):
    model = sn.fit(items, log, model="image:seen", features={"image:seen": by_colour()}, seconds=0)
    assert set(model.item_features.blocks) == {"text:title", "image:seen"}
    assert {int(item[1:]) % 2 for item in model.recommend("u1", k=5).item_ids} == {1}


@pytest.mark.parametrize("name", ["text:title", "text"])
def test_ready_vectors_of_a_column_or_modality_are_taken_instead_of_encoding(items, log, name):
    model = sn.fit(items, log, model=name, features={name: by_colour()}, seconds=0)
    assert {block.dimension for block in model.item_features.blocks.values()} == {2}
    assert list(model.item_features.encoders) == []
    assert {int(item[1:]) % 2 for item in model.recommend("u1", k=5).item_ids} == {1}


def test_settings_that_are_given_are_taken_and_the_others_searched(items, log):
    settings = {"ease": {"regularization": 7.0}, "text:title": {"neighbours": 3}}
    fitted = sn.fit(items, log, settings=settings, seconds=0)
    found = {member.name: member for member in fitted.record.members}
    assert found["ease"].settings["regularization"] == 7.0
    assert found["text:title"].settings["neighbours"] == 3
    (alone,) = sn.fit(items, log, model="ease", settings=settings, seconds=60).record.members
    assert alone.settings["regularization"] == 7.0
    assert alone.trials > 1


def test_an_unfitted_model_is_taken_as_it_is(items, log):
    given = make_model("ease", {"regularization": 3.0})
    fitted = sn.fit(items, log, model=given, seconds=60)
    (member,) = fitted.record.members
    assert (member.name, dict(member.settings), member.why) == ("ease", {"regularization": 3.0}, "as given")
    plain = make_model("ease", {"regularization": 3.0}).fit(fitted.data)
    np.testing.assert_allclose(fitted.fusion.members["ease"].weights, plain.weights, atol=1e-5)
    assert not given.is_fitted


def test_of_an_unfitted_model_nothing_is_fitted_before_what_is_served(items, log):
    n_fits = []

    class Counted(sn.models.EASE):
        name = "counted-ease"

        def _fit(self, data, options):
            n_fits.append(data.interactions.nnz)
            super()._fit(data, options)

    model = sn.fit(items, log, model=Counted(regularization=3.0))
    assert n_fits == [len(log)]
    assert model.record.members[0].why == "as given"


MISTAKES = {
    "a model": ({"model": "eas"}, "unknown model 'eas'"),
    "settings of no model": ({"settings": {"eas": {}}}, "Did you mean 'ease'"),
    "no such setting": ({"settings": {"ease": {"ridge": 3}}}, "settings of 'ease': ridge"),
    "a bad value": ({"settings": {"ease": {"regularization": -3}}}, "settings of 'ease': regularization"),
    "a model of ratings": ({"model": make_model("rating-bias")}, "does not rank items"),
    "vectors that do not fit": ({"features": np.ones((3, 2))}, "3 rows for 24 items"),
    "an encoder of no column": ({"encoders": {"smell": "nose"}}, "^encoders: no such column or modality"),
    "no encoder": ({"encoders": {"text": "nose"}}, '^encoders "text": unknown encoder'),
    "no time": ({"seconds": -1}, "seconds"),
}


@pytest.mark.parametrize(("mistake", "what"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_found_before_anything_is_encoded(items, log, tmp_path, mistake, what):
    with pytest.raises(sn.UserError, match=what):
        sn.fit(items, log, store=tmp_path / "features", **mistake)
    assert not (tmp_path / "features").exists()


def test_swapped_tables_are_told_apart(items, log):
    catalog = sn.Catalog.from_frame(items, text="title")
    events = sn.Events.from_frame(log, items=catalog.items)
    with pytest.raises(sn.UserError, match="Events is given where Catalog belongs"):
        sn.fit(events, catalog)
    with pytest.raises(sn.UserError, match="these are events, not items: .* column 'user_id'. Exchange"):
        sn.fit(log, items)


def test_stages_choices_and_rows_set_aside_are_logged(items, log, caplog):
    spoilt = pl.concat([log, pl.DataFrame({"user_id": ["u0"], "item_id": ["nowhere"]})])
    with caplog.at_level(logging.INFO, logger="sensorium"):
        sn.fit(items, spoilt, seconds=0)
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("INFO", "items: column 'title' is text: text of 3 words on average") in lines
    assert ("WARNING", "events: 1 rows cannot be used and were set aside: unknown item (1)") in lines
    assert any(level == "INFO" and line.startswith("text:title: 24 items in") for level, line in lines)
    assert any(line.startswith("ease: weight") for _, line in lines)


def test_a_medium_that_cannot_be_read_is_logged(items, log, tmp_path, caplog):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    pictures = items.with_columns(pl.lit("broken.png").alias("photo"))
    catalog = sn.Catalog.from_frame(pictures, image="photo", base=tmp_path)
    sn.fit(catalog, log, model="ease", seconds=0)
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warned[0].startswith("image:photo: item i0: ")
    assert warned[-1] == "24 media in all cannot be read"


def test_progress_draws_bars_on_request(items, log, capsys):
    sn.fit(items, log, model="ease", seconds=0)
    assert capsys.readouterr() == ("", "")
    sn.fit(items, log, model="ease", seconds=0, progress=True)


def test_what_was_encoded_is_kept_where_a_fit_is_interrupted(items, log, tmp_path):
    class Stopping:
        """Ends the work where tuning would begin, as Ctrl-C does."""

        def stage(self, name, total=None, *, unit="items"):
            if name in ("tune", "fit"):
                raise KeyboardInterrupt
            return SILENT.stage(name, total, unit=unit)

        def say(self, line):
            del line

    with pytest.raises(KeyboardInterrupt):
        sn.fit(items, log, store=tmp_path, progress=Stopping())
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npy")}
    assert kept
    sn.fit(items, log, store=tmp_path, model="ease", seconds=0)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npy")} == kept


def test_a_downloaded_folder_is_read_in_one_call(items, log, tmp_path):
    items.write_csv(tmp_path / "items.csv")
    log.write_csv(tmp_path / "events.csv")
    catalog, events = sn.read_tables(tmp_path)
    assert (len(catalog), len(events)) == (N_ITEMS, len(log))
    again = sn.read_tables(str(tmp_path / "items.csv"), log)
    assert again.events.positive.sum() == len(log)
    own = sn.read_tables(tmp_path, log.head(3))
    assert (len(own.catalog), len(own.events)) == (N_ITEMS, 3)
    assert not len(sn.read_tables(items).events)


def test_fit_reads_a_folder_as_read_tables_does_though_it_holds_pictures_too(items, log, tmp_path):
    items.write_csv(tmp_path / "items.csv")
    log.write_csv(tmp_path / "events.csv")
    Image.new("RGB", (32, 32)).save(tmp_path / "shop.png")
    model = sn.fit(tmp_path, model="popularity", seconds=0)
    catalog, events = sn.read_tables(tmp_path)
    assert list(model.catalog.items) == list(catalog.items)
    assert list(model.users) == list(events.users)
    assert repr(model) == f"FittedModel({N_ITEMS} items, {len(events.users)} users; popularity 1.00)"


def test_gaps_are_filled_in_what_is_served_and_the_record_says_so(items, log):
    vectors = by_colour()
    vectors[[4, 5]] = np.nan
    for impute, is_known in (("neighbours", True), ("no", False)):
        model = sn.fit(items, log, model="x", features={"x": vectors}, impute=impute, seconds=0)
        assert model.record.impute == impute
        scores = model.fusion.members["x"].score(QueryBatch.of_users(model.data, np.array([0, 1])))
        assert np.isfinite(scores[:, :4]).all()
        assert (np.isfinite(scores[:, [4, 5]]) == is_known).all()


def test_new_items_bring_their_vectors_along(items, log):
    model = sn.fit(items, log, model="image:seen", features={"image:seen": by_colour()}, seconds=0)
    rows = pl.DataFrame({"item_id": ["red", "blue", "bare"]})
    vectors = {"red": by_colour()[0], "blue": by_colour()[1]}
    assert model.add_items(rows, features={"image:seen": vectors}) == ["red", "blue", "bare"]
    found = model.recommend("u1", k=3, allow=["red", "blue", "bare"])
    assert (found.item_ids[0], found.paths[0]) == ("blue", "content")
    more = pl.DataFrame({"item_id": ["another"]})
    for given, said in (
        ({"image:other": [[1.0, 2.0]]}, "features 'image:other': the model knows no such block. Known are"),
        ({"image:seen": [[1.0]]}, "vectors of 1 where the model's have 2"),
        ({"image:seen": np.ones((4, 2))}, "4 rows for 1 items"),
    ):
        with pytest.raises(sn.UserError, match=said):
            model.add_items(more, features=given)
    assert "another" not in model.catalog.items
    assert len(model.add_items(more, features={"image:seen": by_colour()[:1]})) == 1


def test_a_model_that_is_stopped_while_it_takes_something_in_is_what_it_was(items, log, monkeypatch):
    catalog = sn.Catalog.from_frame(items, text="title")
    model = sn.fit(catalog, log, model="text:title", seconds=0)
    before = model.recommend("u0", k=5)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("sensorium.serving.growing.ItemFilter", stop)
        with pytest.raises(KeyboardInterrupt):
            model.add_items(pl.DataFrame({"item_id": ["new"], "title": ["red thing"]}))
    with monkeypatch.context() as patched:
        patched.setattr("sensorium.serving.fitted_model.extend_by_type", stop)
        with pytest.raises(KeyboardInterrupt):
            model.update(pl.DataFrame({"user_id": ["u0"], "item_id": ["i3"]}))
    assert model.recommend("u0", k=5).item_ids == before.item_ids
    assert "new" not in model.catalog.items
    assert model.add_items(pl.DataFrame({"item_id": ["new"], "title": ["red thing"]})) == ["new"]
    assert "new" in model.recommend("u0", k=25).item_ids


def test_the_column_called_as_the_ids_of_the_catalogue_are_is_the_item_as_for_init():
    """Marks that are ids of items, too, do not take its place."""
    items = pl.DataFrame({"article": [str(n) for n in range(10)], "title": [f"thing {n}" for n in range(10)]})
    log = pl.DataFrame(
        {"user_id": ["a", "b"] * 8, "mark": ["1", "2"] * 8, "article": [*"12345678", "11", *"1234567"]}
    )
    events = sn.read_tables(items, log).events
    assert (events.columns.user, events.columns.item) == ("user_id", "article")
    assert len(events) == 15
