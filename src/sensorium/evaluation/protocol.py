"""How data were split and judged, as JSON with a fingerprint: equal fingerprints, comparable numbers."""

from collections.abc import Mapping
from typing import Any

from sensorium.catalog.events import Events
from sensorium.core.hashing import hash_array, hash_json


def stamped(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return `protocol` with its `fingerprint`, the hash of everything else in it."""
    facts = {key: value for key, value in protocol.items() if key != "fingerprint"}
    return facts | {"fingerprint": hash_json(facts)}


def events_hash(events: Events) -> str:
    """Return a hash of the events and of the ids that they speak about."""
    columns = [events.user, events.item, events.value, events.time, events.positive]
    if not events.says_for_alone:
        columns.append(events.strength)
    return hash_json(
        [events.users.content_hash, events.items.content_hash, *(hash_array(column) for column in columns)]
    )
