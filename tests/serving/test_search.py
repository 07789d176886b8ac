"""Items are found by their likeness to an item, and by words, pictures and sounds."""

import numpy as np
import polars as pl
import pytest
from tests.serving.colours import colours

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError
from sensorium.testing.two_colour_media import red_or_blue_picture, red_or_blue_sound


class TestSimilar:
    @pytest.mark.parametrize("by", ["text", "image", "audio", "video", "image:picture"])
    def test_each_sense_finds_the_own_colour_and_not_the_item_itself(self, model, by):
        name = by if ":" in by else next(n for n in model.item_features.blocks if n.startswith(by))
        index = int(np.flatnonzero(model.item_features.blocks[name].present)[0])
        answer = model.similar(model.catalog.items.id(index), by=by, k=3)
        assert set(colours(answer)) == {index % 2}
        assert index not in answer.indices
        assert answer.path == by
        assert -1.001 <= answer.scores.min() <= answer.scores.max() <= 1.001

    @pytest.mark.parametrize("by", ["image", "text", "audio:sound", None])
    def test_likeness_is_explained_by_parts_that_add_up_to_it(self, model, by):
        answer = model.similar("i04", by=by, k=16, explain=True)
        assert answer.item_ids == model.similar("i04", by=by, k=16).item_ids
        for score, reasons in zip(answer.scores, answer.reasons, strict=True):
            assert sum(reason.contribution for reason in reasons) == pytest.approx(float(score), abs=1e-4)
            for reason in reasons:
                assert reason.item_id in ("i04", None)
                assert not reason.parts or sum(part.contribution for part in reason.parts) == pytest.approx(
                    reason.contribution, abs=1e-5
                )
            assert "you liked" not in model.explain_text(reasons, liked=False)

    def test_without_a_sense_behaviour_and_content_speak_together(self, model):
        answer = model.similar("i00", k=3)
        assert answer.path.split("+")[0] == "behaviour"
        assert set(answer.path.split("+")) <= {"behaviour", *model.item_features.modalities()}
        assert set(colours(answer)) == {0}

    def test_an_unknown_sense_is_refused_with_those_there_are(self, model):
        with pytest.raises(ConfigError, match="image:picture"):
            model.similar("i00", by="smell")

    def test_an_item_without_the_medium_says_so(self, model):
        absent = np.flatnonzero(~model.item_features.blocks["image:picture"].present)
        with pytest.raises(DataError, match=r"item i\d\d: it has no image"):
            model.similar(model.catalog.items.id(int(absent[0])), by="image")


class TestSearch:
    def test_words_find_items_that_read_alike(self, model):
        answer = model.search(text="ocean sapphire whale", k=3)
        assert set(colours(answer)) == {1}
        assert answer.path == "text"
        assert answer.reasons == ()

    def test_a_picture_and_a_sound_find_the_colour_as_path_and_as_bytes(self, model, tmp_path):
        rng = np.random.default_rng(9)
        for sense, make in (("image", red_or_blue_picture), ("audio", red_or_blue_sound)):
            content = make(0, rng)
            file = tmp_path / f"query-{sense}"
            file.write_bytes(content)
            by_bytes = model.search(**{sense: content}, k=3)
            by_path = model.search(**{sense: file}, k=3)
            assert set(colours(by_bytes)) == {0}
            assert by_bytes.item_ids == by_path.item_ids

    def test_the_parts_of_a_search_by_several_senses_add_up(self, model):
        picture = red_or_blue_picture(0, np.random.default_rng(3))
        answer = model.search(text="ember", image=picture, user="u00", k=16)
        assert answer.path == "text+image+fusion"
        sums = [sum(reason.contribution for reason in reasons) for reasons in answer.reasons]
        assert np.allclose(sums, answer.scores, atol=1e-4)
        assert {reason.source for reasons in answer.reasons for reason in reasons} == {
            "text",
            "image",
            "taste",
        }
        assert "taste" in model.explain_text(answer.reasons[0]) or "picture" in model.explain_text(
            answer.reasons[0]
        )

    def test_a_user_turns_an_undecided_search_to_the_own_colour(self, model):
        words = "ember brick ocean glacier"
        assert model.search(text=words, user="u00", k=1).indices[0] % 2 == 0
        assert model.search(text=words, user="u01", k=1).indices[0] % 2 == 1

    def test_a_history_turns_a_search_as_a_user_does(self, model):
        found = model.search(text="ember brick ocean glacier", history=["i01", "i03"], k=3)
        assert found.path.startswith("text+")
        assert found.indices[0] % 2 == 1

    def test_words_that_one_column_does_not_know_are_looked_up_in_the_others(self):
        frame = pl.DataFrame(
            {
                "item_id": ["a", "b", "c"],
                "title": ["alpha", "beta", "gamma"],
                "plot": ["a whale swims", "an owl flies", "a fox runs"],
            }
        )
        catalog = sn.Catalog.from_frame(frame, text=["title", "plot"])
        clicks = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"]})
        model = sn.fit(catalog, sn.Events.from_frame(clicks, items=catalog.items), model="popularity")
        assert model.search(text="owl", k=1).item_ids == ("b",)
        assert model.search(text="gamma", k=1).item_ids == ("c",)

    def test_nothing_empty_missing_or_broken_is_searched_for(self, model, tmp_path):
        fake = tmp_path / "fake.jpg"
        fake.write_text("these are words, no picture")
        for asked, said in (
            ({}, "nothing to search for"),
            ({"text": "  "}, "^text: the text is empty"),
            ({"image": tmp_path / "none.jpg"}, "^image .*no such file"),
            ({"image": tmp_path}, "^image .*not a file"),
            ({"image": fake}, str(fake)),
            ({"audio": b""}, "audio"),
        ):
            with pytest.raises(sn.UserError, match=said):
                model.search(**asked)
