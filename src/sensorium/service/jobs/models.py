"""The table of jobs."""

# A manager of our own takes the place of Django's, as it is meant to.
# pyright: reportIncompatibleVariableOverride=false

from typing import ClassVar

from django.db import models

from sensorium.service.tenants.models import Tenant
from sensorium.service.tenants.scoped import OfTenant


class Job(models.Model):
    """Work that a worker takes with a lease; when the lease ends unrenewed, another takes it."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    arguments = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=100)
    """Of jobs that wait or run, one has it."""
    state = models.CharField(max_length=16)
    """waiting, running, done, failed or cancelled."""
    attempts = models.IntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    """Grows with each lease; what a former holder writes is refused."""
    error = models.TextField(default="")
    created = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    objects: ClassVar[OfTenant["Job"]] = OfTenant()

    class Meta:
        """The next job is found by state and time."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "dedupe_key"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_live_job_for_each_key",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "not_before"], name="jobs_by_state")]
