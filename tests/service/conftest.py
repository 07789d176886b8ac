"""A service over SQLite and over PostgreSQL: every test that asks for one runs on both."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.service.asking import Asker
    from tests.service.databases import Cluster

SETTINGS = """
[catalog]
items = "items.csv"
text = ["title"]
category = ["genres"]
number = ["year"]
image = ["picture"]
audio = ["sound"]

[events]
file = "events.csv"
type = "action"
time = "at"
"""
ITEMS = """item_id,title,genres,year,picture,sound
a,Red kite,Toys|Wind,2001,,
b,Blue ball,Toys,1999,,
c/d,太空,Space,2020,,
"""
EVENTS = (
    "user_id,item_id,action,at\nu,a,view,1700000000\nu,a,view,1700000100\nu,b,like,1700000200\nv,a,view,1\n"
)


def make_workspace(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sensorium.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "items.csv").write_text(ITEMS, encoding="utf-8")
    (folder / "events.csv").write_text(EVENTS, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def configured(tmp_path_factory) -> Path:
    """Django, configured once for this process; the tests give it other databases."""
    pytest.importorskip("django", reason="the optional part [serve] is not installed")
    from sensorium.service import configure

    folder = make_workspace(tmp_path_factory.mktemp("service"))
    os.environ.pop("DATABASE_URL", None)
    configure(folder)
    return folder


@pytest.fixture(scope="session")
def postgresql() -> "Iterator[Cluster]":
    """A cluster that ends with the tests."""
    from tests.service.databases import cluster, postgresql_programs

    programs = postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with cluster(programs) as made:
        yield made


@pytest.fixture(scope="session")
def templates() -> dict[str, Any]:
    """Migrated databases without rows, by kind: copies of them are what tests begin with."""
    return {}


def use(database: dict[str, Any]) -> None:
    from django.db import connections

    connections.close_all()
    connections.settings["default"] = connections.configure_settings({"default": database})["default"]
    if hasattr(connections._connections, "default"):
        del connections["default"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, configured, templates, tmp_path) -> Iterator[str]:
    """An empty database with its tables: its URL."""
    from django.db import connections

    from sensorium.service.database_url import database_of
    from sensorium.service.running.first_start import migrate

    if request.param == "sqlite":
        if "sqlite" not in templates:
            templates["sqlite"] = configured / "template.sqlite3"
            use(database_of(f"sqlite:///{templates['sqlite']}"))
            migrate()
            connections.close_all()
        file = tmp_path / "database.sqlite3"
        shutil.copy(templates["sqlite"], file)
        url = f"sqlite:///{file}"
    else:
        made = request.getfixturevalue("postgresql")
        if "postgresql" not in templates:
            made.execute("CREATE DATABASE template_tables")
            use(database_of(made.url("template_tables")))
            migrate()
            connections.close_all()
            templates["postgresql"] = 0
        templates["postgresql"] += 1
        name = f"test_{templates['postgresql']}"
        made.execute(f"CREATE DATABASE {name} TEMPLATE template_tables")
        url = made.url(name)
    use(database_of(url))
    yield url
    connections.close_all()


@pytest.fixture
def service(database, tmp_path) -> "Iterator[Asker]":
    """The service with its first key; what it stores lies in the folder of the test."""
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings
    from tests.service.asking import Asker
    from werkzeug.test import Client

    from sensorium.service.api.access import failure_rates, name_failure_rates, request_rates
    from sensorium.service.engine.before_bundle import forget_counts
    from sensorium.service.engine.holder import forget_views
    from sensorium.service.place import Place
    from sensorium.service.running.first_start import first_credentials

    quick = override_settings(
        SENSORIUM_PLACE=Place(tmp_path), PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]
    )
    with quick:
        request_rates.cache_clear()
        failure_rates.cache_clear()
        name_failure_rates.cache_clear()
        forget_views()
        forget_counts()
        credentials = first_credentials()
        assert credentials is not None
        yield Asker(credentials.key, Client(get_wsgi_application()))


@pytest.fixture
def tenant(service):
    """The first tenant."""
    from sensorium.service.running.first_start import default_tenant

    return default_tenant()
