"""Deadlines: when time is up, a simpler answer comes and says so; with enough of it, nothing changes."""

import numpy as np
import pytest
from tests.serving.views import asking_of, assert_same

from sensorium.serving.search_parts import SearchPart
from sensorium.testing.two_colour_media import red_or_blue_picture

WORDS, ENOUGH_S = SearchPart("words", "ember brick ruby"), 600.0


@pytest.fixture
def photo():
    return SearchPart("photo", red_or_blue_picture(1, np.random.default_rng(3)))


def test_time_that_suffices_changes_nothing(view, model, photo):
    asking = asking_of(model, "u00")
    for ask in (
        lambda **more: view.similar("i00", k=5, **more),
        lambda **more: view.search([WORDS, photo, SearchPart("item", "i02", -0.5)], asking, k=16, **more),
        lambda **more: view.rank(asking, ["i07", "i08", "i09"], **more),
    ):
        late = ask(deadline_s=ENOUGH_S)
        assert late.simpler == ""
        assert late.items.path == ask().items.path
        assert_same(late.items, ask().items)
    assert view.explain(asking, "i08", deadline_s=ENOUGH_S) == view.explain(asking, "i08")
    mine, without = view.sources(asking, deadline_s=ENOUGH_S), view.sources(asking)
    assert {name: one.items.item_ids for name, one in mine.items()} == {
        name: one.items.item_ids for name, one in without.items()
    }


def test_a_late_search_finds_by_words_alone_or_says_what_is_popular(view, model, photo):
    asking = asking_of(model, "u00")
    late = view.search([WORDS, photo], asking, k=16, where=["colour=red"], deadline_s=0.0)
    assert (late.simpler, late.items.path) == ("deadline", "text")
    assert late.items.item_ids
    assert {int(item[1:]) % 2 for item in late.items.item_ids} == {0}
    named = view.search([WORDS, SearchPart("item", late.items.item_ids[0])], k=16, deadline_s=0.0)
    assert named.items.item_ids[0] == late.items.item_ids[1]
    popular = view.recommend(k=16).items.item_ids
    for parts in ([photo], [photo, SearchPart("words", "ember", -1.0)]):
        late = view.search([*parts, SearchPart("item", popular[0])], asking, k=3, deadline_s=0.0)
        assert (late.simpler, late.items.path, late.items.nothing_close) == ("deadline", "popularity", True)
        assert late.items.item_ids == popular[1:4]


def test_late_similar_items_are_those_of_one_modality(view):
    late = view.similar("i00", k=3, explain=True, deadline_s=0.0)
    assert late.simpler == "deadline"
    assert late.items.path in view.model.item_features.modalities()
    assert len(late) == 3
    assert_same(late.items, view.similar("i00", k=3, by=late.items.path).items)
    assert view.similar("i00", k=3, by="image", deadline_s=0.0).simpler == "", "one source is simple enough"


def test_a_late_explanation_adds_up_and_leaves_out_what_would_be(view, model):
    asking = asking_of(model, "u00")
    late, whole = view.explain(asking, "i08", deadline_s=0.0), view.explain(asking, "i08")
    assert (late.simpler, whole.simpler) == ("deadline", "")
    assert late.explanation.reasons == whole.explanation.reasons
    assert late.sentence == whole.sentence
    assert whole.explanation.without_items
    assert whole.explanation.without_modalities
    assert late.explanation.without_items == late.explanation.without_modalities == ()


def test_late_sources_are_the_fallback_alone_and_a_late_order_is_by_it(view, model):
    asking = asking_of(model, "u00")
    late, whole = view.sources(asking, k=3, deadline_s=0.0), view.sources(asking, k=3)
    assert late.keys() == whole.keys()
    fallback = view.model.fusion.config.fallback
    for name, answer in late.items():
        assert answer.simpler == ("" if name == fallback else "deadline")
        assert answer.items.item_ids == (whole[name].items.item_ids if name == fallback else ())
    popular = [item for item in view.recommend(k=20).items.item_ids if item in ("i07", "i08", "i09")]
    ranked = view.rank(asking, ["i07", "i08", "i09"], deadline_s=0.0)
    assert (ranked.simpler, list(ranked.items.item_ids)) == ("deadline", popular)
