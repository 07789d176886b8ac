"""What the benchmarks of the service prove at full size, at a size that every run of the tests can do."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.databases import postgresql_programs
from tests.service.serving import Serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
NEEDS_POSTGRESQL = pytest.mark.skipif(
    postgresql_programs() is None, reason="PostgreSQL is not installed (Debian: apt-get install postgresql)"
)


@pytest.fixture(scope="module", autouse=True)
def _import_from_benchmarks() -> Iterator[None]:
    pytest.importorskip("django", reason="the optional part [serve] is not installed")
    before = sys.path.copy()
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path[:] = before


@pytest.fixture(scope="module")
def made_shop(tmp_path_factory, _import_from_benchmarks) -> Path:
    """A fitted shop. Do not change it."""
    from service_world import make_shop

    folder = tmp_path_factory.mktemp("made") / "shop"
    make_shop(folder)
    return folder


@pytest.fixture(scope="module")
def folder(made_shop, tmp_path_factory) -> Path:
    """The workspace of `shop`."""
    return Path(shutil.copytree(made_shop, tmp_path_factory.mktemp("proofs") / "shop"))


@pytest.fixture(scope="module")
def shop(folder) -> Iterator[Serving]:
    """A fitted shop, served by two web processes."""
    from service_world import served

    with served(folder, "sqlite") as (running, _):
        yield running


def test_no_process_answers_with_what_was_before_another_one_acknowledged(shop):
    from bench_service_stale import stale_pairs
    from service_world import closing_all, one_to_each

    with closing_all(one_to_each(shop)) as processes:
        stale, taken = stale_pairs(processes, 100)
    assert len(processes) == 2
    assert len(taken) == 100
    assert stale == []


def test_a_photo_is_known_to_every_process(shop):
    from bench_service_photo import one_photo

    watched = one_photo(shop, 0)
    assert len(watched) == 2
    assert [one.failed for one in watched] == [[], []]
    assert all(one.recommended_s and one.looked_alike_s for one in watched)


def test_bundles_take_each_others_place_under_load_and_every_answer_is_its_bundles(shop, folder):
    from bench_service_activate import activated, require_right

    facts = activated(shop, folder, 3)
    require_right(facts)
    assert facts["answers"] > 10
    assert facts["added_during_a_refit"] > 0


@NEEDS_POSTGRESQL
def test_what_was_acknowledged_is_stored_once_whatever_is_killed(made_shop, tmp_path):
    from bench_service_kill import killed

    facts = killed(Path(shutil.copytree(made_shop, tmp_path / "shop")), 3)
    assert min(facts["events"], facts["items"], facts["pictures"], facts["segments"]) > 0


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRESQL)])
def test_schemathesis_finds_no_fault_in_any_route(made_shop, tmp_path, database):
    from bench_service_schema import found_by_schemathesis, n_tracebacks
    from service_world import served

    folder = Path(shutil.copytree(made_shop, tmp_path / "shop"))
    with served(folder, database) as (running, _):
        code, said = found_by_schemathesis(running, 3, tmp_path)
    assert code == 0, said[-8000:]
    assert n_tracebacks(folder) == 0
