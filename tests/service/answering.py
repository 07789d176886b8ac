"""Asking for answers: a service with the two-colour world and its bundle, and what its answers hold."""

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.service.asking import Asker

from sensorium.core.progress import SILENT

RED, BLUE = ["i00", "i02", "i04"], ["i01", "i03", "i05"]


def two_colour_shop(service: Asker, tenant: Any, fitted_workspace: Path) -> Asker:
    """The service with the items and events of the two-colour world, and its bundle."""
    from django.conf import settings

    from sensorium.service.engine.before_bundle import forget_counts
    from sensorium.service.engine.first_bundle import take_over_bundle
    from sensorium.service.engine.holder import forget_views
    from sensorium.service.running.workspace_import import import_workspace
    from sensorium.workspace.workspace import Workspace

    forget_views()
    forget_counts()
    workspace = Workspace.open(fitted_workspace)
    shutil.copy(fitted_workspace / "sensorium.toml", settings.SENSORIUM_PLACE.workspace)
    import_workspace(tenant, workspace, SILENT)
    assert take_over_bundle(tenant, workspace) is not None
    assert take_over_bundle(tenant, workspace) is None
    return service


def ids(answer):
    return [item["item_id"] for item in answer["items"]]


def colours(answer):
    return {int(item[1:]) % 2 for item in ids(answer) if item[1:].isdigit()}


def liked(user, items, name="e"):
    return [
        {"event_id": f"{name}-{user}-{item}", "user_id": user, "item_id": item, "type": "click", "value": 5}
        for item in items
    ]


def recommended(shop, user, **more):
    query = urlencode(more, doseq=True)
    return shop.get(f"/api/users/{user}/recommendations?{query}").ok()
