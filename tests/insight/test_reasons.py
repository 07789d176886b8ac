import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.item_list import Met, Part, Reason
from sensorium.core.source_kind import SourceKind
from sensorium.insight.languages import phrases_in
from sensorium.insight.reasons import ENGLISH, sentence, shares

TITLES = {"a": "Heat", "b": "Ronin", "c": "Alien"}


def did(event: str, share: float, item: str) -> Reason:
    """A reason from behaviour."""
    return Reason("ease", SourceKind.BEHAVIOUR, share, item, event=event)


def test_a_sentence_names_the_two_strongest_kinds_and_their_items() -> None:
    reasons = (
        did("view", 0.2, "a"),
        did("view", 0.15, "b"),
        Reason("image:poster", SourceKind.IMAGE, 0.4, "a"),
        Reason("audio:theme", SourceKind.AUDIO, 0.25, "c"),
    )
    assert sentence(reasons, TITLES) == "because it looks like “Heat”, and you viewed “Heat” and “Ronin”"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("purchase", "because you bought “Heat”"),
        ("view", "because you viewed “Heat”"),
        ("play", "because you played “Heat”"),
        ("listen", "because you listened to “Heat”"),
        ("rating", "because you rated “Heat”"),
        ("like", "because you liked “Heat”"),
        ("add_to_cart", "because you put “Heat” into the cart"),
        ("收藏", "because you saved “Heat”"),
        ("", "because you chose “Heat”"),
        ("ponder", "because of your event 'ponder' with “Heat”"),
        ("dislike", "because people with your taste chose it"),
    ],
)
def test_the_verb_is_that_of_the_event(event: str, said: str) -> None:
    assert sentence((did(event, 1.0, "a"),), TITLES) == said


def test_events_of_several_types_are_told_apart() -> None:
    bought = did("buy", 0.5, "a"), did("view", 0.4, "b")
    assert sentence(bought, TITLES) == "because you bought “Heat” and viewed “Ronin”"
    mixed = did("buy", 0.5, "a"), did("ponder", 0.4, "b")
    assert sentence(mixed, TITLES) == "because you bought “Heat” and had the event 'ponder' with “Ronin”"
    second = Reason("image", SourceKind.IMAGE, 1.0, "c"), did("ponder", 0.4, "b")
    assert sentence(second, TITLES) == (
        "because it looks like “Alien”, and because of your event 'ponder' with “Ronin”"
    )


MAY_3_S = 1_714_737_600.0


def again(event: str, met: Met, share: float = 1.0) -> Reason:
    """A reason that is the item itself."""
    return Reason("personal-top-frequency", SourceKind.BEHAVIOUR, share, "a", event=event, met=met)


@pytest.mark.parametrize(
    ("event", "met", "english", "chinese"),
    [
        ("play", Met(9, MAY_3_S), "you played it 9 times, last on {day}", "你播放过它9次，最近一次是{day}"),
        ("play", Met(1200), "you played it 1,200 times", "你播放过它1,200次"),
        ("view", Met(1, MAY_3_S), "you viewed it on {day}", "你在{day}浏览过它"),
        ("buy", Met(0, MAY_3_S), "you bought it, last on {day}", "你购买过它，最近一次是{day}"),
        ("cart", Met(2), "you put it into the cart 2 times", "你把它加过购物车2次"),
        ("like", Met(), "you liked it", "你喜欢它"),
        ("read", Met(1), "you read it", "你读过它"),
        ("", Met(3, MAY_3_S), "you chose it 3 times, last on {day}", "你选择过它3次，最近一次是{day}"),
        ("play", Met(3, 1e20), "you played it 3 times", "你播放过它3次"),
    ],
)  # fmt: skip
def test_of_an_item_that_was_met_before_it_is_said_how_often_and_when_last(event, met, english, chinese):
    reasons = (again(event, met),)
    assert sentence(reasons, TITLES) == "because " + english.format(day="3 May 2024")
    assert sentence(reasons, TITLES, phrases=phrases_in("zh")) == "因为" + chinese.format(day="2024年5月3日")


def test_an_unknown_event_with_the_item_itself_is_quoted():
    reasons = (again("ponder", Met(3)),)
    assert sentence(reasons, TITLES) == "because of your event 'ponder' with it"
    assert sentence(reasons, TITLES, phrases=phrases_in("zh")) == "因为你对它有“ponder”行为"


