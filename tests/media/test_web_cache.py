"""What was fetched stays within a limit; what was not used for the longest time goes first."""

import os
import subprocess
import sys
import time

import pytest

from sensorium.media.web_cache import CachedAnswer, WebCache

KIB = 1024


def put(cache, name, n_bytes=10 * KIB):
    cache.put(name, name.encode().ljust(n_bytes, b"."), etag=None, last_modified=None)


def kept_bytes(folder):
    return sum(file.stat().st_size for file in (folder / "contents").iterdir())


def aged(folder, seconds):
    """Let everything that is there have been used so much earlier."""
    for file in [*(folder / "contents").iterdir(), *(folder / "urls").iterdir()]:
        used_ns = file.stat().st_mtime_ns - int(seconds * 1e9)
        os.utime(file, ns=(used_ns, used_ns))


def test_the_limit_holds_however_much_is_fetched(tmp_path):
    cache = WebCache(tmp_path, 100 * KIB)
    for number in range(50):
        put(cache, f"u{number}")
        assert kept_bytes(tmp_path) <= 100 * KIB
    assert kept_bytes(tmp_path) >= 80 * KIB


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path):
    cache = WebCache(tmp_path, 100 * KIB)
    for number in range(8):
        put(cache, f"u{number}")
        aged(tmp_path, 10)
    assert cache.get("u0") is not None
    aged(tmp_path, 10)
    for number in range(8, 12):
        put(cache, f"u{number}")
    kept = [number for number in range(12) if cache.get(f"u{number}") is not None]
    assert kept == [0, *range(12 - len(kept) + 1, 12)]
    assert len(list((tmp_path / "urls").iterdir())) == len(kept)


def test_a_medium_larger_than_the_limit_is_not_kept_and_removes_nothing(tmp_path):
    cache = WebCache(tmp_path, 100 * KIB)
    put(cache, "small")
    put(cache, "large", 200 * KIB)
    assert cache.get("large") is None
    assert cache.get("small") is not None


def test_a_folder_that_was_too_large_before_is_brought_within_the_limit(tmp_path):
    for number in range(30):
        put(WebCache(tmp_path), f"u{number}")
    put(WebCache(tmp_path, 100 * KIB), "new")
    for number in range(20):
        put(WebCache(tmp_path, 100 * KIB), f"v{number}")
    assert kept_bytes(tmp_path) <= 100 * KIB


def test_the_size_of_the_whole_is_looked_at_only_now_and_then(tmp_path):
    cache = WebCache(tmp_path, 100_000 * KIB)
    put(cache, "first")
    with (tmp_path / "contents" / "too large").open("wb") as file:
        file.truncate(200_000 * KIB)
    for number in range(50):
        put(cache, f"u{number}")
    assert (tmp_path / "contents" / "too large").exists()
    put(cache, "larger", 6_000 * KIB)
    assert not (tmp_path / "contents" / "too large").exists()


WRITER = """
import sys
from pathlib import Path
from sensorium.media.web_cache import WebCache
cache = WebCache(Path(sys.argv[1]), 100 * 1024)
for number in range(60):
    name, earlier = f"{sys.argv[2]}-{number}", f"{sys.argv[2]}-{number // 2}"
    cache.put(name, name.encode().ljust(10240), etag=None, last_modified=None)
    found = cache.get(earlier)
    assert found is None or found[1].startswith(f"{earlier} ".encode())
"""


@pytest.mark.parametrize("ahead_s", [1.0, 3600.0, 1e9])
def test_what_was_fetched_later_than_now_is_infinitely_old(ahead_s):
    answer = CachedAnswer("u", "hash", fetched_s=time.time() + ahead_s)
    assert answer.age_s == float("inf")


def test_what_was_fetched_before_is_as_old_as_the_clock_says():
    assert CachedAnswer("u", "hash", fetched_s=time.time() - 100).age_s == pytest.approx(100, abs=5)


def test_the_question_holds_what_the_server_gave_and_nothing_else():
    asked = {"If-None-Match": '"x"', "If-Modified-Since": "yesterday"}
    assert CachedAnswer("u", "h", 0.0, '"x"', "yesterday").question == asked
    assert CachedAnswer("u", "h", 0.0, '"x"').question == {"If-None-Match": '"x"'}
    assert CachedAnswer("u", "h", 0.0).question == {}


def test_several_processes_may_write_and_remove_at_once(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert kept_bytes(tmp_path) <= 130 * KIB  # each may add one before it looks
    assert not list(tmp_path.rglob("*.part"))
