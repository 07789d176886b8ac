"""What `check` says of strengths: what each type counts, and what is odd about it."""

import polars as pl
import pytest

from sensorium.catalog.events import Events
from sensorium.catalog.strength_checks import strength_problems, strengths_in_words
from sensorium.core.vocabulary import Vocabulary

ITEMS = Vocabulary(["a", "b"])


def events(types: list, **rules) -> Events:
    n = len(types)
    frame = pl.DataFrame({"user_id": ["u"] * n, "item_id": ["a", "b"] * (n // 2), "type": types})
    return Events.from_frame(frame, items=ITEMS, **rules)


def test_each_type_says_how_many_there_are_and_what_they_count():
    shop = events(["view", "view", "purchase", "view"], strength={"view": 0.2, "purchase": 1})
    assert strengths_in_words(shop) == {"view": "3 events count 0.2", "purchase": "1 event count 1.0"}


def test_events_that_count_differently_are_told_with_their_range():
    frame = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"], "plays": [1, 3]})
    plays = Events.from_frame(frame, items=ITEMS, count="plays")
    assert strengths_in_words(plays) == {"event": "2 events count 1.5 on average, 1.0 to 2.0"}


def test_where_all_count_the_same_nothing_is_said_but_what_is_against_is():
    assert strengths_in_words(events(["view", "view"])) == {}
    assert strengths_in_words(events(["view", "dislike"]))["dislike"] == "1 event count -1.0"


@pytest.mark.parametrize(
    ("types", "strength", "found"),
    [
        (["view", "buy"], {"view": 1, "purchse": 2}, {"unknown type", "type says nothing"}),
        (["view", "buy"], {"view": 0.1, "buy": 0.2}, {"nothing relevant"}),
        (["view", "buy"], {"view": 0.2, "buy": 1}, set()),
        (["view", "share"], {"view": 1, "share": 0}, set()),
    ],
)
def test_what_is_odd_is_a_problem_that_names_it(types, strength, found):
    problems = list(strength_problems(events(types, strength=strength), "events.csv"))
    assert {problem.kind for problem in problems} == found
    assert all(problem.remedy for problem in problems)


def test_a_type_that_positive_names_and_no_event_has_is_named_with_those_that_there_are():
    misspelt = events(["view", "Buy"], positive=["purchse", "buy", "type = gift"])
    (problem,) = strength_problems(misspelt, "events.csv")
    assert (problem.kind, problem.where) == ("unknown type", "events.csv")
    assert "'purchse'" in problem.message
    assert "Buy, view" in problem.remedy