def test_the_item_itself_is_one_clause_whatever_says_so_and_never_its_own_cause():
    met = Met(12, MAY_3_S)
    reasons = (
        again("play", met, 0.3),
        Reason("text:title", SourceKind.TEXT, 0.3, "a", (Part("words", 0.3), Part("topics", 0.0)), met=met),
        did("play", 0.4, "b"),
        Reason("text:title", SourceKind.TEXT, 0.1, "c"),
    )
    said = sentence(reasons, TITLES)
    assert said == "because you played it 12 times, last on 3 May 2024, and you played “Ronin”"
    weaker = (again("play", Met(2), 0.3), did("play", 0.9, "b"))
    assert sentence(weaker, TITLES) == "because you played “Ronin”, and you played it 2 times"
    slight = (again("play", Met(2), 0.1), did("play", 0.9, "b"))
    assert sentence(slight, TITLES) == "because you played “Ronin”"


def test_what_was_disliked_is_not_said_to_have_been_met():
    assert sentence((again("dislike", Met(2)),), TITLES) == "because people with your taste chose it"


def test_others_are_mentioned_where_many_items_say_a_little() -> None:
    many = [did("like", 1.0, letter) for letter in "abcdefgh"]
    assert sentence(many, TITLES) == "because you liked “Heat”, “Ronin”, “Alien” and others"
    three = [did("like", 1.0, letter) for letter in "abc"]
    assert sentence(three, TITLES) == "because you liked “Heat”, “Ronin” and “Alien”"
    led = [did("like", 5.0, "a"), did("like", 1.0, "b"), did("like", 1.0, "c")]
    assert sentence(led, TITLES) == "because you liked “Heat”"


def test_a_title_is_quoted_once_cut_short_and_on_one_line() -> None:
    titles = {"a": "“Heat”", "b": "Ronin, or\nthe second line", "c": "x" * 99}
    assert sentence((did("", 1.0, "a"),), titles) == "because you chose “Heat”"
    assert sentence((did("", 1.0, "b"),), titles) == "because you chose “Ronin, or”"
    assert sentence((did("", 1.0, "c"),), titles) == f"because you chose “{'x' * 59}…”"


def test_no_sentence_holds_a_per_cent() -> None:
    for kind in set(SourceKind) - {SourceKind.BASELINE}:
        for item in ("a", None):
            assert "%" not in sentence((Reason("source", kind, 1.0, item),), TITLES)


def parted(contribution: float, item: str, **parts: float) -> Reason:
    """A reason from pictures, divided."""
    found = tuple(Part(name, value) for name, value in parts.items())
    return Reason("image:poster", SourceKind.IMAGE, contribution, item, found)


def test_the_part_that_stands_out_is_named() -> None:
    reasons = (
        Reason("ease", SourceKind.BEHAVIOUR, 0.25, "b"),
        parted(0.3, "a", colours=0.3, texture=0.1, shape=-0.1),
        parted(0.2, "c", colours=0.1, texture=0.0, shape=0.1),
    )
    assert sentence(reasons, TITLES) == (
        "because it looks like “Heat” and “Alien”, above all its colours, and you chose “Ronin”"
    )


def test_no_part_is_named_where_all_say_about_the_same() -> None:
    even = parted(0.3, "a", colours=0.1, texture=0.11, shape=0.09)
    assert sentence((even,), TITLES) == "because it looks like “Heat”"
    many = parted(1.0, "a", b=0.3, c=0.2, d=0.1, e=0.1, f=0.1, g=0.1, h=0.1)
    assert sentence((many,), TITLES) == "because it looks like “Heat”"


def test_parts_of_what_speaks_against_an_item_are_left_out_too() -> None:
    reasons = (parted(0.4, "a", colours=0.3, shape=0.1), parted(-5.0, "c", colours=-5.0, shape=0.0))
    assert sentence(reasons, TITLES) == "because it looks like “Heat”, above all its colours"


def test_the_baseline_is_no_reason() -> None:
    assert (
        sentence(
            (Reason("baseline", SourceKind.BASELINE, 9.0), Reason("popularity", SourceKind.POPULARITY, 1.0)),
            {},
        )
        == "because it is popular"
    )


def test_what_speaks_against_an_item_is_left_out() -> None:
    found = shares(
        (Reason("ease", SourceKind.BEHAVIOUR, 1.0, "a"), Reason("text:plot", SourceKind.TEXT, -3.0, "b"))
    )
    assert [(share.kind, share.share) for share in found] == [(SourceKind.BEHAVIOUR, 1.0)]


def test_parts_of_one_kind_and_item_are_summed_before_they_count() -> None:
    found = shares(
        (
            Reason("ease", SourceKind.BEHAVIOUR, 1.0, "a"),
            Reason("item-knn", SourceKind.BEHAVIOUR, -0.5, "a"),
            Reason("popularity", SourceKind.POPULARITY, 0.5),
        )
    )
    assert [(share.kind, share.share) for share in found] == [
        (SourceKind.BEHAVIOUR, 0.5),
        (SourceKind.POPULARITY, 0.5),
    ]


