import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.item_list import Part, Reason
from sensorium.core.source_kind import SourceKind
from sensorium.insight.reasons import ENGLISH, sentence, shares

TITLES = {"a": "Heat", "b": "Ronin", "c": "Alien"}


def test_a_sentence_names_items_and_shares() -> None:
    reasons = (
        Reason("ease", SourceKind.BEHAVIOUR, 0.2, "a"),
        Reason("ease", SourceKind.BEHAVIOUR, 0.15, "b"),
        Reason("image:poster", SourceKind.IMAGE, 0.4, "a"),
        Reason("audio:theme", SourceKind.AUDIO, 0.25, "c"),
    )
    assert sentence(reasons, TITLES) == (
        "because it looks like Heat (40%); you liked Heat and Ronin (35%); it sounds like Alien (25%)"
    )


def parted(contribution: float, item: str, **parts: float) -> Reason:
    """A reason from pictures, divided."""
    found = tuple(Part(name, value) for name, value in parts.items())
    return Reason("image:poster", SourceKind.IMAGE, contribution, item, found)


def test_the_part_that_stands_out_is_named_with_its_share() -> None:
    reasons = (
        Reason("ease", SourceKind.BEHAVIOUR, 0.25, "b"),
        parted(0.3, "a", colours=0.3, texture=0.1, shape=-0.1),
        parted(0.2, "c", colours=0.1, texture=0.0, shape=0.1),
    )
    assert sentence(reasons, TITLES) == (
        "because it looks like Heat and Alien (67%), above all its colours (53%); you liked Ronin (33%)"
    )


def test_no_part_is_named_where_all_say_about_the_same() -> None:
    even = parted(0.3, "a", colours=0.1, texture=0.11, shape=0.09)
    assert sentence((even,), TITLES) == "because it looks like Heat (100%)"
    many = parted(1.0, "a", b=0.3, c=0.2, d=0.1, e=0.1, f=0.1, g=0.1, h=0.1)
    assert sentence((many,), TITLES) == "because it looks like Heat (100%)"


def test_parts_of_what_speaks_against_an_item_are_left_out_too() -> None:
    reasons = (parted(0.4, "a", colours=0.3, shape=0.1), parted(-5.0, "c", colours=-5.0, shape=0.0))
    assert sentence(reasons, TITLES) == "because it looks like Heat (100%), above all its colours (75%)"


def test_the_baseline_is_no_reason() -> None:
    assert (
        sentence(
            (Reason("baseline", SourceKind.BASELINE, 9.0), Reason("popularity", SourceKind.POPULARITY, 1.0)),
            {},
        )
        == "because it is popular (100%)"
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
        == "because it shares its genres with Heat (100%)"
    )


def test_columns_that_the_words_do_not_tell_apart_are_one_reason() -> None:
    reasons = (
        Reason("text:title", SourceKind.TEXT, 0.3, "a", column="title"),
        Reason("text:plot", SourceKind.TEXT, 0.3, "b", column="plot"),
        Reason("text:plot", SourceKind.TEXT, 0.2, "a", column="plot"),
        Reason("ease", SourceKind.BEHAVIOUR, 0.2, "c"),
    )
    assert sentence(reasons, TITLES) == "because it reads like Heat and Ronin (80%); you liked Alien (20%)"


def test_a_source_without_history_item_speaks_for_itself() -> None:
    assert (
        sentence((Reason("image:poster", SourceKind.IMAGE, 1.0),), {})
        == "because its looks fit your taste (100%)"
    )


def test_an_item_without_title_stands_by_its_id() -> None:
    assert (
        sentence((Reason("text:plot", SourceKind.TEXT, 1.0, "x9"),), {}) == "because it reads like x9 (100%)"
    )


def test_nothing_for_an_item_is_said_honestly() -> None:
    assert (
        sentence((), TITLES)
        == sentence((Reason("ease", SourceKind.BEHAVIOUR, -1.0, "a"),), TITLES)
        == ENGLISH.nothing
    )


def test_only_the_strongest_clauses_and_items_are_named() -> None:
    reasons = [
        Reason("ease", SourceKind.BEHAVIOUR, weight, item)
        for weight, item in ((3.0, "c"), (2.0, "a"), (1.0, "b"))
    ]
    reasons += [
        Reason("text:plot", SourceKind.TEXT, 1.0, "a"),
        Reason("video:clip", SourceKind.VIDEO, 0.5, "a"),
    ]
    shown = sentence(reasons, TITLES, max_clauses=2, max_items=2)
    assert shown == "because you liked Alien and Heat (80%); it reads like Heat (13%)"


@pytest.mark.parametrize(("small", "named"), [(0.0049, False), (0.0051, True)])
def test_a_reason_is_named_from_half_a_percent_on(small: float, named: bool) -> None:
    reasons = (
        Reason("ease", SourceKind.BEHAVIOUR, 1 - small, "a"),
        Reason("image:poster", SourceKind.IMAGE, small, "b"),
    )
    told = sentence(reasons, TITLES)
    assert ("Ronin" in told) == named
    assert told.startswith("because you liked Heat")


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
        through_items={SourceKind.IMAGE: "它看起来像{items}（{share}）"},
        because="因为",
        conjunction="和",
    )
    reasons = (Reason("image", SourceKind.IMAGE, 1.0, "a"), Reason("image", SourceKind.IMAGE, 1.0, "b"))
    assert sentence(reasons, TITLES, phrases=chinese) == "因为它看起来像Heat和Ronin（100%）"


@given(st.lists(st.tuples(st.sampled_from(list(SourceKind)), st.floats(-5, 5), st.sampled_from("abc"))))
def test_shares_add_up_to_one_or_there_are_none(parts: list[tuple[SourceKind, float, str]]) -> None:
    found = shares([Reason("source", *part) for part in parts])
    assert not found or sum(share.share for share in found) == pytest.approx(1)
    assert list(found) == sorted(found, key=lambda share: -share.share)


def test_a_title_with_braces_is_shown_as_it_is() -> None:
    assert "{share}" in sentence((Reason("ease", SourceKind.BEHAVIOUR, 1.0, "a"),), {"a": "{share}"})


def test_a_behaviour_model_with_content_in_its_name_is_behaviour() -> None:
    reasons = (Reason("content-aware-image-walk", SourceKind.BEHAVIOUR, 1.0, "a"),)
    assert sentence(reasons, TITLES) == "because you liked Heat (100%)"
