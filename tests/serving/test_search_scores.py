"""A search finds what says or shows what was asked for, and says so where nothing does."""

import io
import wave

import numpy as np
import polars as pl
import pytest
from PIL import Image

import sensorium as sn
from sensorium.core.roles import Role
from sensorium.serving.search import SearchScores
from sensorium.serving.search_knowledge import SearchKnowledge
from sensorium.serving.unrelated_queries import unrelated_queries

KINDS = ("hat", "t-shirt", "shoes", "dress")


@pytest.fixture(scope="module")
def shop() -> sn.FittedModel:
    """Forty garments in four kinds and two colours; what they are is said by labels alone."""
    rows = [
        {
            "item_id": f"{kind[0]}{number}",
            "title": f"{('Scarlet', 'Azure')[number % 2]} model {number} of {maker}",
            "kind": kind,
            "designer": maker,
            "year": 1990 + number,
        }
        for kind in KINDS
        for number, maker in enumerate(
            ("Ana Müller", "Li Wei", "José Ortega", "Olga Petrova", "Tom Ford") * 2
        )
    ]
    items = sn.Catalog.from_frame(
        pl.DataFrame(rows), text=["title"], category=["kind", "designer"], number=["year"]
    )
    events = pl.DataFrame(
        [
            {"user_id": f"u{u}", "item_id": f"{KINDS[u % 4][0]}{n}"}
            for u in range(12)
            for n in range(u % 5, 10, 2)
        ]
    )
    return sn.fit(items, sn.Events.from_frame(events, items=items.items), model="popularity", seconds=1)


def ids(answer):
    return {str(item) for item in answer.item_ids}


@pytest.mark.parametrize(
    ("words", "first_letters"),
    [
        ("hat", "h"),
        ("Hats", "h"),
        ("HAT", "h"),
        ("t-shirts", "t"),
        ("dresses", "d"),
        ("shoe", "s"),
        ("dresss", "d"),
    ],
)
def test_a_label_is_found_by_its_word_in_any_form_and_nothing_else_is(shop, words, first_letters):
    answer = shop.search(text=words, k=40)
    assert {item[0] for item in ids(answer)} == set(first_letters)
    assert len(answer) == 10
    assert answer.nothing_close is False


@pytest.mark.parametrize("name", ["Ana Müller", "ana muller", "Jose Ortega", "petrova", "Petrovna"])
def test_people_are_found_by_their_names(shop, name):
    last = name.split()[-1][:5].casefold().replace("ü", "u")
    answer = shop.search(text=name, k=8)
    assert len(answer) == 8
    titles = [title.casefold().replace("ü", "u").replace("é", "e") for title in answer.titles]
    assert all(last in title for title in titles)


def test_a_year_is_a_word(shop):
    assert {item[1:] for item in ids(shop.search(text="1994", k=40))} == {"4"}


def test_who_says_all_words_comes_before_who_says_one(shop):
    answer = shop.search(text="azure hat", k=40)
    both = [item for item in answer.item_ids if item[0] == "h" and int(item[1:]) % 2]
    assert list(answer.item_ids[:5]) == both
    assert answer.scores[4] > answer.scores[5]


@pytest.mark.parametrize(
    "words", ["sneakers", "Stanley Kubrick", "quantum chromodynamics", "zzqqzz", "?!", "手套"]
)
def test_words_that_nothing_says_are_close_to_nothing(shop, words):
    answer = shop.search(text=words)
    assert answer.nothing_close is True
    assert len(answer) == (0 if words in ("zzqqzz", "?!", "手套") else 3)
    assert all(0 <= score < 0.5 for score in answer.scores)
    assert "nothing close" in repr(answer)
    assert answer.to_json()["nothing_close"] is True


