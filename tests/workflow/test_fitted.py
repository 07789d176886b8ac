"""The library path: what `sn.fit` returns answers for known users, strangers, new items, words and media."""

import json

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError, UnknownIdError
from sensorium.fusion.late import LateFusion
from sensorium.models.content_knn import ContentKnn, ContentKnnConfig
from sensorium.models.popularity import Popularity
from sensorium.testing.two_colour_media import red_or_blue_picture, red_or_blue_sound, two_colour_media
from sensorium.workflow.workspace import Workspace


@pytest.fixture(scope="module")
def model(fitted_workspace):
    return sn.load(fitted_workspace)


@pytest.fixture
def own_model(fitted_workspace):
    """One that a test may add items to."""
    return sn.load(fitted_workspace)


def colours(model, answer):
    """Even items are red, odd ones blue."""
    return [int(item_id[1:]) % 2 for item_id in answer.item_ids]


def red_row(folder, item_id="new-red"):
    rng = np.random.default_rng(5)
    (folder / "fresh.png").write_bytes(red_or_blue_picture(0, rng))
    (folder / "fresh.wav").write_bytes(red_or_blue_sound(0, rng))
    return {
        "item_id": item_id,
        "words": "ember brick poppy ruby",
        "colour": "red",
        "picture": str(folder / "fresh.png"),
        "sound": str(folder / "fresh.wav"),
    }


class TestRecommend:
    def test_a_known_user_gets_the_own_colour_first_and_nothing_seen(self, model):
        for user, taste in (("u00", 0), ("u01", 1)):
            answer = model.recommend(user, k=1)
            assert colours(model, answer) == [taste]  # all but one of the eight are seen
            assert answer.path == "fusion"
            seen = model.data.interactions[[model.users.index(user)]].indices
            assert not set(answer.indices.tolist()) & set(seen.tolist())

    def test_the_history_of_somebody_nobody_has_seen_decides(self, model):
        assert set(colours(model, model.recommend(history=["i00", "i02"], k=3))) == {0}
        assert set(colours(model, model.recommend(history=["i01", "i03"], k=3))) == {1}

    def test_a_known_users_own_history_given_by_hand_gives_the_same_items(self, model):
        row = model.users.index("u03")
        history = model.catalog.items.ids_at(model.data.interactions[[row]].indices)
        asked = model.recommend(
            history=history, deny=model.catalog.items.ids_at(model.seen[[row]].indices), k=5
        )
        # user-knn leaves a known user's own row out, so scores may differ a little; the items do not
        assert set(asked.item_ids) == set(model.recommend("u03", k=5).item_ids)

    def test_without_user_and_history_popularity_answers_and_says_so(self, model):
        answer = model.recommend(k=4)
        assert answer.path == "popularity"
        assert set(answer.paths) == {"popularity"}
        events = np.asarray(model.data.interactions.sum(axis=0)).ravel()
        shown = events[answer.indices]
        assert len(answer) == 4
        assert (np.diff(answer.scores) <= 0).all()
        assert shown.min() > 0

    def test_reasons_add_up_to_the_score_for_users_histories_and_strangers(self, model):
        for question in (
            {"user": "u00"},
            {"history": ["i01", "i04"]},
            {"user": "u02", "disliked": ["i05"]},
            {},
        ):
            answer = model.recommend(**question, k=16, explain=True)
            sums = [sum(reason.contribution for reason in reasons) for reasons in answer.reasons]
            assert np.allclose(sums, answer.scores, atol=1e-4), question

    def test_explain_gives_the_parts_of_one_score(self, model):
        answer = model.recommend("u00", k=2)
        for item in answer:
            parts = model.explain("u00", item.item_id)
            assert sum(part.contribution for part in parts) == pytest.approx(item.score, abs=1e-4)
            assert model.because(parts).startswith("because")
            assert model.because(parts, language="zh").startswith("因为")

    def test_a_reason_from_features_in_parts_is_divided_over_them(self, own_model):
        model = own_model
        picture = ContentKnn(ContentKnnConfig(block="image:picture")).fit(model.data)
        model.fusion = LateFusion.of(picture, Popularity().fit(model.data))
        answer = model.recommend(history=["i00", "i03"], k=16, explain=True)
        divided = [reason for reasons in answer.reasons for reason in reasons if reason.parts]
        assert divided
        for reason in divided:
            assert {part.name for part in reason.parts} == {"colours", "texture", "shape"}
            added = sum(part.contribution for part in reason.parts)
            assert added == pytest.approx(reason.contribution, abs=1e-5)
        assert any("above all its" in model.because(reasons) for reasons in answer.reasons)

    def test_a_dislike_moves_its_own_colour_down(self, model):
        plain = model.recommend(history=["i00", "i01"], k=16)
        against = model.recommend(history=["i00", "i01"], disliked=["i03", "i05"], k=16)

        def mean_rank_of_blue(answer):
            return np.mean([rank for rank, colour in enumerate(colours(model, answer)) if colour == 1])

        assert mean_rank_of_blue(against) > mean_rank_of_blue(plain)

    def test_filters_never_lose_results(self, model):
        labels = model.catalog.categories("colour")
        red = [item for item, label in zip(model.catalog.items, labels, strict=True) if label == ("red",)]
        everything = {"history": ["i01"], "k": 100}
        assert set(model.recommend(**everything, where=["colour=red"]).item_ids) == set(red) - {"i01"}
        assert set(model.recommend(**everything, allow=["i03", "i04"]).item_ids) == {"i03", "i04"}
        assert len(model.recommend(**everything, deny=["i03", "i04"])) == 16 - 1 - 2
        few = model.recommend(history=["i01"], k=2, where=["colour=red"])
        assert len(few) == 2

    def test_the_whole_catalogue_can_be_asked_for(self, model):
        assert len(model.recommend(k=1000)) == 16

    @pytest.mark.parametrize("k", [0, -1])
    def test_no_items_at_all_cannot_be_asked_for(self, model, k):
        with pytest.raises(ConfigError, match="at least one"):
            model.recommend("u00", k=k)

    def test_unknown_ids_are_named_with_ones_that_exist(self, model):
        for ask in (
            lambda: model.recommend("u99"),
            lambda: model.recommend(history=["i99"]),
            lambda: model.recommend("u00", deny=["i99"]),
            lambda: model.recommend("u00", allow=["i99"]),
            lambda: model.similar("i99"),
            lambda: model.explain("u00", "i99"),
        ):
            with pytest.raises(
                UnknownIdError, match=r"unknown (user 'u99'|item 'i99').*for example: [ui]\d\d"
            ):
                ask()


