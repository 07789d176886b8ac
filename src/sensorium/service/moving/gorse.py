"""Rows of Gorse's bulk files (`users.jsonl`, `items.jsonl`, `feedback.jsonl`) as rows of ours.

Read as Gorse 0.5 exports them, one JSON object a line; a field has the name that it has in Go.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sensorium.service.api.fields import MOST_LABELS
from sensorium.service.moving.tables import Table

_ID: Mapping[str, Table] = {"FeedbackType": "events", "ItemId": "items", "UserId": "users"}
"""The field that tells which table a row is of; feedback has all three, so it comes first."""
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))? ?(Z|[+-]\d\d:?\d\d)(?: \S+)?", re.IGNORECASE
)
_NEVER = "0001-01-01"
"""Go's zero time: nobody said when."""


def gorse_table(row: Mapping[str, Any]) -> Table | None:
    """Return which table a row of Gorse is of; None if it is none of Gorse's."""
    return next((table for name, table in _ID.items() if name in row), None)


def of_gorse(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of Gorse as the row of ours that says the same.

    Labels become attributes, those in a label of labels as `outer.inner`, and a list of labels without names
    becomes `labels`. `Categories`, `Comment` and `Timestamp` of an item become the attributes `categories`,
    `comment` and `timestamp`. Feedback is known by type, user and item, as in Gorse: a second one of the same
    is the same event. Vectors with more than 1,000 numbers are left out: Sensorium makes its own features.
    """
    if "FeedbackType" in row:
        return _event(row)
    attributes = _labels(row.get("Labels"))
    if "ItemId" not in row:
        return {"id": row["UserId"], "attributes": _with(attributes, comment=row.get("Comment"))}
    moment = seconds_of(row.get("Timestamp"))
    attributes = _with(
        attributes,
        categories=row.get("Categories"),
        comment=row.get("Comment"),
        timestamp=None if moment is None else row["Timestamp"],
    )
    return {"id": row["ItemId"], "attributes": attributes, "hidden": row.get("IsHidden") or False}


def seconds_of(said: Any) -> float | None:
    """Return a time as Go writes it in seconds since 1970; None where none is said.

    Raises
    ------
    ValueError
        If it is no time.
    """
    if said is None or said == "" or (isinstance(said, str) and said.startswith(_NEVER)):
        return None
    found = _MOMENT.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        raise ValueError(f"Timestamp: {said!r} is no time with its zone"[:200])
    date, clock, fraction, zone = found.groups()
    whole = datetime.fromisoformat(f"{date}T{clock}{zone.upper()}").timestamp()
    return whole + float(f"0.{fraction or 0}")


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    key = [row.get(name) for name in ("FeedbackType", "UserId", "ItemId")]
    digest = hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return {
        "event_id": f"gorse:{digest}",
        "type": key[0],
        "user_id": key[1],
        "item_id": key[2],
        "value": row.get("Value") or None,  # 0 is what Gorse writes where nothing is said
        "timestamp": seconds_of(row.get("Timestamp")),
    }


def _labels(labels: Any) -> dict[str, Any]:
    """Return labels by name; in any case a dictionary that can be looked at."""
    if isinstance(labels, Mapping):
        flat: dict[str, Any] = {}
        for name, value in labels.items():
            if isinstance(value, Mapping):
                flat |= {f"{name}.{inner}": one for inner, one in _labels(value).items()}
            elif not (isinstance(value, Sequence) and len(value) > MOST_LABELS and _is_vector(value)):
                flat[name] = value
        return flat
    return {"labels": labels} if labels else {}


def _is_vector(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _with(attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return attributes with what else is said; a label of that name keeps it."""
    said = {name: value for name, value in more.items() if value not in (None, "", [])}
    return {**said, **attributes}