@pytest.mark.parametrize(
    ("words", "nearest"), [("leather", "feather"), ("mullholland", "Müller"), ("sofabed", "sofa")]
)
def test_where_words_are_all_there_is_what_is_spelt_most_alike_is_offered(words, nearest):
    kinds = ["sofa", "bed", "feather", "lamp of Müller"] * 4
    frame = pl.DataFrame({"item_id": [f"i{n}" for n in range(16)], "kind": kinds})
    shop = sn.fit(sn.Catalog.from_frame(frame, category=["kind"]), seconds=0)
    answer = shop.search(text=words)
    assert answer.nothing_close
    assert answer.item_ids == tuple(f"i{n}" for n in range(16) if kinds[n].endswith(nearest))[:3]
    assert answer.scores.tolist() == [0, 0, 0]
    assert shop.search(text=words, k=2).item_ids == answer.item_ids[:2]
    assert list(shop.search(text=words, deny=[answer.item_ids[0]]).item_ids[:2]) == list(answer.item_ids[1:])
    assert not len(shop.search(text="!!"))


def test_what_says_little_is_offered_before_what_is_spelt_alike():
    frame = pl.DataFrame({"item_id": ["a", "b", "c", "d"], "kind": ["lamp", "sofa", "leaf", "sofa"]})
    shop = sn.fit(sn.Catalog.from_frame(frame, category=["kind"]), seconds=0)
    answer = shop.search(text="leather quartz oxen lamp swan yew mint")
    assert answer.nothing_close
    assert answer.item_ids == ("a", "c", "b")
    assert answer.scores[0] > answer.scores[1] == answer.scores[2] == 0


def picture(colour, seed):
    noise = np.random.default_rng(seed).integers(-20, 20, (64, 64, 3))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def walls(tmp_path_factory):
    """Photos and sounds: red walls that hum a tone, and three that are unlike them in either."""
    folder = tmp_path_factory.mktemp("walls")
    names = ["green", "blue", "yellow", *(f"red{n}" for n in range(13))]
    colours = [(30, 200, 30), (30, 30, 220), (240, 240, 20), *((200 + 2 * n, 40, 40) for n in range(13))]
    rng, time = np.random.default_rng(0), np.arange(16_000) / 16_000
    for name, colour in zip(names, colours, strict=True):
        Image.new("RGB", (64, 64), colour).save(folder / f"{name}.png")
        tone = np.sin(2 * np.pi * 440 * time) * rng.uniform(0.4, 0.6)
        heard = tone if name.startswith("red") else rng.uniform(-0.4, 0.4, len(time))
        with wave.open(str(folder / f"{name}.wav"), "wb") as out:
            out.setparams((1, 2, 16_000, 0, "NONE", ""))
            out.writeframes((heard * 32_767).astype("<i2").tobytes())
    frame = pl.DataFrame({"item_id": names, "title": "a wall"}).with_columns(
        photo=pl.col("item_id") + ".png", sound=pl.col("item_id") + ".wav"
    )
    items = sn.Catalog.from_frame(frame, image=["photo"], audio=["sound"], text=["title"], base=folder)
    return sn.fit(items, seconds=0)


@pytest.mark.parametrize("media", [("image",), ("image", "text"), ("audio",), ("audio", "image")])
@pytest.mark.parametrize("number", [1, 2])
def test_of_media_far_from_all_the_nearest_three_are_offered(walls, media, number):
    asked = {"text": "zzqq"}
    asked["image"] = unrelated_queries(Role.IMAGE, (), seed=5)[number]
    asked["audio"] = unrelated_queries(Role.AUDIO, (), seed=5)[number]
    question = {medium: asked[medium] for medium in media}
    answer = walls.search(**question)
    assert answer.nothing_close
    assert len(answer) == 3
    assert all(0 <= score < 0.5 for score in answer.scores)
    assert all(sum(r.contribution for r in of) == pytest.approx(score, abs=1e-6)
               for score, of in zip(answer.scores, answer.reasons, strict=bool(answer.reasons)))  # fmt: skip
    assert walls.search(**question).item_ids == answer.item_ids
    assert walls.search(**question, history=["red1"]).item_ids == answer.item_ids
    if media == ("image",):
        assert answer.scores.tolist() == [0, 0, 0]
        assert answer.item_ids[0] in ("green", "blue", "yellow")


def test_the_nearest_are_ranked_by_match_then_by_what_lies_beneath_and_strangers_are_not_offered():
    nan = np.float32(np.nan)
    match = np.array([0, 0.2, 0, nan, 0, 0, 0], np.float32)
    beneath = np.array([-0.4, -0.9, 0.3, nan, nan, 0.3, 0.9], np.float32)
    scores = SearchScores({"image": match}, "image", similarities={"image": beneath})
    allowed = np.array([1, 1, 1, 1, 1, 1, 0], dtype=bool)
    found, values = scores.found(allowed).best(10)
    assert found.tolist() == [1, 2, 5]
    np.testing.assert_allclose(values, [0.2, 0, 0])
    found, _ = scores.found(np.array([1, 0, 0, 1, 1, 0, 0], dtype=bool)).best(10)
    assert found.tolist() == [0]


