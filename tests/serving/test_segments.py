"""Items that come, change, are hidden or deleted: segments and overlays, also merged and compacted."""

import numpy as np
import polars as pl
import pytest
from tests.serving.views import asking_of, asks, assert_same, new_rows, view_of

import sensorium as sn
from sensorium.core.errors import DataError, UnknownIdError
from sensorium.serving.asking import NOBODY, Asking, AskingEvent
from sensorium.serving.compact_bundle import compact_bundle
from sensorium.serving.engine_view import EngineView
from sensorium.serving.overlay import Overlay
from sensorium.serving.search_parts import SearchPart
from sensorium.serving.segment import Segment, open_segments


class TestSegments:
    def test_they_are_written_and_read_as_they_are(self, view, grown, tmp_path):
        later, rows = grown
        first = view.segment(pl.DataFrame(rows[:2]))
        second = view.with_segments([first]).segment(pl.DataFrame(rows[2:]), sequence=9)
        for segment in (first, second):
            segment.save(tmp_path)
        again = view.caught_up(tmp_path)
        assert (again.sequence, again.last_segment) == (9, 9)
        assert_same(again.recommend(k=20).items, later.recommend(k=20).items)
        assert [len(segment) for segment in open_segments(tmp_path, view.bundle, after=1)] == [1]
        assert open_segments(tmp_path, "another") == []

    def test_one_that_was_written_is_never_written_again(self, view, grown, tmp_path):
        segment = view.segment(pl.DataFrame(grown[1][:1]))
        segment.save(tmp_path)
        with pytest.raises(DataError, match="never written again"):
            view.segment(pl.DataFrame(grown[1][1:2])).save(tmp_path)

    def test_one_whose_file_was_changed_is_refused(self, view, grown, tmp_path):
        folder = view.segment(pl.DataFrame(grown[1][:1])).save(tmp_path)
        file = folder / "features" / "arrays.safetensors"
        file.write_bytes(file.read_bytes()[:-1] + b"\x07")
        with pytest.raises(DataError, match=r"was changed.*write the items again"):
            Segment.open(folder)

    def test_one_of_another_bundle_or_with_one_missing_before_it_is_refused(
        self, view, grown, even_model, tmp_path
    ):
        first = view.segment(pl.DataFrame(grown[1][:1]))
        second = view.with_segments([first]).segment(pl.DataFrame(grown[1][1:2]))
        with pytest.raises(DataError, match=r"comes after segment 1.*Bring all segments, in order"):
            view.with_segments([second])
        with pytest.raises(DataError, match="belongs to the bundle"):
            view_of(even_model, tmp_path / "even").with_segments([first])

    def test_a_medium_that_comes_later_counts_as_if_it_had_been_there(self, own_model, view, grown, tmp_path):
        rows = new_rows(tmp_path, ("r1", 0), ("b1", 1))
        bare = [{**row, "picture": None} for row in rows]
        one = view.with_segments([view.segment(pl.DataFrame(bare))])
        both = one.with_segments([one.segment(pl.DataFrame([rows[1]]))])
        own_model.add_items(pl.DataFrame([bare[0], rows[1]]))
        assert_same(both.similar("b1", by="image", k=20).items, own_model.similar("b1", by="image", k=20))
        for user in ("u00", "u01"):
            asking = asking_of(own_model, user)
            assert_same(both.recommend(asking, k=20).items, own_model.recommend(user, k=20))
        with pytest.raises(DataError, match="has no image"):
            one.similar("b1", by="image")

    def test_a_known_item_with_other_features_is_compared_by_them(self, own_model, view, tmp_path):
        (row,) = new_rows(tmp_path, ("i00", 1))  # it was red
        changed = view.with_segments([view.segment(pl.DataFrame([row]))])
        assert len(changed) == 16
        blue = [int(item[1:]) % 2 for item in changed.similar("i00", by="image", k=3).items.item_ids]
        assert blue == [1, 1, 1]
        red = [int(item[1:]) % 2 for item in view.similar("i00", by="image", k=3).items.item_ids]
        assert red == [0, 0, 0]
        assert changed.recommend(k=20, where=["colour=blue"]).items.item_ids.count("i00") == 1
        assert "i00" in changed.search([SearchPart("words", "glacier")]).items.item_ids

    def test_merged_they_are_one_that_answers_alike(self, view, grown, tmp_path):
        later, _ = grown
        for segment in (view.segment(pl.DataFrame(grown[1][:1])), later.merged()):
            segment.save(tmp_path)
        (one,) = open_segments(tmp_path, view.bundle)
        again = view.with_segments([one])
        assert (again.sequence, again.last_segment, len(again)) == (2, 2, 19)
        assert_same(again.recommend(k=20).items, later.recommend(k=20).items)
        for ask in asks("r1").values():
            assert_same(ask(again).items, ask(later).items)

    def test_compacted_with_its_segments_a_bundle_answers_alike_and_holds_all(
        self, own_model, view, grown, tmp_path
    ):
        later, rows = grown
        assert later.needs_compacting
        assert not view.needs_compacting
        own_model.save(tmp_path / "old")
        base = EngineView.open(tmp_path / "old")
        segment = base.segment(pl.DataFrame(rows))
        folder = compact_bundle(tmp_path / "old", [segment], tmp_path / "bundles")
        compacted, together = EngineView.open(tmp_path / "bundles"), base.with_segments([segment])
        assert compacted.bundle == folder.name != base.bundle
        for user in ("u00", "u01"):
            asking = asking_of(own_model, user)
            assert_same(compacted.recommend(asking, k=20).items, together.recommend(asking, k=20).items)
        for ask in asks("r1").values():
            assert_same(ask(compacted).items, ask(together).items)
        again = sn.load(folder)
        own_model.add_items(pl.DataFrame(rows))
        assert_same(again.recommend("u00", k=20), own_model.recommend("u00", k=20))

    def test_a_catalogue_without_content_says_why_it_takes_none(self, tmp_path):
        films = sn.Catalog.from_frame(pl.DataFrame({"item_id": ["a", "b", "c"]}))
        log = pl.DataFrame({"user_id": ["u", "u", "v", "v"], "item_id": ["a", "b", "a", "c"]})
        bare = sn.fit(films, sn.Events.from_frame(log, items=films.items), model="popularity")
        with pytest.raises(DataError, match="the model knows no content"):
            view_of(bare, tmp_path / "bare").segment(pl.DataFrame({"item_id": ["d"]}))


