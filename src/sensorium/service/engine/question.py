"""What is asked for beside who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Told: TypeAlias = dict[str, Any]
"""An answer as JSON has it."""


@dataclass(frozen=True)
class Limits:
    """How many items, and which of them."""

    k: int = 10
    where: Sequence[str] = ()
    allow: Sequence[str] | None = None
    deny: Sequence[str] = ()
    seen: bool | Sequence[str] | None = None
    """Whether what was seen is left out, or the types of events that count as such; None: as was fitted."""


@dataclass(frozen=True)
class Shape:
    """How an answer is told, and by when."""

    explain: bool = False
    language: str | None = None
    deadline_s: float | None = None


@dataclass(frozen=True)
class Feeding:
    """Whether pages follow one another without repeats."""

    wanted: bool = False
    cursor: str | None = None
