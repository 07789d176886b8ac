"""What people did is told by the type of their events, in English and Chinese, however it is spelt."""

import string

import pytest

from sensorium.catalog.type_strengths import MEANINGS
from sensorium.insight.event_verbs import VERBS, is_against, strongest, verb_of


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("view", "viewed {items}"), ("page_view", "viewed {items}"), ("pv", "viewed {items}"),
        ("ProductViewed", "viewed {items}"), ("productviewed", "viewed {items}"), ("浏览", "viewed {items}"),
        ("点击商品", "clicked on {items}"), ("addToCart", "put {items} into the cart"),
        ("add-to-cart", "put {items} into the cart"), ("加入购物车", "put {items} into the cart"),
        ("buy", "bought {items}"), ("Purchase", "bought {items}"), ("购买", "bought {items}"),
        ("下单", "ordered {items}"), ("scrobble", "listened to {items}"), ("播放", "played {items}"),
        ("rating", "rated {items}"), ("play_count", "played {items}"), ("favourite", "liked {items}"),
        ("点赞", "liked {items}"), ("收藏", "saved {items}"), ("preview", "viewed {items}"),
        ("display", "were shown {items}"), ("no_of_plays", "played {items}"),
    ],
)  # fmt: skip
def test_types_of_events_are_told_by_their_verb(event, said):
    assert verb_of(event).english == said
    assert not is_against(event)


@pytest.mark.parametrize("event", ["ponder", "view_cart", "1", "quantity", "", "下一首"])
def test_of_what_says_nothing_known_or_two_things_no_verb_is_made_up(event):
    assert verb_of(event) is None


@pytest.mark.parametrize("event", sorted(n for m in MEANINGS if m.strength > 0 for n in m.names))
def test_every_type_that_init_takes_to_be_for_an_item_has_a_verb(event):
    assert verb_of(event) is not None


AGAINST = ("dislike", "不感兴趣", "不喜欢", "not_interested", "remove_from_cart", "skip", "退货", "取消收藏")
AGAINST_SPELT = ("uncart", "unliked", "unfavourite", "undoLike", "item_unsaved", "SwipeLeft", "移出购物车")
SAID_BY_STRENGTH = sorted(name for meaning in MEANINGS if meaning.strength < 0 for name in meaning.names)


@pytest.mark.parametrize("event", [*AGAINST, *AGAINST_SPELT, *SAID_BY_STRENGTH])
def test_what_speaks_against_an_item_is_never_told_as_a_reason(event):
    assert is_against(event)
    assert verb_of(event) is None


def test_of_several_events_with_an_item_the_strongest_is_told():
    assert strongest(["view", "purchase", "cart"]) == "purchase"
    assert strongest(["view", "ponder"]) == "ponder"
    assert strongest(["purchase", "ponder"]) == "purchase"
    assert strongest(["refund", "view"]) == "view"
    assert strongest([]) == ""


def test_every_verb_says_with_what_in_both_languages():
    for verb in VERBS.values():
        for said in (verb.english, verb.chinese):
            assert [name for _, name, _, _ in string.Formatter().parse(said) if name] == ["items"]