class TestSimilar:
    @pytest.mark.parametrize("by", ["text", "image", "audio", "video", "image:picture"])
    def test_each_sense_finds_the_own_colour_and_not_the_item_itself(self, model, by):
        name = by if ":" in by else next(n for n in model.knowledge.blocks if n.startswith(by))
        index = int(np.flatnonzero(model.knowledge.blocks[name].present)[0])
        answer = model.similar(model.catalog.items.id(index), by=by, k=3)
        assert set(colours(model, answer)) == {index % 2}
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
            assert "you liked" not in model.because(reasons, liked=False)

    def test_without_a_sense_behaviour_and_content_speak_together(self, model):
        answer = model.similar("i00", k=3)
        assert answer.path == "fusion"
        assert set(colours(model, answer)) == {0}

    def test_an_unknown_sense_is_refused_with_those_there_are(self, model):
        with pytest.raises(ConfigError, match="image:picture"):
            model.similar("i00", by="smell")

    def test_an_item_without_the_medium_says_so(self, model):
        absent = np.flatnonzero(~model.knowledge.blocks["image:picture"].present)
        with pytest.raises(DataError, match=r"item i\d\d: it has no image"):
            model.similar(model.catalog.items.id(int(absent[0])), by="image")


class TestSearch:
    def test_words_find_items_that_read_alike(self, model):
        answer = model.search(text="ocean sapphire whale", k=3)
        assert set(colours(model, answer)) == {1}
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
            assert set(colours(model, by_bytes)) == {0}
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
        assert "taste" in model.because(answer.reasons[0]) or "picture" in model.because(answer.reasons[0])

    def test_a_user_turns_an_undecided_search_to_the_own_colour(self, model):
        words = "ember brick ocean glacier"
        assert model.search(text=words, user="u00", k=1).indices[0] % 2 == 0
        assert model.search(text=words, user="u01", k=1).indices[0] % 2 == 1

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
        with pytest.raises(DataError, match="no known words") as raised:
            model.search(text="qqqqqq")
        assert str(raised.value).count("no known words") == 1

    def test_nothing_empty_missing_or_broken_is_searched_for(self, model, tmp_path):
        fake = tmp_path / "fake.jpg"
        fake.write_text("these are words, no picture")
        for asked, said in (
            ({}, "nothing to search for"),
            ({"text": "  "}, "the text is empty"),
            ({"text": "qqqqqq"}, "no known words"),
            ({"image": tmp_path / "none.jpg"}, "no such file"),
            ({"image": tmp_path}, "not a file"),
            ({"image": fake}, str(fake)),
            ({"audio": b""}, "audio"),
        ):
            with pytest.raises(sn.UserError, match=said):
                model.search(**asked)


