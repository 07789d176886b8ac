"""The library path: `sn.fit` makes a model of frames, and what is saved answers as before."""

import json

import numpy as np
import polars as pl
import pytest
from tests.experiments.judging import assert_same_data
from tests.experiments.rated_world import N_ITEMS, rated_events

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError
from sensorium.workspace.workspace import Workspace


class TestSaving:
    def test_a_loaded_model_gives_equal_answers(self, model, tmp_path):
        again = sn.load(model.save(tmp_path))
        for ask in (
            lambda m: m.recommend("u00", k=16, explain=True),
            lambda m: m.recommend(history=["i03"], k=16),
            lambda m: m.similar("i00", by="video", k=16),
            lambda m: m.search(text="ruby", user="u02", k=16),
        ):
            old, new = ask(model), ask(again)
            assert old.item_ids == new.item_ids
            assert np.array_equal(old.scores, new.scores)
            assert old.reasons == new.reasons
        assert again.record.to_json() == json.loads(json.dumps(model.record.to_json()))

    def test_a_bundle_holds_all_that_was_learnt_from(self, tmp_path, monkeypatch):
        frame = {
            "item_id": [f"i{n}" for n in range(N_ITEMS)],
            "words": ["a"] * N_ITEMS,
            "kind": ["b"] * N_ITEMS,
        }
        (tmp_path / "items.csv").write_text(pl.DataFrame(frame).write_csv())
        monkeypatch.chdir(tmp_path)
        catalog = sn.Catalog.from_file("items.csv", text=["words"], category=["kind"])
        model = sn.fit(catalog, rated_events(), model="popularity", seconds=0.1)
        again = sn.load(model.save(tmp_path / "bundle"))
        assert_same_data(again.data, model.data)
        np.testing.assert_array_equal(again.seen.toarray(), model.seen.toarray())
        assert (list(again.users), list(again.catalog.items)) == (
            list(model.users),
            list(model.catalog.items),
        )
        assert list(again.catalog.roles.items()) == list(catalog.roles.items())
        assert (again.n_learnt, again.catalog.base) == (model.n_learnt, tmp_path)

    def test_several_labels_in_one_cell_are_told_apart_in_a_bundle_too(self, tmp_path):
        items = pl.DataFrame({"item_id": ["a", "b", "c"], "genres": ["Drama|War", "War", "Comedy"]})
        log = pl.DataFrame({"user_id": ["u", "u", "v"], "item_id": ["a", "b", "c"]})
        catalog = sn.Catalog.from_frame(items, category="genres")
        model = sn.fit(catalog, sn.Events.from_frame(log, items=catalog.items), model="popularity")
        again = sn.load(model.save(tmp_path))
        assert set(again.recommend(where=["genres=War"]).item_ids) == {"a", "b"}

    def test_a_bundle_holds_no_pickle(self, fitted_workspace):
        bundles = Workspace.open(fitted_workspace).bundles
        endings = {file.suffix for file in bundles.rglob("*") if file.is_file()}
        assert endings == {".json", ".parquet", ".safetensors", ""}


class TestFit:
    @pytest.fixture(scope="class")
    @staticmethod
    def frames():
        rng = np.random.default_rng(0)
        items = pl.DataFrame({"item_id": [f"i{n}" for n in range(20)], "kind": ["a", "b"] * 10})
        log = pl.DataFrame(
            {"user_id": np.repeat(np.arange(30), 6), "item_id": [f"i{n}" for n in rng.integers(0, 20, 180)]}
        )
        return items, log

    def fitted(self, frames, **options):
        catalog = sn.Catalog.from_frame(frames[0], category="kind")
        return sn.fit(catalog, sn.Events.from_frame(frames[1], items=catalog.items), **options)

    def test_one_seed_gives_one_answer(self, frames):
        first, second = (self.fitted(frames, seed=3, seconds=60).recommend(7, k=20) for _ in range(2))
        assert first.item_ids == second.item_ids
        assert np.array_equal(first.scores, second.scores)

    def test_what_is_no_catalogue_and_no_time_is_refused_at_the_door(self, frames):
        catalog = sn.Catalog.from_frame(frames[0], category="kind")
        events = sn.Events.from_frame(frames[1], items=catalog.items)
        for asked, said in (
            ((events, catalog), r"fit: Events is given where Catalog belongs. Call fit\(catalog, events\)"),
            ((catalog, catalog), r"fit: Catalog is given where Events belongs. Call fit\(catalog, events\)"),
            ((catalog, 3), "a int is no table"),
        ):
            with pytest.raises(sn.UserError, match=said):
                sn.fit(*asked)
        for seconds in ("abc", -1):
            with pytest.raises(ConfigError, match="fit: seconds: input should be"):
                sn.fit(catalog, events, seconds=seconds)

    @pytest.mark.parametrize("name", ["popularity", "ease", "item-knn", "category:kind"])
    def test_one_model_can_be_asked_for_by_name(self, frames, name):
        model = self.fitted(frames, model=name, seconds=2)
        assert model.record.model == name
        assert len(model.recommend(7, k=5)) == 5

    def test_an_unknown_model_is_refused_with_the_known_ones(self, frames):
        with pytest.raises(ConfigError, match=r"unknown model 'easy'.*ease.*category:kind"):
            self.fitted(frames, model="easy")

    def test_pandas_frames_do_as_well(self, frames):
        pandas = self.fitted([frame.to_pandas() for frame in frames], model="ease", seconds=60)
        assert (
            pandas.recommend(7).item_ids
            == self.fitted(frames, model="ease", seconds=60).recommend(7).item_ids
        )

    def test_events_of_another_catalogue_and_none_liked_are_refused(self, frames):
        catalog = sn.Catalog.from_frame(frames[0], category="kind")
        other = sn.Catalog.from_frame(frames[0].head(19), category="kind")
        events = sn.Events.from_frame(frames[1], items=catalog.items)
        for items, log, said in (
            (other, events, "another catalogue"),
            (catalog, sn.Events.from_frame(
                frames[1].with_columns(rating=pl.lit(1)), items=catalog.items, positive=["rating >= 4"]
            ), "counts as liked"),
        ):  # fmt: skip
            with pytest.raises(DataError, match=said):
                sn.fit(items, log)

    def test_one_item_is_nothing_to_choose_from(self):
        catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": ["only"]}))
        events = sn.Events.from_frame(
            pl.DataFrame({"user_id": ["u"], "item_id": ["only"]}), items=catalog.items
        )
        with pytest.raises(DataError, match="nothing to choose"):
            sn.fit(catalog, events)

    def test_a_handful_of_events_is_enough_to_answer(self):
        catalog = sn.Catalog.from_frame(
            pl.DataFrame({"item_id": [1, 2, 3], "title": ["a b", "b c", "x y"]}), text="title"
        )
        log = pl.DataFrame({"user_id": ["u", "v"], "item_id": [1, 3]})
        model = sn.fit(catalog, sn.Events.from_frame(log, items=catalog.items))
        assert set(model.recommend("u").item_ids) == {2, 3}
