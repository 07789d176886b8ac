"""A list of users is read whatever wrote it: marks, line ends and encodings of other systems."""

import pytest

from sensorium.core.errors import DataError
from sensorium.workspace.user_list import read_user_ids


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
