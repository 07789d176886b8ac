"""Rows that belong to a tenant, and a manager that refuses to be asked for those of all."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import models

if TYPE_CHECKING:
    from sensorium.service.tenants.models import Tenant

Row = TypeVar("Row", bound=models.Model)


class UnscopedQueryError(RuntimeError):
    """A query that names no tenant: a mistake in the program, never of who asks."""


class OfTenant(models.Manager[Row], Generic[Row]):
    """What gives the rows of one tenant; whoever forgets to name it gets an error, not everybody's rows."""

    def of(self, tenant: "Tenant") -> "models.QuerySet[Row]":
        """Return the rows of `tenant`."""
        return super().get_queryset().filter(tenant_id=tenant.pk)

    def across_tenants(self) -> "models.QuerySet[Row]":
        """Return the rows of all tenants: for workers and counters, and for finding out who asks."""
        return super().get_queryset()

    def get_queryset(self) -> Any:
        """Refuse."""
        raise UnscopedQueryError(
            f"{self.model.__name__} was asked for without a tenant: write objects.of(tenant)"
        )
