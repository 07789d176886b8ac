"""Where the bundles and segments of a tenant lie."""

from pathlib import Path

from django.conf import settings

from sensorium.service.tenants.models import Tenant
from sensorium.workspace.workspace import MADE

TENANTS = "tenants"


def tenant_folder(tenant: Tenant) -> Path:
    """Return the tenant's folder: a workspace of what the database holds, made anew before each fit."""
    return settings.SENSORIUM_PLACE.folder / TENANTS / str(tenant.pk)


def bundles_of(tenant: Tenant) -> Path:
    """Return the folder of the tenant's bundles, each named by its version."""
    return tenant_folder(tenant) / MADE / "bundles"


def segments_of(tenant: Tenant) -> Path:
    """Return the folder of the tenant's segments, as `EngineView.caught_up` takes it."""
    return tenant_folder(tenant) / MADE / "segments"
