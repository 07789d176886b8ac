"""The tables that are moved: which rows they have, as the API takes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, get_args

import polars as pl

from sensorium.service.catalogue.items import live_items
from sensorium.service.catalogue.models import Media
from sensorium.service.events.models import Event, Profile
from sensorium.service.tenants.models import Tenant

Table: TypeAlias = Literal["items", "media", "users", "events"]
TABLES: tuple[Table, ...] = get_args(Table)
"""In the order in which they are taken in: media need their items."""
ROWS_AT_ONCE = 2_000


class Rows(Protocol):
    """Gives the rows of a tenant."""

    def __call__(self, tenant: Tenant) -> Iterator[dict[str, Any]]:
        """Yield them, in the order in which they were added."""
        ...


@dataclass(frozen=True)
class Moved:
    """How a table is written."""

    rows: Rows
    schema: Mapping[str, pl.DataType | type[pl.DataType]]
    """Column -> type in Parquet."""


def item_rows(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Yield items, as `POST /api/items` takes them."""
    for row in live_items(tenant).order_by("pk").iterator(ROWS_AT_ONCE):
        yield {"id": row.item_id, "attributes": row.attributes, "hidden": row.hidden}


def media_rows(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Yield media, without their bytes: these are named by their hash. Who has none yet, has its address."""
    for row in Media.objects.of(tenant).exclude(sha256="").order_by("pk").iterator(ROWS_AT_ONCE):
        yield {
            "item_id": row.item_id,
            "column": row.column,
            "type": row.type,
            "bytes": row.bytes,
            "sha256": row.sha256,
        }


def user_rows(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Yield users, as `PUT /api/users/{id}` takes them."""
    for row in Profile.objects.of(tenant).order_by("pk").iterator(ROWS_AT_ONCE):
        yield {"id": row.user_id, "attributes": row.attributes, "follows": row.follows}


def event_rows(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Yield events, as `POST /api/events` takes them; a null timestamp is one that nobody knows."""
    for row in Event.objects.of(tenant).order_by("pk").iterator(ROWS_AT_ONCE):
        yield {
            "event_id": row.event_id,
            "type": row.type or None,
            "user_id": row.user_id,
            "item_id": row.item_id,
            "value": row.value,
            "count": row.count,
            "portion": row.portion,
            "timestamp": row.time_s,
            "session_id": row.session_id,
            "request_id": row.request_id,
        }


MOVED: Mapping[Table, Moved] = {
    "items": Moved(item_rows, {"id": pl.String, "attributes": pl.String, "hidden": pl.Boolean}),
    "media": Moved(
        media_rows,
        {
            "item_id": pl.String,
            "column": pl.String,
            "type": pl.String,
            "bytes": pl.Int64,
            "sha256": pl.String,
        },
    ),
    "users": Moved(user_rows, {"id": pl.String, "attributes": pl.String, "follows": pl.List(pl.String)}),
    "events": Moved(
        event_rows,
        {
            **dict.fromkeys(("event_id", "type", "user_id", "item_id"), pl.String),
            **dict.fromkeys(("value", "count", "portion", "timestamp"), pl.Float64),
            **dict.fromkeys(("session_id", "request_id"), pl.String),
        },
    ),
}
