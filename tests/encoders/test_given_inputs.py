"""What people hold (a column of a frame, a label alone, a path) is what encoders take."""

import numpy as np
import polars as pl
import pytest

from sensorium.core.errors import DataError, MediaError
from sensorium.core.roles import Role
from sensorium.encoders.given_inputs import GivenInputs


def test_a_column_of_a_frame_is_a_list_of_inputs_and_nothing_is_missing_text():
    given = GivenInputs(pl.Series(["red", None]), Role.TEXT)
    assert list(given) == ["red", None]
    assert list(GivenInputs(["red", float("nan")], Role.TEXT)) == ["red", None]


def test_one_label_is_a_label_and_not_its_letters():
    assert list(GivenInputs(["Comedy", ["Drama", "War"], None], Role.CATEGORY)) == [
        ("Comedy",),
        ("Drama", "War"),
        None,
    ]


def test_numbers_of_every_kind_are_numbers():
    given = list(GivenInputs(np.array([1999, 2001], dtype=np.int16), Role.NUMBER))
    assert given == [1999.0, 2001.0]
    assert all(type(number) is float for number in given)


def test_a_file_is_read_when_it_is_asked_for(tmp_path):
    path = tmp_path / "late.bin"
    given = GivenInputs([str(path), path, b"bytes"], Role.IMAGE)
    path.write_bytes(b"there now")
    assert list(given[1:]) == [b"there now", b"bytes"]
    path.unlink()
    with pytest.raises(MediaError, match=r"input 1 \(.*late.bin\): file not found"):
        next(iter(given[1:]))


def test_an_input_keeps_its_number_in_a_slice_of_a_slice():
    given = GivenInputs(["a", "b", "c", 4], Role.TEXT)
    for part in (given[3:], given[1:][2:], given[1:][1:][1:]):
        with pytest.raises(MediaError, match=r"input 3 \(4\): is a int, not a text"):
            list(part)


@pytest.mark.parametrize("one", ["red", b"\x00", 7])
def test_one_input_in_the_place_of_a_list_is_refused(one):
    with pytest.raises(DataError, match="where several inputs are expected. Give a list"):
        GivenInputs(one, Role.TEXT)


@pytest.mark.parametrize(
    ("given", "role", "message"),
    [
        (7, Role.TEXT, r"input 0 \(7\): is a int, not a text"),
        (7, Role.CATEGORY, "not a label or several"),
        ((1, 2), Role.CATEGORY, "not a label or several"),
        ("seven", Role.NUMBER, r"input 0 \(seven\): is a str, not a number"),
        (7, Role.AUDIO, "not a recording: a path, or the bytes of the file"),
    ],
)
def test_what_an_encoder_does_not_read_is_named(given, role, message):
    with pytest.raises(MediaError, match=message):
        list(GivenInputs([given], role))
