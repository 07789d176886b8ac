"""Parts of a service that start by themselves: one at a time, and behind proxies that are trusted."""

import os
import signal
import threading
import time
from datetime import timedelta

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


def test_a_start_that_is_told_to_end_does_so_before_it_is_done():
    from sensorium.service.running.processes import end_on_terminate

    before = signal.getsignal(signal.SIGTERM)
    try:
        end_on_terminate()
        with pytest.raises(SystemExit) as ended:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        assert ended.value.code == 143
    finally:
        signal.signal(signal.SIGTERM, before)


def bundle(tenant, version: str) -> None:
    """The row of a bundle that is an hour old and has the changes up to the seventh."""
    from django.utils import timezone

    from sensorium.service.engine.models import Bundle

    values = {"item_sequence": 5, "encoded_sequence": 7, "n_items": 1, "n_users": 1, "seconds": 1}
    created = timezone.now() - timedelta(hours=1)
    Bundle(tenant=tenant, version=version, created=created, **values).save()


def test_a_restored_database_forgets_bundles_that_were_not_saved_and_fits_anew(service, tenant):
    from sensorium.service.engine.bundles import active_bundle
    from sensorium.service.engine.first_bundle import forget_lost_bundles
    from sensorium.service.engine.models import Bundle, EngineState
    from sensorium.service.engine.place import bundles_of

    for version in ("kept", "lost"):
        bundle(tenant, version)
    (bundles_of(tenant) / "kept").mkdir(parents=True)
    EngineState.objects.of(tenant).update(bundle="kept")
    assert forget_lost_bundles() == []
    EngineState.objects.of(tenant).update(bundle="lost")
    assert forget_lost_bundles() == [tenant]
    assert active_bundle(tenant) is None
    assert [row.version for row in Bundle.objects.of(tenant)] == ["kept"]


def test_counters_say_how_old_and_how_far_behind_what_answers_is(service, tenant):
    from sensorium.service.engine.freshness import freshness
    from sensorium.service.engine.models import EngineState

    assert (freshness().n_bundles, freshness().oldest_s, freshness().changes_behind) == (0, 0.0, 0)
    bundle(tenant, "old")
    bundle(tenant, "active")
    EngineState.objects.of(tenant).update(bundle="active", item_sequence=10)
    now = freshness()
    assert (now.n_bundles, now.changes_behind) == (1, 3)
    assert 3600 <= now.oldest_s < 3700