def test_columns_are_named_where_they_matter() -> None:
    assert (
        sentence((Reason("category:genres", SourceKind.CATEGORY, 1.0, "a", column="genres"),), TITLES)
        == "because it shares its genres with “Heat”"
    )


def test_columns_that_the_words_do_not_tell_apart_are_one_reason() -> None:
    reasons = (
        Reason("text:title", SourceKind.TEXT, 0.3, "a", column="title"),
        Reason("text:plot", SourceKind.TEXT, 0.3, "b", column="plot"),
        Reason("text:plot", SourceKind.TEXT, 0.2, "a", column="plot"),
        Reason("ease", SourceKind.BEHAVIOUR, 0.2, "c"),
    )
    assert sentence(reasons, TITLES) == "because it reads like “Heat” and “Ronin”, and you chose “Alien”"


def test_a_source_without_history_item_speaks_for_itself() -> None:
    assert (
        sentence((Reason("image:poster", SourceKind.IMAGE, 1.0),), {}) == "because its looks fit your taste"
    )


def test_an_item_without_title_stands_by_its_id() -> None:
    assert sentence((Reason("text:plot", SourceKind.TEXT, 1.0, "x9"),), {}) == "because it reads like “x9”"


def test_nothing_for_an_item_is_said_honestly() -> None:
    assert (
        sentence((), TITLES)
        == sentence((Reason("ease", SourceKind.BEHAVIOUR, -1.0, "a"),), TITLES)
        == ENGLISH.nothing
    )


def test_at_most_two_reasons_are_named() -> None:
    reasons = [
        did("like", 3.0, "c"),
        Reason("text:plot", SourceKind.TEXT, 2.5, "a"),
        Reason("video:clip", SourceKind.VIDEO, 2.0, "a"),
        Reason("popularity", SourceKind.POPULARITY, 2.0),
    ]
    assert sentence(reasons, TITLES) == "because you liked “Alien”, and it reads like “Heat”"


@pytest.mark.parametrize(("small", "named"), [(0.199, False), (0.201, True)])
def test_a_second_reason_is_named_that_says_a_fifth(small: float, named: bool) -> None:
    reasons = did("", 1 - small, "a"), Reason("popularity", SourceKind.POPULARITY, small)
    assert sentence(reasons, TITLES) == "because you chose “Heat”" + ", and it is popular" * named


@pytest.mark.parametrize(("part", "named"), [(0.62, False), (0.63, True)])
def test_a_part_is_named_that_says_a_quarter_more_than_an_even_share(part: float, named: bool) -> None:
    told = sentence((parted(1.0, "a", colours=part, shape=1 - part),), TITLES)
    assert ("above all its colours" in told) == named


@pytest.mark.parametrize(("part", "named"), [(0.33, False), (0.34, True)])
def test_of_many_parts_one_is_named_that_says_a_third_of_all(part: float, named: bool) -> None:
    rest = dict.fromkeys("bcde", (1 - part) / 4)
    told = sentence((parted(1.0, "a", colours=part, **rest),), TITLES)
    assert ("above all its colours" in told) == named


def test_another_language_needs_words_only() -> None:
    chinese = dataclasses.replace(
        ENGLISH,
        through_items={SourceKind.IMAGE: "它看起来像{items}"},
        because="因为",
        conjunction="和",
    )
    reasons = (Reason("image", SourceKind.IMAGE, 1.0, "a"), Reason("image", SourceKind.IMAGE, 1.0, "b"))
    assert sentence(reasons, TITLES, phrases=chinese) == "因为它看起来像“Heat”和“Ronin”"


@given(st.lists(st.tuples(st.sampled_from(list(SourceKind)), st.floats(-5, 5), st.sampled_from("abc"))))
def test_shares_add_up_to_one_or_there_are_none(parts: list[tuple[SourceKind, float, str]]) -> None:
    found = shares([Reason("source", *part) for part in parts])
    assert not found or sum(share.share for share in found) == pytest.approx(1)
    assert list(found) == sorted(found, key=lambda share: -share.share)


def test_a_title_with_braces_is_shown_as_it_is() -> None:
    assert "{share}" in sentence((Reason("ease", SourceKind.BEHAVIOUR, 1.0, "a"),), {"a": "{share}"})


def test_a_behaviour_model_with_content_in_its_name_is_behaviour() -> None:
    reasons = (Reason("content-aware-image-walk", SourceKind.BEHAVIOUR, 1.0, "a"),)
    assert sentence(reasons, TITLES) == "because you chose “Heat”"
