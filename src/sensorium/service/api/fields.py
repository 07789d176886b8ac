"""The types of what comes in: each says in the OpenAPI document what it refuses."""

import re
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

LONGEST_ID = 256
"""Letters of an id: two of them fit into a row of a PostgreSQL index."""
LONGEST_TEXT = 100_000
"""Letters of one attribute."""
LONGEST_PHRASE = 200
"""Letters of words in an address, which may not be longer than 8,190 bytes."""
MOST_ATTRIBUTES = 1_000
MOST_LABELS = 1_000
FIRST_S, LAST_S = -62_135_596_800.0, 253_402_300_799.0
"""The years 1 and 9999 in seconds since 1970."""
_NUL = "\x00"


class Input(BaseModel):
    """What comes in; fields that nobody knows are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Output(BaseModel):
    """What goes out."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _no_nul(text: str) -> str:
    if _NUL in text:
        raise ValueError("there is a NUL character in it; leave it out")
    return text


def _no_dots(text: str) -> str:
    if text in (".", ".."):
        raise ValueError("`.` and `..` are no ids: programs take them out of paths; name it otherwise")
    return text


def _column_and_label(text: str) -> str:
    column, _, label = text.partition("=")
    if not column or not label:
        raise ValueError("a label is written as column=label, such as genres=Comedy")
    return text


Id: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_ID),
    AfterValidator(_no_nul),
    AfterValidator(_no_dots),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_ID,
            "pattern": r"^(?!\.{1,2}$)[^\x00]+$",
        }
    ),
]
"""An id: any text of up to 256 characters but `.` and `..`."""
Word: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=100),
    AfterValidator(_no_nul),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 100, "pattern": r"^[^\x00]+$"}),
]
"""A short name, such as a type of event or a column."""
Words: TypeAlias = Annotated[
    str,
    Field(max_length=LONGEST_TEXT),
    AfterValidator(_no_nul),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_TEXT, "pattern": r"^[^\x00]*$"}),
]
Phrase: TypeAlias = Annotated[
    str,
    Field(max_length=LONGEST_PHRASE),
    AfterValidator(_no_nul),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_PHRASE, "pattern": r"^[^\x00]*$"}),
]
"""Some words, as part of an address."""
Label: TypeAlias = Annotated[
    str,
    Field(max_length=LONGEST_PHRASE),
    AfterValidator(_no_nul),
    AfterValidator(_column_and_label),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_PHRASE, "pattern": r"^[^\x00=]+=[^\x00]+$"}),
]
"""A label of a column, as `column=label`."""
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False, ge=-1e300, le=1e300, strict=True)]
Amount: TypeAlias = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e300, strict=True)]
Portion: TypeAlias = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1, strict=True)]
Scalar: TypeAlias = (
    Words
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
    | Number
)
Value: TypeAlias = Scalar | Annotated[list[Scalar], Field(max_length=MOST_LABELS)] | None
"""What a cell of a table can hold: text, a number, yes or no, several of these, or nothing."""


def _names_are_words(schema: dict[str, Any]) -> None:
    """Refuse names that are no `Word`, which a pattern of properties would let be anything."""
    ((pattern, values),) = schema.pop("patternProperties").items()
    schema["propertyNames"] |= {"pattern": pattern}
    schema["additionalProperties"] = values


Attributes: TypeAlias = Annotated[
    dict[Word, Value], Field(max_length=MOST_ATTRIBUTES, json_schema_extra=_names_are_words)
]
"""Column -> value."""

_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


def _seconds(value: Any) -> Any:
    """Return a moment as seconds since 1970; what is neither a number nor text is left to be refused."""
    if not isinstance(value, str):
        return value
    if not _ZONED.fullmatch(value):
        raise ValueError("write seconds since 1970, or a time with its zone such as 2026-11-29T08:30:00Z")
    try:
        return datetime.fromisoformat(value.upper()).timestamp()
    except (ValueError, OverflowError):
        raise ValueError("there is no such moment") from None


Moment: TypeAlias = Annotated[
    float,
    Field(allow_inf_nan=False, ge=FIRST_S, le=LAST_S, strict=True),
    BeforeValidator(_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": FIRST_S, "maximum": LAST_S},
                {"type": "string", "format": "date-time"},
            ]
        }
    ),
]
"""Seconds since 1970, or a time in ISO 8601 with its zone."""
