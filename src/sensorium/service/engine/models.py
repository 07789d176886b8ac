"""Tables: how far the database is ahead of a bundle, and how far the workspace's files were read."""

# A manager of our own takes the place of Django's, as it is meant to.
# pyright: reportIncompatibleVariableOverride=false

from typing import ClassVar

from django.db import models

from sensorium.service.tenants.models import Tenant
from sensorium.service.tenants.scoped import OfTenant


class EngineState(models.Model):
    """What the processes compare their view with at each request: one row a tenant."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    bundle = models.TextField(default="")
    """The version of the active bundle; empty before the first."""
    item_sequence = models.BigIntegerField(default=0)
    """Of the last change of an item."""

    objects: ClassVar[OfTenant["EngineState"]] = OfTenant()


class Import(models.Model):
    """How far a table of the workspace was taken over."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    table = models.CharField(max_length=16)
    fingerprint = models.CharField(max_length=64)
    """Of the files as they were read to the end."""
    rows = models.BigIntegerField()
    finished = models.DateTimeField()

    objects: ClassVar[OfTenant["Import"]] = OfTenant()

    class Meta:
        """One row for each table."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "table"], name="one_import_for_each_table")
        ]
