"""People without a history are served from what they say they like, and told why."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.serving.stated_preferences import parse_labels
from sensorium.testing.two_colour_media import red_or_blue_picture, red_or_blue_sound


def mean_rank(answer, taste):
    """The mean rank of one colour: even items are red, odd ones blue."""
    return np.mean([rank for rank, item in enumerate(answer.item_ids) if int(item[1:]) % 2 == taste])


def lead_of_blue(answer):
    """How far blue items score above the mean, in standard deviations."""
    blue = [int(item[1:]) % 2 == 1 for item in answer.item_ids]
    return (answer.scores[blue].mean() - answer.scores.mean()) / answer.scores.std()


@pytest.mark.parametrize("taste", [0, 1])
def test_labels_words_a_picture_and_a_sound_each_lead_to_their_own_colour(even_model, taste):
    rng = np.random.default_rng(4)
    plain = mean_rank(even_model.recommend(k=16), taste)
    for wish in (
        {"like": {"colour": [("red", "blue")[taste]]}},
        {"text": ("ember brick", "ocean whale")[taste]},
        {"image": red_or_blue_picture(taste, rng)},
        {"audio": red_or_blue_sound(taste, rng)},
    ):
        answer = even_model.recommend(**wish, k=16)
        assert mean_rank(answer, taste) < plain, wish
        assert answer.path.startswith("popularity+")


def test_among_what_is_equally_alike_the_popular_comes_first(even_model):
    answer = even_model.recommend(like={"colour": ["red"]}, where=["colour=red"], k=5)
    popular = even_model.recommend(where=["colour=red"], k=5)
    assert answer.item_ids == popular.item_ids


def test_reasons_add_up_and_say_what_was_liked(even_model):
    answer = even_model.recommend(like={"colour": ["red"]}, text="ember", k=16, explain=True)
    sums = [sum(reason.contribution for reason in reasons) for reasons in answer.reasons]
    assert np.allclose(sums, answer.scores, atol=1e-5)
    assert answer.path == "popularity+category:colour+text"
    said = even_model.explain_text(answer.reasons[0])
    assert "its colour is what you like" in said
    assert "正是你喜欢的" in even_model.explain_text(answer.reasons[0], language="zh")


def test_all_wishes_together_count_the_same_however_many_there_are(even_model):
    one, two = (
        even_model.recommend(like={"colour": ["red"]}, text=text, k=16, explain=True)
        for text in (None, "ember")
    )

    def of_labels(answer):
        return {
            item: reason.contribution
            for item, reasons in zip(answer.item_ids, answer.reasons, strict=True)
            for reason in reasons
            if reason.source == "wish:category:colour"
        }

    alone, beside = of_labels(one), of_labels(two)
    assert alone == pytest.approx({item: 2 * value for item, value in beside.items()})


def test_a_wish_turns_the_answer_of_somebody_with_a_history(even_model):
    plain = even_model.recommend(history=["i00", "i02"], k=16)
    turned = even_model.recommend(history=["i00", "i02"], like={"colour": ["blue"]}, k=16, explain=True)
    assert lead_of_blue(turned) > lead_of_blue(plain)
    sums = [sum(reason.contribution for reason in reasons) for reasons in turned.reasons]
    assert np.allclose(sums, turned.scores, atol=1e-4)
    for reasons in turned.reasons:
        for reason in reasons:
            if reason.parts:
                added = sum(part.contribution for part in reason.parts)
                assert added == pytest.approx(reason.contribution, abs=1e-5)


def test_a_new_item_can_be_wished_for(even_model):
    even_model.add_items({"item_id": ["fresh"], "words": ["ember brick poppy ruby"], "colour": ["red"]})
    answer = even_model.recommend(like={"colour": ["red"]}, text="ember brick poppy ruby", k=17, explain=True)
    assert "fresh" in answer.item_ids[:8]
    rank = answer.item_ids.index("fresh")
    assert sum(r.contribution for r in answer.reasons[rank]) == pytest.approx(answer.scores[rank], abs=1e-5)


def test_wishes_that_mean_nothing_are_refused(even_model):
    for wish, error, said in (
        ({"like": {"colour": ["rad"]}}, UnknownIdError, "no item has the colour 'rad'.*for example: red"),
        ({"like": {"shape": ["round"]}}, ConfigError, "'shape' is no column of categories.*one of: colour"),
        ({"like": {"colour": []}}, ConfigError, "no list of labels for 'colour'"),
        ({"like": {"colour": "red"}}, ConfigError, r"for 'colour'. Write like=\{'colour': \['red'\]\}"),
        ({"like": "red"}, ConfigError, "'red' says no column. Write like="),
        ({"text": " "}, ConfigError, "the text is empty"),
    ):
        with pytest.raises(error, match=said):
            even_model.recommend(**wish)


def test_likes_are_written_like_conditions():
    assert parse_labels(["genres=Comedy", "genres=Drama | War", "mood=dark"]) == {
        "genres": ["Comedy", "Drama", "War"],
        "mood": ["dark"],
    }
    for wrong in ("Comedy", "genres=", "=Comedy"):
        with pytest.raises(ConfigError, match="like: .*is not a condition"):
            parse_labels([wrong])
    with pytest.raises(ConfigError, match="'genres!=Comedy' says no label to like"):
        parse_labels(["genres!=Comedy"])


@pytest.fixture(scope="module")
def kinds() -> sn.FittedModel:
    """Sixty garments in four kinds; hats are what everybody buys, shoes nobody."""
    kinds = ("hat", "shoes", "dress", "shirt")
    frame = pl.DataFrame(
        [
            {"item_id": f"{kind}{number}", "title": f"{kind} {('red', 'blue')[number % 2]}", "kind": kind}
            for kind in kinds
            for number in range(15)
        ]
    )
    items = sn.Catalog.from_frame(frame, text=["title"], category=["kind"])
    rows = [
        {"user_id": f"u{user}", "item_id": f"{kind}{number}"}
        for user in range(30)
        for kind, every in (("hat", 1), ("shirt", 3), ("dress", 5))
        for number in range(15)
        if (user + number) % every == 0 and user + number < 40
    ]
    return sn.fit(
        items, sn.Events.from_frame(pl.DataFrame(rows), items=items.items), model="popularity", seconds=1
    )


def share_of(answer, kind):
    return np.mean([str(item).startswith(kind) for item in answer.item_ids])


@pytest.mark.parametrize(
    "wish",
    [
        {"like": {"kind": ["shoes"]}},
        {"text": "shoes"},
        {"text": "shoe"},
        {"like": {"kind": ["shoes"]}, "text": "red"},
    ],
)
def test_at_least_half_of_an_answer_has_what_is_liked(kinds, wish):
    assert share_of(kinds.recommend(k=10), "shoes") == 0
    answer = kinds.recommend(**wish, k=10, explain=True)
    assert share_of(answer, "shoes") >= 0.5
    sums = [sum(reason.contribution for reason in reasons) for reasons in answer.reasons]
    assert np.allclose(sums, answer.scores, atol=1e-4)


def test_steer_is_the_least_share_that_has_what_is_liked(kinds):
    like = {"like": {"kind": ["shoes"]}}
    shares = [
        share_of(kinds.recommend(**like, steer=steer, k=10), "shoes") for steer in (0, 0.2, 0.5, 0.8, 1)
    ]
    assert all(share >= least for share, least in zip(shares, (0, 0.2, 0.5, 0.8, 1), strict=True))
    assert shares == sorted(shares)
    assert kinds.recommend(**like, steer=0, k=10).item_ids == kinds.recommend(k=10).item_ids


def test_where_too_few_have_it_all_of_them_are_shown(kinds):
    few = kinds.recommend(like={"kind": ["shoes"]}, deny=[f"shoes{n}" for n in range(2, 15)], steer=1, k=10)
    assert share_of(few, "shoes") == 0.2
    assert few.item_ids[0].startswith("shoes")
    assert len(few) == 10


def test_what_is_disliked_is_not_shown_while_others_are_left(kinds):
    answer = kinds.recommend(dislike={"kind": ["hat"]}, k=10, explain=True)
    assert share_of(answer, "hat") == 0
    sums = [sum(reason.contribution for reason in reasons) for reasons in answer.reasons]
    assert np.allclose(sums, answer.scores, atol=1e-4)
    both = kinds.recommend(like={"kind": ["shoes"]}, dislike={"kind": ["hat", "dress"]}, k=10)
    assert share_of(both, "shoes") >= 0.5
    assert share_of(both, "hat") == share_of(both, "dress") == 0
    everything = kinds.recommend(dislike={"kind": ["hat"]}, k=60)
    assert len(everything) == 60


@pytest.mark.parametrize("steer", [-0.1, 1.1, float("nan"), "much", True, None])
def test_a_steer_that_is_no_share_is_refused(kinds, steer):
    with pytest.raises(ConfigError, match="steer: .* is no share. Give a number from 0 to 1"):
        kinds.recommend(like={"kind": ["shoes"]}, steer=steer)


def test_a_label_that_came_after_the_fit_is_said_to_be_so(own_model):
    own_model.add_items({"item_id": ["new"], "words": ["ember"], "colour": ["green"]})
    with pytest.raises(
        UnknownIdError, match="'green' came after the fit.*Fit again; or filter by it: colour=green"
    ):
        own_model.recommend(like={"colour": ["green"]})
    assert own_model.recommend(where=["colour=green"]).item_ids == ("new",)
