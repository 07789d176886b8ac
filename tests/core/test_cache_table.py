"""A table that can be computed again opens whatever stands in its file."""

import contextlib
import sqlite3
import threading

import pytest

from sensorium.core.cache_table import open_cache_table

CREATE = "CREATE TABLE IF NOT EXISTS words (word TEXT)"


def words(path):
    with contextlib.closing(open_cache_table(path, CREATE)) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words")]


def keep(path, word):
    with contextlib.closing(open_cache_table(path, CREATE)) as connection, connection:
        connection.execute("INSERT INTO words VALUES (?)", [word])


def test_what_was_kept_is_there_when_it_is_opened_again(tmp_path):
    file = tmp_path / "in" / "folders" / "words.sqlite"
    keep(file, "owl")
    keep(file, "whistle")
    assert words(file) == ["owl", "whistle"]


def test_what_is_no_database_is_started_anew(tmp_path):
    file = tmp_path / "words.sqlite"
    file.write_bytes(b"no database at all" * 100)
    assert words(file) == []
    keep(file, "owl")
    assert words(file) == ["owl"]


@pytest.mark.parametrize("any_thread", [True, False])
def test_other_threads_may_ask_only_where_that_was_asked_for(tmp_path, any_thread):
    refused = []

    def ask(connection):
        try:
            connection.execute("SELECT word FROM words")
        except sqlite3.ProgrammingError as error:
            refused.append(error)

    with contextlib.closing(
        open_cache_table(tmp_path / "words.sqlite", CREATE, any_thread=any_thread)
    ) as connection:
        other = threading.Thread(target=ask, args=[connection])
        other.start()
        other.join()
    assert bool(refused) is not any_thread
