"""Several things at once, each with its own connection to the database."""

import threading
from collections.abc import Callable


def at_once(*works: Callable[[], object]) -> None:
    """Do all of `works` at the same time; the first that fails fails the test."""
    from django.db import connections

    failed: list[BaseException] = []

    def do(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
