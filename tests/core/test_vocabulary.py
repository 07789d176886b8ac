"""Ids and indices: both ways, append-only, with messages that help."""

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
