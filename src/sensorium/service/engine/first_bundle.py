"""The bundle of a workspace that was fitted before it was served: it answers from the first start on."""

import shutil
import tempfile
from functools import partial
from pathlib import Path

from sensorium.core.aside import held
from sensorium.core.errors import NotReadyError
from sensorium.service.engine.models import EngineState
from sensorium.service.engine.place import bundles_of
from sensorium.service.tenants.models import Tenant
from sensorium.serving.bundle import latest_bundle
from sensorium.workspace.workspace import Workspace


def take_over_bundle(tenant: Tenant, workspace: Workspace) -> str | None:
    """Let the workspace's newest bundle answer for a tenant that has none; return its version.

    It is copied, so that a later `sensorium fit` takes nothing from under those who answer. None where the
    tenant has a bundle, or the workspace none.
    """
    if not EngineState.objects.of(tenant).filter(bundle="").exists():
        return None
    try:
        bundle = latest_bundle(workspace.bundles)
    except NotReadyError:
        return None
    _copied(bundle, bundles_of(tenant))
    EngineState.objects.of(tenant).filter(bundle="").update(bundle=bundle.name)
    return bundle.name


def _copied(bundle: Path, root: Path) -> None:
    """Copy a bundle below `root`, whole or not at all."""
    if (root / bundle.name).exists():
        return
    root.mkdir(parents=True, exist_ok=True)
    with held(partial(tempfile.mkdtemp, prefix=".bundle.", suffix=".making", dir=root)) as aside:
        try:
            shutil.copytree(bundle, aside / bundle.name)
            (aside / bundle.name).rename(root / bundle.name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
