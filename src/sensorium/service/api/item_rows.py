"""What items are as JSON."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from sensorium.service.api.fields import Attributes, Id, Input, Output
from sensorium.service.api.problems import Detail
from sensorium.service.catalogue.models import Item, Media


class ItemInput(Input):
    """An item as it shall be; what is not said is not there afterwards."""

    id: Id
    attributes: Attributes = Field(default_factory=dict)
    """Column -> value, as in a table: text, a number, yes or no, or a list of these."""
    hidden: bool = Field(default=False, strict=True)
    """Whether it must never be recommended."""


class ItemChange(Input):
    """What shall be otherwise."""

    attributes: Attributes = Field(default_factory=dict)
    """Column -> value; null takes the column out, others stay."""
    hidden: bool | None = Field(default=None, strict=True)


class MediumOutput(Output):
    """A medium of an item."""

    status: Literal["pending", "ready", "failed"]
    """`pending` until features are made of it."""
    why: str | None
    """Why it cannot be used, or is not used yet."""
    checked: bool
    """Whether a worker has opened it."""
    url: str | None
    """Where it is fetched from, if the item names it by its address."""
    type: str | None
    """The media type; null until it is fetched, as are `bytes` and `sha256`."""
    bytes: int | None
    sha256: str | None
    encoder: str | None
    """Name and version of the encoder that made features of it last."""
    updated: datetime

    @classmethod
    def of(cls, row: Media) -> Self:
        """Return what `row` says."""
        status: Any = row.status
        return cls(
            status=status,
            why=row.why or None,
            checked=row.checked,
            url=row.url or None,
            type=row.type or None,
            bytes=row.bytes if row.sha256 else None,
            sha256=row.sha256 or None,
            encoder=row.encoder or None,
            updated=row.updated,
        )


class MediaOutput(Output):
    """The media of an item."""

    media: dict[str, MediumOutput]
    """Column -> the medium that was sent for it, or that the item names by its address on the web."""


class ItemOutput(Output):
    """An item as it is."""

    id: str
    attributes: dict[str, Any]
    hidden: bool
    media: dict[str, MediumOutput]
    """Column -> the medium that was sent for it, or that the item names by its address on the web."""
    created: datetime
    updated: datetime

    @classmethod
    def of(cls, row: Item, media: list[Media]) -> Self:
        """Return what `row` and its media say."""
        return cls(
            id=row.item_id,
            attributes=row.attributes,
            hidden=row.hidden,
            media={one.column: MediumOutput.of(one) for one in media},
            created=row.created,
            updated=row.updated,
        )


class ItemPage(Output):
    """Some of the items."""

    items: list[ItemOutput]
    next_cursor: str | None
    """Where the next page begins; null on the last one."""


class ItemOutcome(Output):
    """What became of one row."""

    index: int
    """The row's place in the request, from 0."""
    id: str | None
    status: Literal["created", "updated", "unchanged", "superseded", "failed"]
    """`superseded`: a later row of the same request has the same id."""
    errors: list[Detail]


class ItemOutcomes(Output):
    """What became of all rows."""

    created: int
    updated: int
    unchanged: int
    superseded: int
    failed: int
    rows: list[ItemOutcome]
