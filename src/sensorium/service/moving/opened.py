"""A workspace's service opened beside its processes, for commands that work on its database."""

from pathlib import Path
from typing import TYPE_CHECKING

from sensorium.core.errors import UnknownIdError
from sensorium.service.configuration import configure

if TYPE_CHECKING:
    from sensorium.service.tenants.models import Tenant


def open_service(workspace: Path) -> None:
    """Make the database of the workspace's service ready, with its tables and its first tenant.

    Raises
    ------
    NotReadyError, ConfigError, MissingExtraError
        As `configure`.
    """
    configure(workspace)
    from sensorium.service.running.first_start import default_tenant, migrate

    migrate()
    default_tenant()


def open_tenant(workspace: Path, name: str) -> "Tenant":
    """Return a tenant of the workspace's service, whose database gets its tables if it has none.

    The service may run meanwhile.

    Raises
    ------
    UnknownIdError
        If there is no such tenant.
    NotReadyError, ConfigError, MissingExtraError
        As `configure`.
    """
    open_service(workspace)
    from sensorium.service.tenants.models import Tenant

    found = Tenant.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(Tenant.objects.order_by("name").values_list("name", flat=True)[:10])
        raise UnknownIdError(f"no tenant is called {name!r}", where="--tenant", remedy=f"There are: {known}")
    return found
