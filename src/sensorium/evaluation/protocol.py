"""How data were split and judged, as JSON with a fingerprint: equal fingerprints, comparable numbers."""

from collections.abc import Mapping
from typing import Any

from sensorium.catalog.events import Events
from sensorium.core.hashing import hash_array, hash_json, hash_strings


def stamped(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return `protocol` with its `fingerprint`, the hash of everything else in it."""
    facts = {key: value for key, value in protocol.items() if key != "fingerprint"}
    return facts | {"fingerprint": hash_json(facts)}


def events_hash(events: Events) -> str:
    """Return a hash of the events and of the ids that they speak about."""
    columns = [events.user, events.item, events.value, events.time, events.positive]
    if not events.says_for_alone:
        columns.append(events.strength)
    hashes = [events.users.content_hash, events.items.content_hash, *map(hash_array, columns)]
    if events.searches is not None:
        searches = events.searches
        hashes += [hash_array(searches.user), hash_array(searches.time), hash_strings(searches.text)]
    return hash_json(hashes)
