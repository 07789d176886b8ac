"""Questions of several parts: more of one, less of another, nothing like a third."""

import numpy as np
import pytest
from tests.serving.views import asking_of

from sensorium.core.errors import ConfigError, DataError, UnknownIdError
from sensorium.serving.search_parts import SearchPart
from sensorium.testing.two_colour_media import red_or_blue_picture, red_or_blue_sound


def colours(answer):
    return [int(item[1:]) % 2 for item in answer.items.item_ids]


def picture(taste):
    return red_or_blue_picture(taste, np.random.default_rng(3))


def scores(view, *parts):
    """Return how well each item matches, by its id, also those that do not match."""
    from sensorium.serving.search_parts import search_by_parts

    match = search_by_parts(view.model._searched(), parts).match
    return dict(zip(view.model.catalog.items.ids.to_list(), match.tolist(), strict=True))


def test_one_part_is_the_search_of_a_model(view, model):
    for kind, modality, value in (("words", "text", "ember ruby"), ("photo", "image", picture(0))):
        mine = view.search([SearchPart(kind, value)], k=16).items
        theirs = model.search(**{modality: value}, k=16)
        assert mine.item_ids == theirs.item_ids
        np.testing.assert_array_equal(mine.scores, theirs.scores)
        assert mine.path == modality


def test_several_parts_of_equal_weight_are_the_search_of_a_model(view, model):
    sound = red_or_blue_sound(0, np.random.default_rng(2))
    mine = view.search([SearchPart("words", "ember"), SearchPart("sound", sound)], k=16).items
    theirs = model.search(text="ember", audio=sound, k=16)
    assert mine.item_ids == theirs.item_ids
    np.testing.assert_allclose(mine.scores, theirs.scores, rtol=1e-6)


def test_only_the_relation_of_weights_counts(view):
    parts = [("words", "ember", 1.0), ("photo", picture(1), 3.0)]
    once = scores(view, *(SearchPart(kind, value, weight) for kind, value, weight in parts))
    twice = scores(view, *(SearchPart(kind, value, 2 * weight) for kind, value, weight in parts))
    np.testing.assert_allclose(list(once.values()), list(twice.values()), rtol=1e-5, equal_nan=True)


def test_a_part_that_weighs_more_decides_more(view):
    red, blue = SearchPart("photo", picture(0), 10.0), SearchPart("photo", picture(1))
    assert colours(view.search([red, blue], k=3)) == [0, 0, 0]
    red, blue = SearchPart("photo", picture(0)), SearchPart("photo", picture(1), 10.0)
    assert colours(view.search([red, blue], k=3)) == [1, 1, 1]


def test_what_is_not_wanted_is_taken_off(view):
    wanted = SearchPart("words", "ember brick ocean glacier")
    before = scores(view, wanted)
    after = scores(view, wanted, SearchPart("item", "i00", -1.0))
    assert np.isnan(after.pop("i00"))  # whoever asks knows the item itself
    assert all(after[item] <= before[item] + 1e-6 for item in after)
    shown = view.search([wanted, SearchPart("photo", picture(0), -1.0)], k=3)
    assert set(colours(shown)) == {1}
    assert "-" not in shown.items.path


def test_items_like_an_item_are_found_and_not_the_item_itself(view):
    found = view.search([SearchPart("item", "i00")], k=3)
    assert "i00" not in found.items.item_ids
    assert set(colours(found)) == {0}
    two = view.search([SearchPart("item", "i00"), SearchPart("item", "i02")], k=3)
    assert two.items.path == "item:i00+item:i02"


def test_an_item_that_is_named_is_never_found_whatever_else_finds_it(view):
    own = SearchPart("words", view.model.catalog.titles()[view.model.catalog.items.index("i00")])
    assert view.search([own], k=20).items.item_ids[0] == "i00"
    for weight in (1.0, -1.0, -0.001):
        for parts in ([own], [SearchPart("photo", picture(0))], [own, SearchPart("photo", picture(1))]):
            found = view.search([*parts, SearchPart("item", "i00", weight)], k=20)
            assert len(found) > 0
            assert "i00" not in found.items.item_ids


def test_reasons_add_up_also_with_what_is_not_wanted_and_with_taste(view, model):
    parts = [
        SearchPart("words", "ember brick", 2.0),
        SearchPart("words", "ruby"),
        SearchPart("item", "i00"),
        SearchPart("photo", picture(1), -0.5),
    ]
    for asking in (None, asking_of(model, "u00")):
        answer = view.search(parts, asking, k=16, language="en")
        assert len(answer) > 0
        for reasons, score in zip(answer.items.reasons, answer.items.scores, strict=True):
            assert sum(reason.contribution for reason in reasons) == pytest.approx(float(score), abs=1e-5)
        names = {reason.source for reasons in answer.items.reasons for reason in reasons}
        assert {"text", "text:2", "item:i00"} <= names
        assert all(answer.sentences)


def test_conditions_hold_and_taste_reorders_alone(view, model):
    part = SearchPart("words", "ember brick ocean glacier cobalt ruby")
    plain = view.search([part], k=16, where=["colour=red"]).items
    mine = view.search([part], asking_of(model, "u00"), k=16, where=["colour=red"]).items
    assert set(plain.item_ids) == set(mine.item_ids)
    assert all(int(item[1:]) % 2 == 0 for item in plain.item_ids)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "nothing is looked for"),
        ([("words", "ember", -1.0)], "all parts say what is not wanted"),
        ([("smell", "roses", 1.0)], r"no kind of question.*words, photo, sound, clip, item"),
        ([("words", "ember", 0.0)], "0.0 is no weight"),
        ([("words", "ember", float("nan"))], "nan is no weight"),
        ([("words", b"ember", 1.0)], "a bytes is no text"),
        ([("words", " ", 1.0)], "the text is empty"),
    ],
)
def test_what_is_no_question_is_refused(view, parts, said):
    with pytest.raises(ConfigError, match=said):
        view.search([SearchPart(*part) for part in parts])


def test_unknown_items_and_broken_media_are_refused(view):
    with pytest.raises(UnknownIdError, match="unknown item 'nothing'"):
        view.search([SearchPart("item", "nothing")])
    with pytest.raises(DataError):
        view.search([SearchPart("photo", b"no picture")])
