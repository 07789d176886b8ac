"""Ids and indices: both ways, append-only, with messages that help."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.errors import DataError, UnknownIdError
from sensorium.core.vocabulary import MISSING, Vocabulary


@given(st.lists(st.text(), unique=True), st.lists(st.text()))
def test_extending_keeps_every_old_index_and_knows_every_new_id(old, new):
    before = Vocabulary(old)
    after = before.extended(new)
    assert after.ids_at(before.indices(old)) == old
    assert set(after) == set(old) | set(new)


def test_numbers_are_taken_as_their_text():
    vocabulary = Vocabulary([7, "b"])
    assert vocabulary.index(7) == vocabulary.index("7") == 0
    assert 7 in vocabulary


def test_lookup_marks_unknown_keys_and_keeps_the_order():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.lookup(pl.Series(["b", "x", "a", None])).tolist() == [1, MISSING, 0, MISSING]


def test_an_unknown_id_is_answered_with_ids_that_look_alike():
    with pytest.raises(UnknownIdError, match="unknown user 'user-17'. Known users are for example: user-1"):
        Vocabulary(["user-1", "user-2"], name="user").index("user-17")


def test_duplicates_are_refused_by_name():
    with pytest.raises(DataError, match="item id 'a' stands more than once"):
        Vocabulary(["a", "b", "a"])


def test_equal_ids_in_another_order_are_another_vocabulary():
    assert Vocabulary(["a", "b"]) != Vocabulary(["b", "a"])
    assert Vocabulary(["a", "b"]) == Vocabulary(["a", "b"])


def test_an_alias_is_found_under_the_id_it_stands_for_also_after_growth():
    vocabulary = Vocabulary(["a", "b"], aliases={"copy": "b"})
    for each in (vocabulary, vocabulary.extended(["c", "copy"])):
        assert each.index("copy") == each.index("b") == 1
        assert "copy" in each
        assert each.lookup(pl.Series(["copy", "x", "a"])).tolist() == [1, MISSING, 0]
        assert "copy" not in list(each)
    assert vocabulary != Vocabulary(["a", "b"])
    assert vocabulary == Vocabulary(["a", "b"], aliases={"copy": "b"})


@pytest.mark.parametrize("aliases", [{"a": "b"}, {"copy": "unknown"}])
def test_an_alias_is_new_and_stands_for_a_known_id(aliases):
    with pytest.raises(DataError, match="cannot stand for item"):
        Vocabulary(["a", "b"], aliases=aliases)


SPELLINGS = [
    42,
    "42",
    42.0,
    np.int64(42),
    np.uint8(42),
    np.float32(42),
    np.asarray(42),
    Decimal("42"),
    pl.Series([42])[0],
    pd.Series([42])[0],
    pd.Series([42.0, None])[0],
]


@pytest.mark.parametrize("key", SPELLINGS, ids=repr)
def test_every_spelling_of_a_number_is_found(key):
    for vocabulary in (Vocabulary([7, 42]), Vocabulary(["7", "42"])):
        assert vocabulary.index(key) == 1
        assert key in vocabulary


@pytest.mark.parametrize("key", [True, np.True_, None, float("nan"), np.float32("nan")], ids=repr)
def test_what_is_no_id_is_refused_and_is_in_no_vocabulary(key):
    vocabulary = Vocabulary([1, 0])
    with pytest.raises(DataError, match="is no id. Give text or a whole number"):
        vocabulary.index(key)
    assert key not in vocabulary


@given(st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, min_size=1))
def test_whole_numbers_come_back_as_such_in_lists_and_series(ids):
    for vocabulary in (Vocabulary(ids), Vocabulary(pl.Series(ids, dtype=pl.Int64))):
        assert vocabulary.integer
        assert vocabulary.given_ids.to_list() == vocabulary.given_ids_at(range(len(ids))) == ids
        assert [vocabulary.as_given(key) for key in vocabulary] == ids


def test_text_comes_back_as_text_even_if_it_looks_like_a_number():
    vocabulary = Vocabulary(["007", "7"])
    assert vocabulary.given_ids_at([0, 1]) == ["007", "7"]
    assert vocabulary.as_given("7") == "7"


def test_numbers_stay_numbers_while_all_that_is_appended_can_be_one():
    vocabulary = Vocabulary([1, 2])
    assert vocabulary.extended(["3", 4.0]).given_ids.to_list() == [1, 2, 3, 4]
    assert vocabulary.extended(["x"]).given_ids.to_list() == ["1", "2", "x"]
    assert vocabulary.extended(["03"]).given_ids.to_list() == ["1", "2", "03"]


def test_numbers_that_no_column_of_integers_holds_are_text():
    assert Vocabulary([2**63]).given_ids.to_list() == [str(2**63)]
    assert not Vocabulary([]).integer


def test_a_vocabulary_that_grew_step_by_step_is_the_one_made_at_once():
    grown = Vocabulary(["1", "2"], integer=True, aliases={"two": "2"})
    for more in (["3", "2"], [], ["two", 4], ["x"]):
        grown = grown.extended(more)
    whole = Vocabulary(["1", "2", "3", "4", "x"], aliases={"two": "2"})
    assert grown == whole
    assert grown.integer is False
    assert [grown.index(key) for key in (1, "two", 3, 4, "x")] == [0, 1, 2, 3, 4]
    assert grown.given_ids.to_list() == ["1", "2", "3", "4", "x"]
    assert grown.aliases == {"two": "2"}
