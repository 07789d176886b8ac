"""What a service takes and gives, typed."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Noun(BaseModel):
    """Never changes; what a newer service adds is let be."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Medium(Noun):
    """A picture, sound or clip of an item."""

    status: Literal["pending", "ready", "failed"]
    why: str | None
    """Why it cannot be used."""
    checked: bool
    url: str | None = None
    """Where it is fetched from, if the item names it by its address."""
    type: str | None
    """None until it is fetched, as are `bytes` and `sha256`."""
    bytes: int | None
    sha256: str | None
    encoder: str | None
    updated: datetime


class Item(Noun):
    """An item."""

    id: str
    attributes: dict[str, Any] = Field(default_factory=dict)
    """Column -> text, a number, yes or no, or a list of these."""
    hidden: bool = False
    media: dict[str, Medium] = Field(default_factory=dict)
    """Column -> medium; sent with `Client.put_medium`, not with the item."""


class User(Noun):
    """What is known of a user beside events."""

    id: str
    attributes: dict[str, Any] = Field(default_factory=dict)
    follows: list[str] = Field(default_factory=list)


class Event(Noun):
    """Something that a user did with an item."""

    user_id: str
    item_id: str
    type: str | None = None
    event_id: str | None = None
    """Made up by the client if not given, so that sending again is harmless."""
    value: float | None = None
    count: float | None = None
    portion: float | None = None
    """From 0 to 1."""
    timestamp: float | None = None
    """Seconds since 1970; when it arrives, if not given."""
    session_id: str | None = None
    request_id: str | None = None


class Outcomes(Noun):
    """What became of rows that were sent."""

    counts: dict[str, int]
    """Outcome, such as `created` or `stored` -> how many rows."""
    failed: dict[int, str]
    """Place of a row that cannot be used, from 0 -> why."""
    unknown_items: list[str] = Field(default_factory=list)
    """Of events: items that are not in the catalogue."""
