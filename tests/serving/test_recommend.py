"""Known users, histories and new users are answered; reasons add up, and filters lose nothing."""

import numpy as np
import polars as pl
import pytest
from tests.serving.colours import colours

import sensorium as sn
from sensorium.core.errors import ConfigError, FormerNameWarning, UnknownIdError
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.popularity import Popularity
from sensorium.testing.two_colour_media import two_colour_media


def test_a_known_user_gets_the_own_colour_first_and_nothing_seen(model):
    for user, taste in (("u00", 0), ("u01", 1)):
        answer = model.recommend(user, k=1)
        assert colours(answer) == [taste]  # all but one of the eight are seen
        assert answer.path == "fusion"
        seen = model.data.interactions[[model.users.index(user)]].indices
        assert not set(answer.indices.tolist()) & set(seen.tolist())


def test_the_history_of_somebody_nobody_has_seen_decides(model):
    assert set(colours(model.recommend(history=["i00", "i02"], k=3))) == {0}
    assert set(colours(model.recommend(history=["i01", "i03"], k=3))) == {1}


def test_a_known_users_own_history_given_by_hand_gives_the_same_items(model):
    row = model.users.index("u03")
    times = model.data.times[[row]]  # the latest last: some members let a history fade
    history = model.catalog.items.ids_at(times.indices[np.argsort(times.data, kind="stable")])
    asked = model.recommend(history=history, deny=model.catalog.items.ids_at(model.seen[[row]].indices), k=5)
    # user-knn leaves a known user's own row out, so scores may differ a little; the items do not
    assert set(asked.item_ids) == set(model.recommend("u03", k=5).item_ids)


def test_without_user_and_history_popularity_answers_and_says_so(model):
    answer = model.recommend(k=4)
    assert answer.path == "popularity"
    assert set(answer.paths) == {"popularity"}
    events = np.asarray(model.data.interactions.sum(axis=0)).ravel()
    shown = events[answer.indices]
    assert len(answer) == 4
    assert (np.diff(answer.scores) <= 0).all()
    assert shown.min() > 0


def test_reasons_add_up_to_the_score_for_users_histories_and_new_users(model):
    for question in (
        {"user": "u00"},
        {"history": ["i01", "i04"]},
        {"user": "u02", "disliked": ["i05"]},
        {},
    ):
        answer = model.recommend(**question, k=16, explain=True)
        sums = [sum(reason.contribution for reason in reasons) for reasons in answer.reasons]
        assert np.allclose(sums, answer.scores, atol=1e-4), question


def test_explain_gives_the_parts_of_one_score(model):
    answer = model.recommend("u00", k=2)
    for item in answer:
        parts = model.explain("u00", item.item_id)
        assert sum(part.contribution for part in parts) == pytest.approx(item.score, abs=1e-4)
        assert model.explain_text(parts).startswith("because")
        assert model.explain_text(parts, language="zh").startswith("因为")
        with pytest.warns(FormerNameWarning, match="`because` is now called `explain_text`; both work"):
            assert model.because(parts) == model.explain_text(parts)


def test_a_reason_from_features_in_parts_is_divided_over_them(own_model):
    model = own_model
    picture = ContentKNN(ContentKNNConfig(block="image:picture")).fit(model.data)
    model.fusion = LateFusion.of(picture, Popularity().fit(model.data))
    answer = model.recommend(history=["i00", "i03"], k=16, explain=True)
    divided = [reason for reasons in answer.reasons for reason in reasons if reason.parts]
    assert divided
    for reason in divided:
        assert {part.name for part in reason.parts} == {"colours", "texture", "shape"}
        added = sum(part.contribution for part in reason.parts)
        assert added == pytest.approx(reason.contribution, abs=1e-5)
    assert any("above all its" in model.explain_text(reasons) for reasons in answer.reasons)


def test_a_dislike_moves_its_own_colour_down(model):
    plain = model.recommend(history=["i00", "i01"], k=16)
    against = model.recommend(history=["i00", "i01"], disliked=["i03", "i05"], k=16)

    def mean_rank_of_blue(answer):
        return np.mean([rank for rank, colour in enumerate(colours(answer)) if colour == 1])

    assert mean_rank_of_blue(against) > mean_rank_of_blue(plain)


def test_filters_never_lose_results(model):
    labels = model.catalog.categories("colour")
    red = [item for item, label in zip(model.catalog.items, labels, strict=True) if label == ("red",)]
    everything = {"history": ["i01"], "k": 100}
    assert set(model.recommend(**everything, where=["colour=red"]).item_ids) == set(red) - {"i01"}
    assert set(model.recommend(**everything, allow=["i03", "i04"]).item_ids) == {"i03", "i04"}
    assert len(model.recommend(**everything, deny=["i03", "i04"])) == 16 - 1 - 2
    few = model.recommend(history=["i01"], k=2, where=["colour=red"])
    assert len(few) == 2


def test_the_whole_catalogue_can_be_asked_for(model):
    assert len(model.recommend(k=1000)) == 16


@pytest.mark.parametrize("k", [0, -1])
def test_no_items_at_all_cannot_be_asked_for(model, k):
    with pytest.raises(ConfigError, match="at least one"):
        model.recommend("u00", k=k)


def test_one_text_is_no_list(model):
    for name, value in (("history", "i01"), ("disliked", "i01"), ("deny", "i01"), ("where", "colour=red")):
        with pytest.raises(ConfigError, match=rf"{name}: '{value}' is one text, no list. Write {name}=\['"):
            model.recommend("u00", **{name: value})


def test_a_history_may_be_an_array(model):
    of_list = model.recommend(history=["i01", "i03"], k=16)
    assert model.recommend(history=np.array(["i01", "i03"]), k=16).item_ids == of_list.item_ids


def test_unknown_ids_are_named_with_ones_that_exist(model):
    for ask in (
        lambda: model.recommend("u99"),
        lambda: model.recommend(history=["i99"]),
        lambda: model.recommend("u00", deny=["i99"]),
        lambda: model.recommend("u00", allow=["i99"]),
        lambda: model.similar("i99"),
        lambda: model.explain("u00", "i99"),
    ):
        with pytest.raises(UnknownIdError, match=r"unknown (user 'u99'|item 'i99').*for example: [ui]\d\d"):
            ask()


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
    best = model.recommend("u01", k=16)  # who liked none of what is gone
    told = model.explain("u01", best.item_ids[-1])
    assert (told.rank, told.n_ranked) == (len(best), len(best)), "nor do they take a rank"
