"""What questions and answers are as JSON."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from sensorium.service.api.fields import (
    MOST_ATTRIBUTES,
    Amount,
    Id,
    Input,
    Moment,
    Number,
    Output,
    Phrase,
    Portion,
    Value,
    Word,
    Words,
)
from sensorium.service.engine.feeds import CURSOR
from sensorium.service.engine.people import Who, told_event
from sensorium.service.engine.query_media import MediumOf
from sensorium.service.engine.question import Limits, Shape

MOST_ITEMS = 1_000
MOST_HISTORY = 10_000
MOST_LISTED = 10_000
MOST_PARTS = 20
LONGEST_S = 60.0
K: TypeAlias = Annotated[int, Field(ge=1, le=MOST_ITEMS)]
Language: TypeAlias = Literal["en", "zh"]
Conditions: TypeAlias = Annotated[list[Phrase], Field(max_length=50)]
Ids: TypeAlias = Annotated[list[Id], Field(max_length=MOST_LISTED)]
Labels: TypeAlias = Annotated[dict[str, Annotated[list[Phrase], Field(max_length=100)]], Field(max_length=50)]
Seconds: TypeAlias = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]
FeedCursor: TypeAlias = Annotated[str, Field(pattern=CURSOR)]


def _whole(value: Any) -> Any:
    """Return 10.0, which JSON cannot tell from 10, as a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class HistoryEvent(Input):
    """Something that who asks did, which is not among the events."""

    item_id: Id
    type: Word | None = None
    value: Number | None = None
    count: Amount | None = None
    portion: Portion | None = None
    timestamp: Moment | None = None


History: TypeAlias = Annotated[list[Id | HistoryEvent], Field(max_length=MOST_HISTORY)]


class WhoInput(Input):
    """Who asks."""

    user_id: Id | None = None
    """What this user did and who he or she is; somebody of whom nothing is known may be named, too."""
    history: History = Field(default_factory=list)
    """Items that are liked, the latest last, or events: beside those of the user."""
    disliked: Ids = Field(default_factory=list)
    like: Labels = Field(default_factory=dict)
    """Column -> labels that are wished for, such as `{"genres": ["Comedy"]}`."""
    dislike: Labels = Field(default_factory=dict)
    text: Words | None = None
    """What is wished for, in words."""
    steer: Portion = 0.5
    """How far stated preferences decide: from 0, not at all, to 1."""
    searches: Annotated[list[Phrase], Field(max_length=100)] = Field(default_factory=list)
    """What was just searched for, the latest last."""
    attributes: Annotated[dict[str, Value], Field(max_length=MOST_ATTRIBUTES)] = Field(default_factory=dict)
    """Who asks, beside what is known of the user, and before it."""
    context: Annotated[dict[str, Phrase], Field(max_length=50)] = Field(default_factory=dict)
    """The circumstances, such as `{"device": "tv"}`."""
    now: Moment | None = None
    """When it is asked, for the hour and the weekday."""

    def who(self) -> Who:
        """Return who asks."""
        events = [each for each in self.history if isinstance(each, HistoryEvent)]
        return Who(
            user_id=self.user_id,
            events=[
                told_event(one.item_id, one.type, one.value, one.count, one.portion, one.timestamp)
                for one in events
            ],
            liked=[each for each in self.history if isinstance(each, str)],
            disliked=self.disliked,
            like=self.like,
            dislike=self.dislike,
            text=self.text,
            steer=self.steer,
            attributes={name: value for name, value in self.attributes.items() if value is not None},
            searches=self.searches,
            context=self.context,
            now_s=self.now,
        )


class LimitsInput(Input):
    """How many items, and which."""

    k: Annotated[K, Field(strict=True), BeforeValidator(_whole)] = 10
    where: Conditions = Field(default_factory=list)
    """Conditions that all hold, such as `genres=Comedy` or `year>=1990`."""
    allow: Ids | None = None
    """Only these items."""
    deny: Ids = Field(default_factory=list)
    """Never these."""

    def limits(self, seen: bool | Sequence[str] | None = None) -> Limits:
        """Return the limits."""
        return Limits(self.k, self.where, self.allow, self.deny, seen)


class DeadlineInput(Input):
    """By when there is an answer."""

    deadline_s: Annotated[Seconds, Field(strict=True)] | None = None
    """Seconds after which a simpler answer comes instead; `simpler` says so then."""


class ShapeInput(DeadlineInput):
    """How the answer is told, and by when."""

    explain: bool = Field(default=False, strict=True)
    """Also give the parts of each score."""
    language: Language | None = None
    """Also say in words why each item is there."""

    def shape(self) -> Shape:
        """Return how it is told."""
        return Shape(self.explain, self.language, self.deadline_s)


class SeenInput(Input):
    """What becomes of items that were met."""

    seen: Annotated[bool, Field(strict=True)] | Annotated[list[Word], Field(max_length=50)] | None = None
    """Whether what was met is left out, or the types of events that count as such; null: as was fitted."""


class RecommendInput(WhoInput, LimitsInput, SeenInput, ShapeInput):
    """A question for items."""

    feed: bool = Field(default=False, strict=True)
    """Begin a feed: `next_cursor` of the answer gives the next page, in which nothing comes again."""
    cursor: FeedCursor | None = None
    """`next_cursor` of the page before, with all else as it was."""


class RankInput(WhoInput, ShapeInput):
    """Items to be ordered."""

    candidates: Annotated[list[Id], Field(min_length=1, max_length=MOST_ITEMS)]


