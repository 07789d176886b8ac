"""Tables: items and their media."""

# A manager of our own takes the place of Django's, as it is meant to.
# pyright: reportIncompatibleVariableOverride=false

from typing import ClassVar

from django.db import models

from sensorium.service.tenants.models import Tenant
from sensorium.service.tenants.scoped import OfTenant


class Item(models.Model):
    """One item; a deleted one stays as a tombstone until no bundle holds it."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    item_id = models.TextField()
    attributes = models.JSONField(default=dict)
    hidden = models.BooleanField(default=False)
    deleted = models.BooleanField(default=False)
    search_text = models.TextField(default="")
    """All words of the item in one case, for lists with `q`."""
    labels = models.TextField(default="")
    """Each label as a line `column=label` in one case, for lists with `category`."""
    sequence = models.BigIntegerField()
    """Counts the changes of the tenant's items; a view that has seen n holds all up to n."""
    created = models.DateTimeField()
    updated = models.DateTimeField()

    objects: ClassVar[OfTenant["Item"]] = OfTenant()

    class Meta:
        """An id stands for one item of a tenant; what is new is found by the sequence."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "item_id"], name="one_item_for_each_id")
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "sequence"], name="items_by_sequence")]


class Media(models.Model):
    """A medium that came over HTTP, or is on the web; its bytes lie in a file that is named after them."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    item_id = models.TextField()
    column = models.TextField()
    url = models.TextField(default="")
    """Where it is on the web, as its item says; empty if it was sent."""
    sha256 = models.CharField(max_length=64)
    """Empty until it was fetched."""
    bytes = models.BigIntegerField()
    type = models.CharField(max_length=100)
    """The media type: what was said when it was put, until a worker has seen what it is."""
    status = models.CharField(max_length=16)
    """pending, ready or failed."""
    why = models.TextField(default="")
    """Why it failed."""
    checked = models.BooleanField(default=False)
    """Whether a worker has opened it."""
    encoder = models.TextField(default="")
    """The version of the encoder that read it last."""
    updated = models.DateTimeField()

    objects: ClassVar[OfTenant["Media"]] = OfTenant()

    class Meta:
        """A column of an item holds one medium."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "item_id", "column"], name="one_medium_for_each_cell")
        ]
        indexes: ClassVar = [models.Index(fields=["status"], name="media_by_status")]
