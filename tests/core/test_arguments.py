"""What callers give where a list, a whole number or a known word belongs."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sensorium.core.arguments import as_choice, as_length, as_list, as_seed, as_texts
from sensorium.core.errors import ConfigError


@pytest.mark.parametrize(
    "given",
    [[1, 2], (1, 2), range(1, 3), {1: "a", 2: "b"}, np.array([1, 2]), pd.Series([1, 2], [8, 9]),
     pd.Index([1, 2]), pd.Categorical([1, 2]), pl.Series([1, 2]), iter([1, 2])],
)  # fmt: skip
def test_whatever_holds_values_in_one_row_is_a_list(given):
    assert as_list(given, "users") == [1, 2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("ab", r"^users: 'ab' is one text, no list\. Write users=\['ab'\]$"),
        (3, r"^users: 3 is no list\. Write users=\[3\]$"),
        (None, r"^users: None is no list\. Leave it out$"),
        (pd.DataFrame({"user_id": [1]}), r'^users: a frame is no list of users\. Give .*frame\["user_id"\]$'),
        (pl.DataFrame({"user_id": [1]}), "a frame is no list of users"),
        (np.array([[1, 2]]), r"an array of shape \(1, 2\) is no list"),
        (np.array(1), r"an array of shape \(\) is no list"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_write(given, said):
    with pytest.raises(ConfigError, match=said):
        as_list(given, "users")


def test_texts_are_texts():
    assert as_texts(("a", "b"), "where") == ["a", "b"]
    with pytest.raises(ConfigError, match=r"^where: 1 is no text\. Write where=\['1'\]$"):
        as_texts(["a", 1], "where")


@pytest.mark.parametrize("k", [2.5, 3.0, np.float64(3), "3", None, True, np.True_, [3], float("nan")])
def test_a_length_that_is_no_whole_number_is_refused(k):
    with pytest.raises(ConfigError, match=r"^k is .*, no whole number\. Ask for example for k=10$"):
        as_length(k)


def test_whole_numbers_of_all_types_are_lengths_from_one_on():
    assert [as_length(k) for k in (1, np.int8(5), np.uint64(7))] == [1, 5, 7]
    for k in (0, -1, np.int64(0)):
        with pytest.raises(ConfigError, match=r"^k is -?\d\. Ask for at least one item$"):
            as_length(k)


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True, 2**32, np.random.default_rng(0)])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(ConfigError, match="is no seed. Give a whole number from 0 to 4294967295"):
        as_seed(seed)


def test_seeds_and_choices_are_taken_as_they_are():
    assert [as_seed(seed) for seed in (0, np.int64(3), 2**32 - 1)] == [0, 3, 2**32 - 1]
    assert as_choice("no", ("no", "neighbours"), "impute") == "no"
    for wrong in ("yes", None, True):
        with pytest.raises(ConfigError, match="^impute: unknown impute .*Choose one of: no, neighbours$"):
            as_choice(wrong, ("no", "neighbours"), "impute")