class TestOverlays:
    def test_what_is_hidden_is_shown_to_nobody_until_it_is_shown_again(self, view):
        hidden = view.with_overlay(Overlay(1, hidden=frozenset({"i00", "unheard of"})))
        part = SearchPart("item", "i02")
        for answer in (hidden.recommend(k=20), hidden.similar("i02", k=20), hidden.search([part], k=20)):
            assert "i00" not in answer.items.item_ids
            assert answer.sequence == 1
        assert len(hidden.similar("i00")) > 0  # it can be asked about
        back = hidden.with_overlay(Overlay(2, shown=frozenset({"i00"})))
        assert_same(back.recommend(k=20).items, view.recommend(k=20).items)

    def test_what_is_deleted_cannot_be_asked_about_and_tells_of_taste_all_the_same(self, view, tmp_path):
        gone = view.with_overlay(Overlay(1, deleted=frozenset({"i00"})))
        asking = Asking([AskingEvent("i00", strength=1.0)])
        assert "i00" not in gone.recommend(k=20).items.item_ids
        mine, before = gone.recommend(asking, k=20).items, view.recommend(asking, k=20).items
        assert mine.item_ids == before.item_ids
        for ask in (
            lambda: gone.similar("i00"),
            lambda: gone.explain(NOBODY, "i00"),
            lambda: gone.search([SearchPart("item", "i00")]),
        ):
            with pytest.raises(UnknownIdError, match="was deleted"):
                ask()
        again = gone.with_segments([gone.segment(pl.DataFrame(new_rows(tmp_path, ("i00", 0))))])
        assert "i00" in again.recommend(k=20).items.item_ids
        back = gone.with_overlay(Overlay(2, shown=frozenset({"i00"})))
        assert_same(back.recommend(k=20).items, view.recommend(k=20).items)
        unseen = gone.with_overlay(Overlay(2, hidden=frozenset({"i00"})))
        assert "i00" not in unseen.recommend(k=20).items.item_ids
        assert len(unseen.similar("i00")) > 0

    def test_what_is_edited_is_shown_found_and_filtered_as_it_is_now(self, view):
        edited = view.with_overlay(Overlay(5, edits={"i01": {"words": "marzipan", "colour": "red"}}))
        assert edited.search([SearchPart("words", "marzipan")]).items.item_ids[0] == "i01"
        assert "i01" in edited.recommend(k=20, where=["colour=red"]).items.item_ids
        assert "i01" not in view.recommend(k=20, where=["colour=red"]).items.item_ids
        titles = dict(
            zip(edited.recommend(k=20).items.item_ids, edited.recommend(k=20).items.titles, strict=True)
        )
        assert titles["i01"] == "marzipan"
        assert edited.recommend(k=20).items.item_ids == view.recommend(k=20).items.item_ids
        with pytest.raises(DataError, match=r"no column 'smell' to edit.*Columns are: words"):
            view.with_overlay(Overlay(1, edits={"i01": {"smell": "sweet"}}))

    def test_overlays_stay_when_items_come(self, view, grown):
        hidden = view.with_overlay(
            Overlay(1, hidden=frozenset({"i00"}), edits={"i02": {"words": "marzipan"}})
        )
        later = hidden.with_segments([hidden.segment(pl.DataFrame(grown[1][:1]))])
        assert "i00" not in later.recommend(k=20).items.item_ids
        assert later.search([SearchPart("words", "marzipan")]).items.item_ids[0] == "i02"
        assert "r1" in later.recommend(k=20).items.item_ids


