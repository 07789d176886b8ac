"""Counters for Prometheus. Labels are routes, methods and kinds, never a user or an item."""

import os
from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client import Counter as Tally
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from sensorium.service.engine.freshness import freshness
from sensorium.service.jobs.models import Job

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20)
REQUESTS = Tally(
    "sensorium_requests", "Requests that were answered.", labelnames=("route", "method", "status")
)
SECONDS = Histogram(
    "sensorium_request_seconds", "Time to answer.", labelnames=("route", "status"), buckets=BUCKETS_S
)


class JobCounts(Collector):
    """Jobs by kind and state, asked for when they are wanted."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the counts."""
        family = GaugeMetricFamily("sensorium_jobs", "Jobs in the table.", labels=("kind", "state"))
        rows = Job.objects.across_tenants().values_list("kind", "state").annotate(n=Count("pk"))
        for kind, state, n in rows.order_by("kind", "state"):
            family.add_metric((kind, state), n)
        yield family
        now = timezone.now()
        due = Job.objects.across_tenants().filter(state="waiting", not_before__lte=now)
        first = due.aggregate(first=Min("not_before"))["first"]
        waited_s = 0.0 if first is None else (now - first).total_seconds()
        yield GaugeMetricFamily("sensorium_job_wait_seconds", "How long the first job waits.", waited_s)


class BundleAges(Collector):
    """How old and how far behind what answers is, asked for when it is wanted."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the ages, over all tenants."""
        now = freshness()
        for name, said, value in (
            ("sensorium_bundles", "Tenants that a fitted model answers for.", now.n_bundles),
            ("sensorium_bundle_age_seconds", "Age of the oldest bundle that answers.", now.oldest_s),
            ("sensorium_changes_behind", "Changes of items that no bundle has yet.", now.changes_behind),
        ):
            yield GaugeMetricFamily(name, said, value)


def metrics_text() -> bytes:
    """Return the counters of all processes, in the text format of Prometheus."""
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(JobCounts())
    registry.register(BundleAges())
    return generate_latest(registry)