class WeightInput(Input):
    """How much a part of a question counts."""

    weight: Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False, strict=True)] = 1.0
    """How much it counts beside the others; below zero: items like that are not wanted."""


class WordsPart(WeightInput):
    """Words that are looked for."""

    kind: Literal["words"]
    value: Words


class ItemPart(WeightInput):
    """An item that what is found is like."""

    kind: Literal["item"]
    value: Id


def _decoded(value: Any) -> Any:
    """Return the bytes that a text in base64 stands for."""
    if not isinstance(value, str):
        raise ValueError("neither bytes in base64 nor an item whose medium is meant")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("there is something in it that is not base64") from None


Bytes: TypeAlias = Annotated[
    bytes,
    Field(min_length=1),
    BeforeValidator(_decoded),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "minLength": 4,
            "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        }
    ),
]
"""The bytes of a file, in base64."""


class ItemMedium(Input):
    """A medium that an item has."""

    item_id: Id
    column: Word | None = None
    """The first of its kind if left out."""


class MediumPart(WeightInput):
    """A picture, a sound or a clip that what is found is like."""

    kind: Literal["photo", "sound", "clip"]
    value: Bytes | ItemMedium
    """The bytes of a file in base64, or an item whose medium is meant."""


PartInput: TypeAlias = Annotated[WordsPart | ItemPart | MediumPart, Field(discriminator="kind")]


class SearchInput(LimitsInput, DeadlineInput):
    """A question of several parts."""

    parts: Annotated[list[PartInput], Field(min_length=1, max_length=MOST_PARTS)]
    user_id: Id | None = None
    """Whose taste orders what matches."""
    language: Language | None = None

    def shape(self) -> Shape:
        """Return how the answer is told."""
        return Shape(language=self.language, deadline_s=self.deadline_s)

    def asked_parts(self) -> list[dict[str, Any]]:
        """Return the parts as the engine takes them."""
        return [
            {"kind": part.kind, "value": _meant(part.value), "weight": part.weight} for part in self.parts
        ]

    def named_items(self) -> list[str]:
        """Return the items that parts name."""
        items = [part.value for part in self.parts if isinstance(part, ItemPart)]
        media = [part.value for part in self.parts if isinstance(part, MediumPart)]
        return [*items, *(one.item_id for one in media if isinstance(one, ItemMedium))]


def _meant(value: str | bytes | ItemMedium) -> str | bytes | MediumOf:
    return MediumOf(value.item_id, value.column) if isinstance(value, ItemMedium) else value


class AnswerItem(Output):
    """An item of an answer."""

    item_id: str
    title: str | None = None
    score: float | None
    path: str
    """How it got its score, such as `fusion`, `content` or `popularity`."""
    reasons: list[dict[str, Any]] = Field(default_factory=list)
    """The parts of the score: `source`, `item_id`, `contribution`, `parts`; if they were asked for."""
    because: str | None = None
    """Why it is there, in words, if a language was named."""


class AnswerOutput(Output):
    """An answer."""

    request_id: str
    """Send it with the events that come of the answer."""
    items: list[AnswerItem]
    """The best first."""
    path: str
    bundle: str | None
    """The version of what answered; null: there is no model yet."""
    view: int
    """The number of the last change of an item that was known."""
    simpler: str | None = None
    """Why the answer is simpler than it might be: `no history`, `deadline`, `no model`; else null."""
    ignored: list[str]
    """What of the question could not be used."""
    nothing_close: bool | None = None
    """Of a search: whether nothing matches, so that the items are only the nearest."""
    next_cursor: str | None = None

    @classmethod
    def of(cls, told: dict[str, Any], request_id: str) -> Self:
        """Return an answer of the engine."""
        return cls.model_validate({**told, "request_id": request_id, "items": items_of(told["items"])})


def items_of(rows: Sequence[dict[str, Any]]) -> list[AnswerItem]:
    """Return items of the engine; a score that is no number is null."""
    return [
        AnswerItem.model_validate({**row, "score": None if row["score"] != row["score"] else row["score"]})
        for row in rows
    ]


class SourcesOutput(Output):
    """What each source alone would say."""

    request_id: str
    sources: dict[str, list[AnswerItem]]
    """Source -> its best items; empty where it can say nothing."""
    bundle: str
    view: int
    simpler: Literal["deadline"] | None
    """`deadline`: time was up, and the sources that `ignored` names were not asked."""
    ignored: list[str]


class WithoutOutput(Output):
    """What would be without one thing."""

    without: str
    score: float
    rank: int


class ThroughOutput(Output):
    """What comes through an item of the history."""

    item_id: str | None
    """Null: what comes through none of them."""
    contribution: float


class ExplanationOutput(Output):
    """Why an item scores what it scores."""

    request_id: str
    item_id: str
    score: float | None
    rank: int
    ranked: int
    """How many items are ranked."""
    path: str
    because: str
    by_source: dict[str, float]
    by_modality: dict[str, float]
    by_part: dict[str, dict[str, float]]
    by_history_item: list[ThroughOutput]
    without_items: list[WithoutOutput]
    without_modalities: list[WithoutOutput]
    reasons: list[dict[str, Any]]
    notes: list[str]
    bundle: str
    view: int
    simpler: Literal["deadline"] | None
    """`deadline`: time was up, and what would be without something was left out."""
    ignored: list[str]
