"""Counters for Prometheus. Labels are routes, methods and kinds, never a user or an item."""

import os
from collections.abc import Iterator

from django.db.models import Count
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client import Counter as Tally
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from sensorium.service.jobs.models import Job

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20)
REQUESTS = Tally(
    "sensorium_requests", "Requests that were answered.", labelnames=("route", "method", "status")
)
SECONDS = Histogram("sensorium_request_seconds", "Time to answer.", labelnames=("route",), buckets=BUCKETS_S)


class JobCounts(Collector):
    """Jobs by kind and state, asked for when they are wanted."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the counts."""
        family = GaugeMetricFamily("sensorium_jobs", "Jobs in the table.", labels=("kind", "state"))
        rows = Job.objects.across_tenants().values_list("kind", "state").annotate(n=Count("pk"))
        for kind, state, n in rows.order_by("kind", "state"):
            family.add_metric((kind, state), n)
        yield family


def metrics_text() -> bytes:
    """Return the counters of all processes, in the text format of Prometheus."""
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(JobCounts())
    return generate_latest(registry)
