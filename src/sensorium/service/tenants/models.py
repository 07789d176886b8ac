"""Tables: tenants, keys, accounts."""

# A manager of our own takes the place of Django's, as it is meant to.
# pyright: reportIncompatibleVariableOverride=false

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from sensorium.service.tenants.scoped import OfTenant

DEFAULT_TENANT = "default"


class Tenant(models.Model):
    """Whose catalogue, events and keys these are; sealed against all others."""

    name = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Tenant"]] = models.Manager()

    @property
    def is_first(self) -> bool:
        """Whether it was made at the first start: it has the workspace's files, and its keys make others."""
        return self.name == DEFAULT_TENANT


class ApiKey(models.Model):
    """What a program shows; of its secret only the hash is kept."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    prefix = models.CharField(max_length=16, unique=True)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    objects: ClassVar[OfTenant["ApiKey"]] = OfTenant()


class Accounts(BaseUserManager["Account"]):
    """Accounts by their name."""


class Account(AbstractBaseUser):
    """Somebody who signs in; of one tenant, or of all of them."""

    name = models.CharField(max_length=180, unique=True)
    """What is signed in with; the tenant stands before it, `other/ann`, unless it is the first or none."""
    role = models.CharField(max_length=16)
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.CASCADE, related_name="+")
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "name"
    objects: ClassVar[Accounts] = Accounts()


class Usage(models.Model):
    """How much a tenant did on a day, counted where the settings say how much it may do."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    """In UTC."""
    events = models.BigIntegerField(default=0)

    objects: ClassVar[OfTenant["Usage"]] = OfTenant()

    class Meta:
        """One row for each day."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "day"], name="one_usage_for_each_day")
        ]


class Remembered(models.Model):
    """An answer to a request with an `Idempotency-Key`, so that the same request changes nothing again."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    route = models.CharField(max_length=64)
    """The hash of method and path: a path may hold an id."""
    request_sha256 = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[OfTenant["Remembered"]] = OfTenant()

    class Meta:
        """One answer for each key."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "route", "key"], name="one_answer_for_each_key")
        ]
