"""Parts of a service that start by themselves: one at a time, and behind proxies that are trusted."""

import threading
import time

import pytest

from sensorium.core.errors import ConfigError


def test_one_start_at_a_time_on_either_database(database):
    from django.db import connections

    from sensorium.service.running.alone import alone

    said: list[str] = []

    def start(name: str) -> None:
        with alone():
            said.append(name)
            time.sleep(0.3)
            said.append(name)
        connections.close_all()

    threads = [threading.Thread(target=start, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said[::2] == said[1::2]
    assert sorted(said[::2]) == ["a", "b", "c"]


def test_of_several_secrets_made_at_once_the_first_stays(tmp_path):
    from sensorium.service.place import Place

    place = Place(tmp_path)
    read: list[str] = []
    threads = [threading.Thread(target=lambda: read.append(place.secret())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 8
    assert len(set(read)) == 1
    assert (place.folder / "secret").stat().st_mode & 0o077 == 0
    assert [file.name for file in place.folder.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    ("sender", "forwarded", "caller"),
    [
        ("10.0.0.2", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.2", "made up, 203.0.113.5, 10.0.0.3", "203.0.113.5"),
        ("::ffff:10.0.0.2", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("198.51.100.9", "203.0.113.5", "198.51.100.9"),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(configured, sender, forwarded, caller):
    from django.http import HttpResponse
    from django.test import RequestFactory, override_settings

    from sensorium.service.api.forwarded import Forwarded
    from sensorium.service.proxies import networks_of

    request = RequestFactory().get(
        "/", REMOTE_ADDR=sender, HTTP_X_FORWARDED_FOR=forwarded, HTTP_X_FORWARDED_PROTO="https"
    )
    with override_settings(SENSORIUM_PROXIES=networks_of(["10.0.0.0/8"])):
        Forwarded(lambda _: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == caller
    assert request.is_secure() == (sender != "198.51.100.9")


def test_a_network_that_is_none_is_named_with_the_remedy():
    from sensorium.service.proxies import networks_of

    with pytest.raises(ConfigError, match=r"10\.0\.0\.1/8.*has host bits set"):
        networks_of(["10.0.0.1/8"])


def test_a_part_that_is_none_is_refused_before_anything_starts(tmp_path):
    pytest.importorskip("django", reason="the optional part [serve] is not installed")
    from sensorium.cli.serve import command

    with pytest.raises(ConfigError, match=r"'both'.*web, worker or setup"):
        command(tmp_path, only="both")
