"""The first question to a service of the demo world, which is asked before there is a model."""

import json
import urllib.request
from dataclasses import dataclass

from sensorium.service.events.models import UserItem
from sensorium.service.tenants.models import Tenant

K = 5
WAIT_S = 30.0


@dataclass(frozen=True)
class FirstAnswer:
    """What the service recommended as soon as it answered."""

    user_id: str
    items: tuple[str, ...]
    """Ids, best first."""
    path: str
    """How it was answered: before the fit, `popularity`."""
    bundle: str | None
    """The model that answered; None before the first."""


def first_answer(address: str, key: str, tenant: Tenant) -> FirstAnswer:
    """Ask the service for recommendations to the user who did most."""
    rows = UserItem.objects.of(tenant).order_by("-events", "user_id").values_list("user_id", flat=True)
    user_id = rows[0]
    request = urllib.request.Request(  # noqa: S310 - of our own
        f"{address}/api/recommend",
        data=json.dumps({"user_id": user_id, "k": K}).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=WAIT_S) as response:  # noqa: S310
        told = json.load(response)
    return FirstAnswer(
        user_id, tuple(item["item_id"] for item in told["items"]), told["path"], told["bundle"]
    )
