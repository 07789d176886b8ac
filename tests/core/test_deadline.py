"""Work stops once its time is up, and nobody else's does."""

import threading

import pytest

from sensorium.core.deadline import OutOfTimeError, deadline, require_time


def test_without_a_deadline_there_is_time():
    require_time()
    with deadline(None):
        require_time()
    with deadline(60):
        require_time()


def test_past_a_deadline_there_is_none_until_its_block_ends():
    with deadline(0), pytest.raises(OutOfTimeError):
        require_time()
    require_time()


def test_an_inner_deadline_does_not_outlive_its_block():
    with deadline(60):
        with deadline(0), pytest.raises(OutOfTimeError):
            require_time()
        require_time()


def test_other_threads_have_their_own():
    failed = []
    with deadline(0):
        thread = threading.Thread(target=lambda: failed.append(_is_past()))
        thread.start()
        thread.join()
    assert failed == [False]


def _is_past():
    try:
        require_time()
    except OutOfTimeError:
        return True
    return False
