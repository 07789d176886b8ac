"""What the service is made of: its settings, its tables, and what it does not ask of others."""

import subprocess
import sys

import pytest

from sensorium.core.errors import ConfigError
from sensorium.service.database_url import database_of
from sensorium.service.extra import MODULES

WITHOUT = f"""
import sys
for name in {MODULES!r}:
    sys.modules[name] = None
import sensorium
from sensorium.cli.main import exit_code
assert exit_code(["models", "--json"]) == 0
import sensorium.service
sys.exit(exit_code(["serve", "."]))
"""


def test_without_the_extra_the_core_works_and_serve_says_how_to_install_it():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    assert done.stderr == (
        "error: sensorium serve needs the optional part [serve]. "
        "Install it with: pip install 'sensorium[serve]'\n"
    )


def test_the_command_line_imports_nothing_of_the_service_for_other_commands():
    script = (
        "import sys; from sensorium.cli.main import exit_code; exit_code(['--help']);"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'ninja', 'psycopg')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_migrations_make_the_tables_that_the_program_has(service):
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:p%40ss@host:5433/shop", ("shop", "me", "p@ss", "host", "5433")),
        ("postgres:///shop", ("shop", "", "", "", "")),
        ("postgresql://me@/shop?host=/run/postgresql", ("shop", "me", "", "/run/postgresql", "")),
        ("postgresql://me@[::1]:5432/shop?sslmode=require", ("shop", "me", "", "::1", "5432")),
    ],
)
def test_a_url_of_postgresql_is_understood(url, expected):
    found = database_of(url)
    assert tuple(found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == expected
    assert ("sslmode" in found["OPTIONS"]) == ("sslmode" in url)


def test_a_url_of_sqlite_is_a_file_with_one_writer_and_nothing_lost():
    found = database_of("sqlite:////var/lib/a%20b.sqlite3")
    assert found["NAME"] == "/var/lib/a b.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]


@pytest.mark.parametrize(
    "url", ["", "shop", "mysql://me:secret@host/shop", "postgresql://me:secret@host", "postgresql://h:x/shop"]
)
def test_a_url_that_names_no_database_is_refused_without_its_password(url):
    with pytest.raises(ConfigError, match="postgresql://") as refused:
        database_of(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_is_asked_in_write_ahead_mode(database):
    from django.db import connection

    with connection.cursor() as cursor:
        said = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert said == ["wal", 2]


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    from sensorium.service.place import Place

    place = Place(tmp_path)
    assert place.secret() == place.secret()
    assert len(place.secret()) > 50
    assert (place.folder / "secret").stat().st_mode & 0o077 == 0
