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


class SearchPart(Noun):
    """A part of a search."""

    kind: Literal["words", "item"]
    value: str
    """Words, or the id of an item that what is found is like."""
    weight: float = 1.0
    """Below zero: items like that are not wanted."""


class AnswerItem(Noun):
    """An item of an answer."""

    item_id: str
    title: str | None = None
    score: float | None = None
    path: str
    """How it got its score, such as `fusion`, `content` or `popularity`."""
    reasons: list[dict[str, Any]] = Field(default_factory=list)
    because: str | None = None
    """Why it is there, in words, if a language was named."""


class Answer(Noun):
    """Items, the best first, and how the service came to them."""

    request_id: str
    """Send it with the events that come of the answer."""
    items: list[AnswerItem]
    path: str
    bundle: str | None
    """The version of what answered; None: there is no model yet."""
    view: int
    """The number of the last change of an item that was known."""
    simpler: str | None = None
    """Why the answer is simpler than it might be: `no history`, `deadline`, `no model`; or None."""
    ignored: list[str] = Field(default_factory=list)
    """What of the question could not be used."""
    nothing_close: bool | None = None
    """Of a search: whether nothing matches, so that the items are only the nearest."""
    next_cursor: str | None = None

    @property
    def item_ids(self) -> list[str]:
        """The ids alone."""
        return [item.item_id for item in self.items]


class Explanation(Noun):
    """Why an item scores what it scores."""

    item_id: str
    score: float | None
    rank: int
    ranked: int
    """How many items are ranked."""
    because: str
    by_source: dict[str, float]
    by_modality: dict[str, float]
    reasons: list[dict[str, Any]]
    notes: list[str]


class Bundle(Noun):
    """A fitted model."""

    version: str
    is_active: bool
    """Whether it is what answers."""
    lacks: int
    """How many changes of items are not in it yet."""
    n_items: int
    n_users: int
    seconds: float
    """How long the fit took."""
    created: datetime


class Job(Noun):
    """Work that the service does beside requests."""

    id: int
    kind: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    attempts: int
    error: str | None
    """Why the last attempt failed."""
    created: datetime
    ended: datetime | None


class Outcomes(Noun):
    """What became of rows that were sent."""

    counts: dict[str, int]
    """Outcome, such as `created` or `stored` -> how many rows."""
    failed: dict[int, str]
    """Place of a row that cannot be used, from 0 -> why."""
    unknown_items: list[str] = Field(default_factory=list)
    """Of events: items that are not in the catalogue."""
