"""A catalogue without events: fitted by content alone, it answers all that needs no behaviour."""

import polars as pl
import pytest

import sensorium as sn

ITEMS = pl.DataFrame(
    {
        "item_id": ["mug", "cup", "pot", "fork", "spoon", "knife"],
        "title": ["Blue mug", "Blue tea cup", "Red tea pot", "Steel fork", "Steel spoon", "Steel knife"],
        "kind": ["drink", "drink", "drink", "cutlery", "cutlery", "cutlery"],
    }
)
CUTLERY = {"fork", "spoon", "knife"}


@pytest.fixture(scope="module")
def model():
    return sn.fit(ITEMS)


def test_what_is_alike_comes_first_for_a_history_and_for_an_item(model):
    assert set(model.recommend(history=["fork"], k=2).item_ids) == CUTLERY - {"fork"}
    assert set(model.similar("fork", k=2).item_ids) == CUTLERY - {"fork"}
    assert model.similar("mug", by="text", k=1).item_ids == ("cup",)
    for _, score in model.recommend(history=["fork"], k=2):
        assert score > 0


def test_a_dislike_ranks_what_is_like_it_last(model):
    assert set(model.recommend(disliked=["fork"], k=5).item_ids[-2:]) == CUTLERY - {"fork"}


def test_what_is_stated_is_followed(model):
    assert set(model.recommend(like={"kind": ["cutlery"]}, k=3).item_ids) == CUTLERY
    assert model.recommend(like={"kind": ["cutlery"]}).path == "category:kind"
    assert model.recommend(text="red pot", k=1).item_ids == ("pot",)
    assert model.search(text="red pot", k=1).item_ids == ("pot",)


def test_reasons_name_content_and_add_up(model):
    answer = model.recommend(history=["fork"], k=5, explain=True)
    for (_, score), reasons in zip(answer, answer.reasons, strict=True):
        assert sum(reason.contribution for reason in reasons) == pytest.approx(score, abs=1e-5)
        assert not any(reason.kind in ("behaviour", "popularity") for reason in reasons)


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.recommend(),
        lambda model: model.recommend("ann"),
        lambda model: model.recommend_batch(),
        lambda model: model.recommend_batch(["ann"]),
        lambda model: model.search(text="red", user="ann"),
    ],
)
@pytest.mark.filterwarnings("ignore:1 user is unknown")
def test_what_only_events_could_tell_is_said_to_be_missing(ask, model):
    with pytest.raises(sn.NotReadyError, match="there are no events yet.*Give a history"):
        ask(model)


def test_saved_it_answers_alike_and_first_events_count_at_once(model, tmp_path):
    model.save(tmp_path / "model")
    again = sn.load(tmp_path / "model")
    assert again.recommend(history=["fork"]).item_ids == model.recommend(history=["fork"]).item_ids
    again.update(pl.DataFrame({"user_id": ["ann", "ann"], "item_id": ["fork", "spoon"]}))
    assert again.recommend("ann", k=1).item_ids == ("knife",)
    assert set(again.recommend(k=2).item_ids) == {"fork", "spoon"}


def test_new_items_are_recommended(model, tmp_path):
    model.save(tmp_path / "model")
    again = sn.load(tmp_path / "model")
    again.add_items(pl.DataFrame({"item_id": ["ladle"], "title": ["Steel ladle"], "kind": ["cutlery"]}))
    assert "ladle" in again.recommend(history=["fork"], k=3).item_ids


def test_a_block_may_be_asked_for_and_a_model_of_behaviour_says_what_it_needs():
    assert sn.fit(ITEMS, model="text:title").similar("mug", k=1).item_ids == ("cup",)
    for asked in ("ease", sn.models.EASE()):
        with pytest.raises(sn.DataError, match="'ease' learns from events, and there are none"):
            sn.fit(ITEMS, model=asked)


def test_judging_and_a_catalogue_without_content_say_what_they_need():
    with pytest.raises(sn.UserError, match="there are no events to divide"):
        sn.evaluate("auto", ITEMS)
    with pytest.raises(sn.DataError, match="columns with text, media, labels or numbers"):
        sn.fit(ITEMS.select("item_id"))


def test_events_of_which_none_can_be_used_are_no_catalogue_alone():
    with pytest.raises(sn.DataError, match="no event can be used; in 1 of 1 rows the item is unknown"):
        sn.fit(ITEMS, pl.DataFrame({"user_id": ["ann"], "item_id": ["sofa"]}))


def test_one_event_is_learnt_from_beside_content():
    model = sn.fit(ITEMS, pl.DataFrame({"user_id": ["ann"], "item_id": ["fork"]}))
    assert set(model.recommend("ann", k=2).item_ids) == CUTLERY - {"fork"}
    assert model.recommend(k=1).item_ids == ("fork",)
