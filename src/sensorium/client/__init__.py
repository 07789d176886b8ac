"""A typed client of a Sensorium service, as `sn.client`: `Client(address, key)`.

Needs the optional part [client].
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium.client.client import Client
    from sensorium.client.nouns import (
        Answer,
        AnswerItem,
        Bundle,
        Event,
        Explanation,
        Item,
        Job,
        Medium,
        Outcomes,
        SearchPart,
        User,
    )
    from sensorium.client.problems import Problem

_HOMES: Mapping[str, str] = {
    "Answer": "sensorium.client.nouns",
    "AnswerItem": "sensorium.client.nouns",
    "Bundle": "sensorium.client.nouns",
    "Client": "sensorium.client.client",
    "Event": "sensorium.client.nouns",
    "Explanation": "sensorium.client.nouns",
    "Item": "sensorium.client.nouns",
    "Job": "sensorium.client.nouns",
    "Medium": "sensorium.client.nouns",
    "Outcomes": "sensorium.client.nouns",
    "Problem": "sensorium.client.problems",
    "SearchPart": "sensorium.client.nouns",
    "User": "sensorium.client.nouns",
}

__all__ = [
    "Answer",
    "AnswerItem",
    "Bundle",
    "Client",
    "Event",
    "Explanation",
    "Item",
    "Job",
    "Medium",
    "Outcomes",
    "Problem",
    "SearchPart",
    "User",
]

__getattr__, __dir__ = lazy_names("sensorium.client", _HOMES)
