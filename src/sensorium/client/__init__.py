"""A typed client of a Sensorium service, as `sn.client`: `Client(address, key)`.

Needs the optional part [client].
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium.client.client import Client
    from sensorium.client.nouns import Event, Item, Medium, Outcomes, User
    from sensorium.client.problems import Problem

_HOMES: Mapping[str, str] = {
    "Client": "sensorium.client.client",
    "Event": "sensorium.client.nouns",
    "Item": "sensorium.client.nouns",
    "Medium": "sensorium.client.nouns",
    "Outcomes": "sensorium.client.nouns",
    "Problem": "sensorium.client.problems",
    "User": "sensorium.client.nouns",
}

__all__ = ["Client", "Event", "Item", "Medium", "Outcomes", "Problem", "User"]

__getattr__, __dir__ = lazy_names("sensorium.client", _HOMES)