class TestAddItems:
    def test_a_new_item_is_recommended_similar_found_and_explained_at_once(self, own_model, tmp_path):
        before = own_model.recommend("u00", k=20)
        assert own_model.add_items(pl.DataFrame([red_row(tmp_path)])) == ["new-red"]
        answer = own_model.recommend("u00", k=20, explain=True)
        assert set(answer.item_ids) == {*before.item_ids, "new-red"}
        rank = answer.item_ids.index("new-red")
        assert answer.paths[rank] == "content"
        blue = [
            answer.item_ids.index(item)
            for item in answer.item_ids
            if item[1:].isdigit() and int(item[1:]) % 2
        ]
        assert rank < min(blue)
        assert sum(r.contribution for r in answer.reasons[rank]) == pytest.approx(
            answer.scores[rank], abs=1e-4
        )
        assert "new-red" in own_model.similar("i00", by="image", k=8).item_ids
        assert set(colours(own_model, own_model.similar("new-red", by="audio", k=3))) == {0}
        assert "new-red" in own_model.search(text="ember brick poppy ruby", k=3).item_ids
        assert own_model.titles(np.asarray([16])) == ["ember brick poppy ruby"]
        assert "new-red" in own_model.recommend(k=20, where=["colour=red"]).item_ids

    def test_a_new_item_liked_by_somebody_counts_as_history(self, own_model, tmp_path):
        own_model.add_items(pl.DataFrame([red_row(tmp_path)]))
        answer = own_model.recommend(history=["new-red"], k=4)
        assert answer.path == "content"
        assert set(colours(own_model, answer)) == {0}

    def test_an_item_with_nothing_but_an_id_ranks_last(self, own_model):
        own_model.add_items(pl.DataFrame({"item_id": ["bare"]}))
        assert own_model.recommend("u00", k=20).item_ids[-1] == "bare"

    def test_a_broken_picture_costs_the_picture_not_the_item(self, own_model, tmp_path):
        (tmp_path / "broken.png").write_bytes(b"\x89PNG broken")
        row = red_row(tmp_path) | {"picture": str(tmp_path / "broken.png")}
        own_model.add_items(pl.DataFrame([row]))
        assert not own_model.knowledge.blocks["image:picture"].present[16]
        assert own_model.knowledge.blocks["audio:sound"].present[16]

    def test_a_known_or_repeated_id_adds_nothing(self, own_model):
        for ids in (["i00"], ["x", "x"]):
            with pytest.raises(DataError):
                own_model.add_items(pl.DataFrame({"item_id": ids}))
        assert len(own_model.catalog) == 16
        assert len(own_model.recommend(k=99)) == 16

    def test_a_model_with_added_items_is_saved_with_them(self, own_model, tmp_path):
        own_model.add_items(pl.DataFrame([red_row(tmp_path)]))
        again = sn.load(sn.save(own_model, tmp_path / "bundles"))
        assert again.recommend("u00", k=20).item_ids == own_model.recommend("u00", k=20).item_ids


class TestSaving:
    def test_a_loaded_model_gives_equal_answers(self, model, tmp_path):
        again = sn.load(sn.save(model, tmp_path))
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
        assert again.facts == json.loads(json.dumps(model.facts))

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
        first, second = (self.fitted(frames, seed=3, seconds=20).recommend(7, k=20) for _ in range(2))
        assert first.item_ids == second.item_ids
        assert np.array_equal(first.scores, second.scores)

    @pytest.mark.parametrize("name", ["popularity", "ease", "item-knn", "category:kind"])
    def test_one_model_can_be_asked_for_by_name(self, frames, name):
        model = self.fitted(frames, model=name, seconds=2)
        assert model.facts["model"] == name
        assert len(model.recommend(7, k=5)) == 5

    def test_an_unknown_model_is_refused_with_the_known_ones(self, frames):
        with pytest.raises(ConfigError, match=r"unknown model 'easy'.*ease.*category:kind"):
            self.fitted(frames, model="easy")

    def test_pandas_frames_do_as_well(self, frames):
        pandas = self.fitted([frame.to_pandas() for frame in frames], model="ease", seconds=2)
        assert (
            pandas.recommend(7).item_ids == self.fitted(frames, model="ease", seconds=2).recommend(7).item_ids
        )

    def test_events_of_another_catalogue_none_at_all_and_none_liked_are_refused(self, frames):
        catalog = sn.Catalog.from_frame(frames[0], category="kind")
        other = sn.Catalog.from_frame(frames[0].head(19), category="kind")
        events = sn.Events.from_frame(frames[1], items=catalog.items)
        for items, log, said in (
            (other, events, "another catalogue"),
            (catalog, events.where(np.zeros(180, dtype=bool)), "no event"),
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
        assert set(model.recommend("u").item_ids) == {"2", "3"}


def test_hidden_items_are_never_shown(tmp_path):
    two_colour_media(tmp_path)
    table = pl.read_csv(tmp_path / "items.csv").with_columns(gone=pl.int_range(16) % 4 == 0)
    catalog = sn.Catalog.from_frame(table, text="words", category="colour", hidden="gone", base=tmp_path)
    events = sn.Events.from_file(tmp_path / "events.csv", items=catalog.items, positive=["rating >= 4"])
    model = sn.fit(catalog, events, model="ease", seconds=2)
    gone = {f"i{n:02d}" for n in range(0, 16, 4)}
    for answer in (
        model.recommend(k=16),
        model.recommend("u00", k=16),
        model.recommend(history=["i01"], k=16, where=["colour=red"]),
        model.similar("i02", k=16),
        model.search(text="ruby ember", k=16),
    ):
        assert len(answer)
        assert not gone & set(answer.item_ids)