def test_vectors_brought_along_and_imputed_rows_count_as_in_a_model(tmp_path):
    rng = np.random.default_rng(4)
    items = pl.DataFrame({"item_id": range(100, 140)})
    vectors = rng.normal(size=(40, 6)).astype(np.float32)
    vectors[::5] = np.nan  # told by what is liked with them
    log = pl.DataFrame(
        {"user_id": user, "item_id": 100 + int(item)} for user in range(30) for item in rng.choice(40, 8)
    )
    catalog = sn.Catalog.from_frame(items)
    said = sn.Events.from_frame(log, items=catalog.items)
    model = sn.fit(
        catalog, said, features={"image:look": vectors}, impute="neighbours", model="image:look", seconds=0.2
    )
    view = view_of(model, tmp_path / "bundle")
    rows, new = pl.DataFrame({"item_id": [900, 901]}), rng.normal(size=(2, 6)).astype(np.float32)
    later = view.with_segments([view.segment(rows, features={"image:look": new})])
    model.add_items(rows, features={"image:look": new})
    asking = Asking([AskingEvent("101", strength=1.0), AskingEvent("900", strength=1.0)])
    mine, known = later.recommend(asking, k=50).items, model.recommend(history=[101, 900], k=50)
    assert_same(mine, known)
    assert isinstance(mine.item_ids[0], int)
    assert list(later.rank(asking, ["105", 901, "107"]).items.item_ids) == [
        item for item in later.recommend(asking, k=50, seen=False).items.item_ids if item in (105, 901, 107)
    ]
    gone = later.with_overlay(Overlay(2, deleted=frozenset({"901"}), hidden=frozenset({"105"})))
    assert not {901, 105} & set(gone.recommend(asking, k=50).items.item_ids)
