"""How fresh what answers is, over all tenants: for those who run the service."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Subquery
from django.utils import timezone

from sensorium.service.engine.models import Bundle, EngineState


@dataclass(frozen=True)
class Freshness:
    """Of the bundles that answer, each its tenant's."""

    n_bundles: int
    oldest_s: float
    """The age of the oldest one; 0 where there is none."""
    changes_behind: int
    """How many changes of items the one that is furthest behind lacks: neither in it nor in a segment."""


def freshness() -> Freshness:
    """Return how fresh the active bundles are."""
    states = EngineState.objects.across_tenants()
    active = states.filter(tenant_id=OuterRef("tenant_id"), bundle=OuterRef("version"))
    lag = Subquery(active.values("item_sequence")[:1]) - F("encoded_sequence")
    rows = Bundle.objects.across_tenants().filter(Exists(active)).annotate(lag=lag)
    said = rows.aggregate(n=Count("pk"), first=Min("created"), most=Max("lag"))
    first = said["first"]
    age_s = 0.0 if first is None else (timezone.now() - first).total_seconds()
    return Freshness(said["n"], age_s, max(0, said["most"] or 0))
