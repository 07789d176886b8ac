"""Tables: events, what they come to by user and item, and users."""

# A manager of our own takes the place of Django's, as it is meant to.
# pyright: reportIncompatibleVariableOverride=false

from typing import ClassVar

from django.db import models

from sensorium.service.tenants.models import Tenant
from sensorium.service.tenants.scoped import OfTenant


class Event(models.Model):
    """Something that a user did with an item."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    event_id = models.TextField()
    type = models.TextField()
    user_id = models.TextField()
    item_id = models.TextField()
    value = models.FloatField(null=True)
    count = models.FloatField(null=True)
    portion = models.FloatField(null=True)
    session_id = models.TextField(null=True)
    request_id = models.TextField(null=True)
    """The answer that it came from."""
    time_s = models.FloatField(null=True)
    """When it happened, in seconds since 1970; null where nobody knows."""
    received = models.DateTimeField()

    objects: ClassVar[OfTenant["Event"]] = OfTenant()

    class Meta:
        """An event counts once, however often it is sent."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "event_id"], name="one_event_for_each_id")
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "user_id", "id"], name="events_by_user")]


class UserItem(models.Model):
    """What the events of one type of one user with one item come to: what a question needs of them."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user_id = models.TextField()
    item_id = models.TextField()
    type = models.TextField()
    events = models.BigIntegerField()
    """How many there were."""
    often = models.FloatField()
    """How often it happened: the sum of their counts, each 1 where none is said."""
    value = models.FloatField(null=True)
    portion = models.FloatField(null=True)
    time_s = models.FloatField(null=True)
    """Of the last event, as are value and portion."""

    objects: ClassVar[OfTenant["UserItem"]] = OfTenant()

    class Meta:
        """Read by user at every question."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "user_id", "item_id", "type"], name="one_row_for_each_user_item_type"
            )
        ]


class Profile(models.Model):
    """Somebody who did something, or of whom something was said."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user_id = models.TextField()
    attributes = models.JSONField(default=dict)
    follows = models.JSONField(default=list)
    created = models.DateTimeField()

    objects: ClassVar[OfTenant["Profile"]] = OfTenant()

    class Meta:
        """An id stands for one user of a tenant."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "user_id"], name="one_user_for_each_id")
        ]
