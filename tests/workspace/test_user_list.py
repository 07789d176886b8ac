"""Users are named in a file: an id a line, or a column of a table, whatever wrote it."""

import pytest

from sensorium.core.errors import DataError
from sensorium.workspace.user_list import read_user_ids


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("users.txt", "\ufeffu03\n\n  007 \r\nu,01"),
        ("one.csv", 'whoever\nu03\n\n007\n"u,01"\n'),
        ("table.csv", 'age,user_id\n9,u03\n8,\n7,007\n6,"u,01"\n'),
    ],
    ids=["lines", "the only column", "the column of users"],
)
def test_ids_are_read_as_they_stand_and_empty_ones_are_left_out(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content.encode())
    assert read_user_ids(file, "user_id").to_list() == ["u03", "007", "u,01"]


def test_a_table_without_the_column_says_which_there_are(tmp_path):
    file = tmp_path / "wrong.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column 'user_id'. Columns are: a, b"):
        read_user_ids(file, "user_id")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfzo\xc3\xab\r\n\r\n u2 \r\n",
        "zoë\nu2".encode("utf-16"),
        "zoë\nu2\n".encode("cp1252"),
        "zoë\ru2\r".encode(),
    ],
    ids=["mark", "utf-16", "cp1252", "carriage-returns"],
)
def test_a_list_of_any_encoding_is_read(tmp_path, content):
    file = tmp_path / "users.txt"
    file.write_bytes(content)
    assert read_user_ids(file, "user_id").to_list() == ["zoë", "u2"]


def test_a_separator_of_lines_that_is_a_letter_of_an_id_stays_in_it(tmp_path):
    file = tmp_path / "users.txt"
    file.write_text("u\u20281\nu2\n", encoding="utf-8")
    assert read_user_ids(file, "user_id").to_list() == ["u\u20281", "u2"]


@pytest.mark.parametrize("content", [b"", b"\n \r\n"])
def test_a_list_without_users_is_refused(tmp_path, content):
    file = tmp_path / "users.txt"
    file.write_bytes(content)
    with pytest.raises(DataError, match="no user is named"):
        read_user_ids(file, "user_id")
