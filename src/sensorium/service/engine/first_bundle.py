"""The bundle of a workspace that was fitted before it was served: it answers from the first start on."""

import logging
import shutil
import tempfile
from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from sensorium.core.aside import held
from sensorium.core.errors import NotReadyError
from sensorium.service.engine.models import Bundle, EngineState
from sensorium.service.engine.place import bundles_of
from sensorium.service.engine.state import next_sequences
from sensorium.service.tenants.models import Tenant
from sensorium.serving.bundle import latest_bundle
from sensorium.serving.engine_view import EngineView
from sensorium.workspace.workspace import Workspace

LOG = logging.getLogger("sensorium.service")


def take_over_bundle(tenant: Tenant, workspace: Workspace) -> str | None:
    """Let the workspace's newest bundle answer for a tenant that has none; return its version.

    It is copied, so that a later `sensorium fit` takes nothing from under those who answer. What the database
    says otherwise than its catalogue is brought to it like every other change. None where the tenant has a
    bundle, or the workspace none.
    """
    if not EngineState.objects.of(tenant).filter(bundle="").exists():
        return None
    try:
        bundle = latest_bundle(workspace.bundles)
    except NotReadyError:
        return None
    folder = _copied(bundle, bundles_of(tenant))
    view = EngineView.open(folder)
    row = Bundle(
        tenant=tenant,
        version=folder.name,
        item_sequence=0,
        encoded_sequence=0,
        n_items=len(view),
        n_users=len(view.model.users),
        seconds=sum(view.model.record.taken.values()),
        created=timezone.now(),
    )
    with transaction.atomic():
        row.save()
        EngineState.objects.of(tenant).filter(bundle="").update(bundle=folder.name)
    return folder.name


def forget_lost_bundles() -> list[Tenant]:
    """Let no bundle answer whose folder is gone; return the tenants that are without one for that.

    So a database may be restored from a backup without bundles: each can be made again by a fit.
    """
    without: list[Tenant] = []
    for state in EngineState.objects.across_tenants().exclude(bundle="").select_related("tenant"):
        tenant = state.tenant
        if (bundles_of(tenant) / state.bundle).is_dir():
            continue
        rows = Bundle.objects.of(tenant)
        lost = [row.pk for row in rows if not (bundles_of(tenant) / row.version).is_dir()]
        with transaction.atomic():
            next_sequences(tenant, 1)  # locks the tenant's row first, as whoever writes an item does
            rows.filter(pk__in=lost).delete()
            EngineState.objects.of(tenant).filter(bundle=state.bundle).update(bundle="")
        LOG.warning("a bundle is lost", extra={"tenant": tenant.pk, "bundle": state.bundle})
        without.append(tenant)
    return without


def _copied(bundle: Path, root: Path) -> Path:
    """Copy a bundle below `root`, whole or not at all, and return its folder."""
    folder = root / bundle.name
    if folder.exists():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    with held(partial(tempfile.mkdtemp, prefix=".bundle.", suffix=".making", dir=root)) as aside:
        try:
            shutil.copytree(bundle, aside / bundle.name)
            (aside / bundle.name).rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder
