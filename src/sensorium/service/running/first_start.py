"""What a service cannot be used without: tables, a tenant, a key, an owner."""

from dataclasses import dataclass

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from sensorium.core.errors import NotReadyError
from sensorium.service.engine.state import begin_state
from sensorium.service.tenants.accounts import make_account, new_password
from sensorium.service.tenants.keys import make_key
from sensorium.service.tenants.models import DEFAULT_TENANT, Account, Tenant
from sensorium.service.tenants.scopes import ALL

OWNER = "owner"


@dataclass(frozen=True)
class Credentials:
    """What is shown once."""

    key: str
    account: str | None
    password: str | None


def migrate() -> None:
    """Let the database have the tables of this version; what is in them stays.

    Raises
    ------
    NotReadyError
        If the database does not answer, or refuses, or has tables of a newer version.
    """
    is_file = connection.vendor == "sqlite"
    where = str(connection.settings_dict["NAME"]) if is_file else "DATABASE_URL"
    try:
        newer = _newer_changes()
        if newer:
            raise NotReadyError(
                f"a newer version of Sensorium has changed its tables ({', '.join(newer)})",
                where=where,
                remedy="Install that one: pip install --upgrade 'sensorium[serve]'",
            )
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise unusable(error) from error


def unusable(error: DatabaseError) -> NotReadyError:
    """Return what to say where the database refuses or does not answer."""
    is_file = connection.vendor == "sqlite"
    return NotReadyError(
        f"the database cannot be used: {error}",
        where=str(connection.settings_dict["NAME"]) if is_file else "DATABASE_URL",
        remedy="Check the file and the space on its disk"
        if is_file
        else "Start it, or correct the URL; its user has to own the database",
    )


def _newer_changes() -> list[str]:
    """Return the changes that were made to the tables and which this version does not know."""
    loader = MigrationExecutor(connection).loader
    known = {name for app, name in loader.disk_migrations if app == "service"}
    return sorted(name for app, name in loader.applied_migrations if app == "service" and name not in known)


def default_tenant() -> Tenant:
    """Return the tenant that the workspace's tables belong to; made at the first start."""
    with transaction.atomic():
        tenant, is_new = Tenant.objects.get_or_create(name=DEFAULT_TENANT)
        if is_new:
            begin_state(tenant)
    return tenant


def first_credentials() -> Credentials | None:
    """Make the first key and the first owner; None if there is an account already.

    Made when the service answers, just before they are shown: nothing can go wrong in between.
    """
    tenant = default_tenant()
    with transaction.atomic():
        if Account.objects.exists():
            return None
        password = new_password()
        make_account(OWNER, password, "owner", None)
        return Credentials(make_key(tenant, "first key", ALL).text, OWNER, password)


def another_key() -> Credentials:
    """Make another key that may do everything, for whoever has lost the first."""
    return Credentials(make_key(default_tenant(), "made by sensorium serve", ALL).text, None, None)
