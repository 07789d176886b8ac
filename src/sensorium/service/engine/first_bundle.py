"""The bundle of a workspace that was fitted before it was served: it answers from the first start on."""

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
from sensorium.service.tenants.models import Tenant
from sensorium.serving.bundle import latest_bundle
from sensorium.serving.engine_view import EngineView
from sensorium.workspace.workspace import Workspace


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