def test_scores_are_from_zero_to_one_and_none_is_zero(shop):
    for words in ("hat", "azure", "model of 3", "scarlet dress of tom ford"):
        scores = shop.search(text=words, k=40).scores
        assert scores.min() >= 0.5
        assert scores.max() <= 1


def test_a_taste_reorders_what_matches_and_brings_in_nothing(shop):
    plain = shop.search(text="dress", k=40)
    for history in (["h1", "t1"], ["d4"], ["s3", "d9"]):
        own = shop.search(text="dress", history=history, k=40)
        assert ids(own) == ids(plain)
        for score, reasons in zip(own.scores, own.reasons, strict=True):
            assert sum(reason.contribution for reason in reasons) == pytest.approx(float(score), abs=1e-5)
    nothing = shop.search(text="sneakers", history=["h1"])
    assert nothing.nothing_close
    assert ids(nothing) == ids(shop.search(text="sneakers"))


@pytest.mark.parametrize(
    ("texts", "words", "found"),
    [
        (["城市里的间谍", "雪山上的灯塔", "红色的帽子"], "灯塔", {"1"}),
        (["東京の猫カフェ", "雪の灯台", "赤い帽子"], "猫", {"0"}),
        (["Шпион в городе", "Маяк в снегу", "Красная шляпа"], "маяк", {"1"}),
        (["جاسوس في المدينة", "منارة في الثلج", "قبعة حمراء"], "منارة", {"1"}),
        (["สายลับในเมือง", "ประภาคารในหิมะ", "หมวกสีแดง"], "ประภาคาร", {"1"}),
        (["도시의 스파이", "눈 속의 등대", "빨간 모자"], "등대", {"1"}),
        (["🐳 ocean", "🔥 fire", "🎩 hat"], "🔥", {"1"}),
    ],
)
def test_words_of_every_script_are_found(texts, words, found):
    frame = pl.DataFrame({"item_id": ["0", "1", "2"], "title": texts})
    items = sn.Catalog.from_frame(frame, text=["title"])
    model = sn.fit(items, sn.Events.from_frame(
        pl.DataFrame({"user_id": ["u", "v"], "item_id": ["0", "1"]}), items=items.items
    ), model="popularity", seconds=1)  # fmt: skip
    assert ids(model.search(text=words)) == found


def test_new_items_are_found_by_their_words_and_so_in_a_saved_model(shop, tmp_path):
    own = sn.load(shop.save(tmp_path / "model"))
    own.add_items({"item_id": ["glove"], "title": ["Woollen gloves"], "kind": ["mitten"], "year": [2001]})
    assert ids(own.search(text="mittens")) == {"glove"}
    assert ids(own.search(text="woollen")) == {"glove"}
    again = sn.load(own.save(tmp_path / "model"))
    assert again.search(text="mittens") == own.search(text="mittens")
    assert own.search(text="hat", k=40) == again.search(text="hat", k=40)


def test_a_bundle_without_what_a_search_knows_answers_alike(shop, tmp_path):
    import json
    import shutil

    place = shop.save(tmp_path / "model")
    shutil.rmtree(place / "search")
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] = {
        name: value for name, value in manifest["files"].items() if not name.startswith("search/")
    }
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    older = sn.load(place)
    assert older.search(text="azure hat", k=40) == shop.search(text="azure hat", k=40)
    assert older.search(text="sneakers") == shop.search(text="sneakers")


def test_a_picture_of_something_else_is_close_to_nothing(model):
    stripes = np.zeros((96, 96, 3), dtype=np.uint8)
    stripes[:, ::2] = (30, 200, 60)
    file = io.BytesIO()
    Image.fromarray(stripes).save(file, "PNG")
    answer = model.search(image=file.getvalue())
    assert answer.nothing_close
    assert len(answer) <= 3


def test_what_a_search_knows_is_the_same_when_made_twice_and_read_back(model, tmp_path):
    made = [SearchKnowledge.made(model.catalog, model.item_features) for _ in range(2)]
    made[0].save(tmp_path)
    read = SearchKnowledge.load(tmp_path)
    for name in model.item_features.blocks:
        reaches = [one.reach(model.item_features, name) for one in (*made, read)]
        assert reaches[0] == reaches[1] == reaches[2]
    words = [one.words(model.catalog) for one in (*made, read)]
    assert words[0].places == words[1].places == words[2].places


def test_of_several_modalities_the_mean_square_counts_and_an_unknown_one_does_not():
    nan = np.float32(np.nan)
    scores = SearchScores(
        {"text": np.array([1, 0.6, nan], np.float32), "image": np.array([0, 0.8, 0.7], np.float32)},
        "text+image",
    )
    assert scores.match == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0.7])


class TestSimilar:
    def test_popularity_does_not_lead(self):
        rng = np.random.default_rng(0)
        rows = [
            {"user_id": f"u{user}", "item_id": item}
            for user in range(60)
            for item in (
                *(["hit"] if rng.random() < 0.8 else []),
                *(f"{'ab'[user % 2]}{n}" for n in range(8) if rng.random() < 0.5),
            )
        ]
        frame = pl.DataFrame({"item_id": ["hit", *(f"{kind}{n}" for kind in "ab" for n in range(8))]})
        items = sn.Catalog.from_frame(frame)
        fitted = sn.fit(
            items, sn.Events.from_frame(pl.DataFrame(rows), items=items.items), model="popularity", seconds=1
        )
        for by in (None, "behaviour"):
            answer = fitted.similar("a0", by=by, k=7, explain=True)
            assert answer.path == "behaviour"
            assert {str(item)[0] for item in answer.item_ids[:5]} == {"a"}
            assert all(sum(r.contribution for r in of) == pytest.approx(s) for (_, s), of in
                       zip(answer, answer.reasons, strict=True))  # fmt: skip

    def test_what_is_unlike_all_is_offered_the_nearest_three(self):
        items = sn.Catalog.from_frame(pl.DataFrame({"item_id": list("abcdef")}))
        vectors = np.array([[1, 0, 0], [-1, 0.1, 0], [-1, 1, 0], [-1, 3, 0], [-1, 0, 2], [-2, -2, -1]])
        shop = sn.fit(items, features={"image": vectors.astype(np.float32)}, seconds=0)
        rows = shop.item_features.blocks["image"].values
        cosines = rows[1:] @ rows[0]
        assert cosines.max() < 0
        nearest = [items.items.id(1 + n) for n in np.argsort(-cosines)]
        for by in ("image", None):
            answer = shop.similar("a", by=by)
            assert answer.nothing_close is True
            assert list(answer.item_ids) == nearest[:3]
        assert list(shop.similar("a", by="image", k=1).item_ids) == nearest[:1]

    def test_what_resembles_nothing_has_no_neighbours(self):
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            names = []
            for kind, colour in (("red", (220, 30, 30)), ("blue", (30, 30, 220)), ("green", (30, 200, 30))):
                for number in range(8):
                    (Path(folder) / f"{kind}{number}.png").write_bytes(picture(colour, len(names)))
                    names.append(f"{kind}{number}")
            stripes = np.zeros((64, 64, 3), dtype=np.uint8)
            stripes[:, ::4] = 255
            Image.fromarray(stripes).save(Path(folder) / "stripes.png")
            frame = pl.DataFrame({"item_id": [*names, "stripes"]}).with_columns(
                photo=pl.col("item_id") + ".png"
            )
            items = sn.Catalog.from_frame(frame, image=["photo"], base=folder)
            clicks = pl.DataFrame({"user_id": ["u", "v"], "item_id": names[:2]})
            fitted = sn.fit(
                items, sn.Events.from_frame(clicks, items=items.items), model="popularity", seconds=1
            )
        odd = fitted.similar("stripes", by="image")
        assert odd.nothing_close is True
        assert len(odd) <= 3
        like = fitted.similar("red0", by="image", k=24)
        assert like.nothing_close is False
        assert {item.rstrip("01234567") for item in ids(like)} == {"red"}
