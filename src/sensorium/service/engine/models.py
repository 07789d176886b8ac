"""Tables: how far the database is ahead of a bundle, how far the workspace's files were read, and feeds."""

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


class Bundle(models.Model):
    """A fitted model of a tenant, and how far the database's changes are in it and in its segments."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=64)
    """Also the name of its folder."""
    item_sequence = models.BigIntegerField()
    """Every change of an item up to this one is in the bundle itself."""
    encoded_sequence = models.BigIntegerField()
    """Every change up to this one is in the bundle or its segments; the last segment has no larger number."""
    n_items = models.BigIntegerField()
    n_users = models.BigIntegerField()
    seconds = models.FloatField()
    """How long it took."""
    created = models.DateTimeField()

    objects: ClassVar[OfTenant["Bundle"]] = OfTenant()

    class Meta:
        """A version names one bundle of a tenant."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "version"], name="one_bundle_for_each_version")
        ]


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


class Feed(models.Model):
    """What somebody was shown, page by page, so that nothing comes twice."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=16)
    user_id = models.TextField(default="")
    """Whose it is; empty: nobody was named."""
    pages = models.JSONField(default=list)
    """The ids of each page."""
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[OfTenant["Feed"]] = OfTenant()

    class Meta:
        """A name stands for one feed of a tenant; a user who is forgotten has none."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_feed_for_each_name")
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "user_id"], name="feeds_by_user")]
