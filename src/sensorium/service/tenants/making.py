"""Tenants made, with the first key of each, and removed with all that they have."""

import shutil
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction

from sensorium.service.catalogue.media_files import remove_unused_files
from sensorium.service.catalogue.models import Media
from sensorium.service.engine.place import TENANTS, tenant_folder
from sensorium.service.engine.state import begin_state
from sensorium.service.place import Place
from sensorium.service.tenants.keys import NewKey, make_key
from sensorium.service.tenants.models import Account, ApiKey, Tenant
from sensorium.service.tenants.scopes import ALL, BEYOND_A_TENANT

NAME = r"^[a-z0-9][a-z0-9._-]*$"
"""What a tenant may be called: small letters, as in addresses of pages."""
LONGEST_NAME = 64
ROWS_AT_ONCE = 2_000
"""So many rows are removed in one transaction: others write in between."""
JUST_STORED_S = 600.0
"""A file so new may belong to a medium whose row is about to be written."""


def make_tenant(name: str) -> NewKey:
    """Return the first key of a new tenant, which may do all in it; `IntegrityError` if the name is taken."""
    with transaction.atomic():
        tenant = Tenant.objects.create(name=name)
        begin_state(tenant)
        return make_key(tenant, "first key", sorted(frozenset(ALL) - BEYOND_A_TENANT))


def remove_tenant(tenant: Tenant) -> None:
    """Remove a tenant with its keys, accounts, rows, bundles and files; who was stopped does it again.

    Its keys end first. Rows go in short transactions, so that the other tenants write meanwhile. Files of
    media that are a few minutes old are left to the worker that cleans up.
    """
    with transaction.atomic():
        ApiKey.objects.of(tenant).delete()
        Account.objects.filter(tenant=tenant).delete()
    for rows in _tables_of(tenant):
        while some := list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE]):
            rows.filter(pk__in=some).delete()
    folder = tenant_folder(tenant)
    tenant.delete()  # and what came meanwhile
    shutil.rmtree(folder, ignore_errors=True)
    remove_unused_files(used_files(), JUST_STORED_S)


def used_files() -> set[str]:
    """Return the hashes of all media that some tenant has."""
    return set(Media.objects.across_tenants().values_list("sha256", flat=True))


def remove_folders_of_none(place: Place) -> None:
    """Remove folders whose tenant is no more, such as one that a fit wrote to while it was removed."""
    folders = list((place.folder / TENANTS).glob("[0-9]*"))  # before the tenants: one is made after its row
    known = {str(pk) for pk in Tenant.objects.values_list("pk", flat=True)}
    for folder in folders:
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def _tables_of(tenant: Tenant) -> "Iterator[models.QuerySet[Any]]":
    """Yield the tenant's rows of each table that has any number of them."""
    for model in apps.get_app_config("service").get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Tenant and not field.primary_key:
                manager: Any = model._base_manager  # pyright: ignore[reportAttributeAccessIssue]
                yield manager.filter(**{field.name: tenant})
