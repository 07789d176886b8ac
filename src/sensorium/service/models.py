"""All tables, where Django looks for them."""

from sensorium.service.catalogue.models import Item, Media
from sensorium.service.engine.models import Bundle, EngineState, Feed, Import
from sensorium.service.events.models import Event, Profile, UserItem
from sensorium.service.jobs.models import Job
from sensorium.service.tenants.models import Account, ApiKey, Remembered, Tenant, Usage

__all__ = [
    "Account",
    "ApiKey",
    "Bundle",
    "EngineState",
    "Event",
    "Feed",
    "Import",
    "Item",
    "Job",
    "Media",
    "Profile",
    "Remembered",
    "Tenant",
    "Usage",
    "UserItem",
]
