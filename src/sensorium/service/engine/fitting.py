"""A new bundle: fitted on what the database holds, brought up to date and put in the place of the old one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from sensorium.core.errors import SensoriumError
from sensorium.service.catalogue.models import Media
from sensorium.service.engine.bundles import activate, bundle_of
from sensorium.service.engine.encoder_process import Wanted, encode_aside
from sensorium.service.engine.encoding import catch_up, cells_of, write_media
from sensorium.service.engine.fit_process import CANNOT
from sensorium.service.engine.fit_tables import write_fit_tables
from sensorium.service.engine.models import Bundle
from sensorium.service.engine.place import bundles_of, segments_of
from sensorium.service.engine.state import state_of
from sensorium.service.jobs.queue import HopelessError, Lease, WorkStoppedError
from sensorium.service.running.parent import environment_of_child
from sensorium.service.tenants.models import Tenant

LOOK_S = 0.5
KEPT = 5
"""So many bundles are kept, beside the active one."""
MEDIA_AT_ONCE = 1_000


class FitEndedError(Exception):
    """The process that fitted was ended by the system, such as for want of memory."""


def fit(lease: Lease) -> None:
    """Fit a bundle, bring to it what came meanwhile, and let it answer."""
    tenant = lease.job.tenant
    before = state_of(tenant).item_sequence  # what comes while the tables are written is brought twice
    try:
        folder = write_fit_tables(tenant)
    except SensoriumError as error:
        raise HopelessError(str(error)) from error
    facts = _fitted(lease, folder)
    bundle = Bundle(
        tenant=tenant, created=timezone.now(), item_sequence=before, encoded_sequence=before, **facts
    )
    with lease.writing():
        bundle.save()
    _write_media_states(lease, bundle)
    catch_up(lease, bundle)
    activate(lease, bundle)
    _remove_old(tenant)


def activate_named(lease: Lease) -> None:
    """Bring to the bundle that the job names what it lacks, and let it answer."""
    version = lease.job.arguments["version"]
    bundle = bundle_of(lease.job.tenant, version)
    if bundle is None:
        raise HopelessError(f"there is no bundle {version} any more")
    catch_up(lease, bundle)
    activate(lease, bundle)


def encode_changes(lease: Lease) -> None:
    """Bring to the active bundle the changes of items that it lacks."""
    tenant = lease.job.tenant
    bundle = bundle_of(tenant, state_of(tenant).bundle)
    if bundle is not None:
        catch_up(lease, bundle)


def _fitted(lease: Lease, folder: Path) -> Mapping[str, Any]:
    """Fit in a process of its own, which ends when the job is lost; return facts of the bundle."""
    options = {name: lease.job.arguments.get(name) for name in ("model", "seconds", "plan")}
    command = [sys.executable, "-m", "sensorium.service.engine.fit_process", str(folder), json.dumps(options)]
    environment = environment_of_child(threads=max(1, (os.cpu_count() or 1) - 1))
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while True:
                try:
                    said, wrong = process.communicate(timeout=LOOK_S)
                    break
                except subprocess.TimeoutExpired:
                    lease.renew()
                    if lease.stopping.is_set():
                        raise WorkStoppedError from None
        except BaseException:
            process.kill()
            raise
    if process.returncode == CANNOT:
        raise HopelessError(wrong)
    if process.returncode:
        raise FitEndedError(f"the process of the fit ended with code {process.returncode}: {wrong[-500:]}")
    return json.loads(said.splitlines()[-1])


def _write_media_states(lease: Lease, bundle: Bundle) -> None:
    """Say of all media that the bundle was fitted with whether there are features of them."""
    tenant, last = lease.job.tenant, 0
    while some := list(Media.objects.of(tenant).filter(pk__gt=last).order_by("pk")[:MEDIA_AT_ONCE]):
        last = some[-1].pk
        folder = bundles_of(tenant) / bundle.version
        done = encode_aside(Wanted(folder, segments_of(tenant), [], cells_of(some), 0))
        with lease.writing():
            write_media(tenant, done)


def _remove_old(tenant: Tenant) -> None:
    """Remove the oldest bundles and their segments; those that a process has open stay readable to it."""
    with transaction.atomic():
        active = state_of(tenant).bundle
        old = list(Bundle.objects.of(tenant).exclude(version=active).order_by("-pk")[KEPT:])
        Bundle.objects.of(tenant).filter(pk__in=[row.pk for row in old]).delete()
    for row in old:
        for folder in (bundles_of(tenant) / row.version, segments_of(tenant) / row.version):
            shutil.rmtree(folder, ignore_errors=True)
