"""What looking into one medium showed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

VERSION = 3
"""Raised whenever looking into the same medium shows something else; what was kept is then found out anew."""


@dataclass(frozen=True)
class InspectionResult:
    """Whether a medium can be used, how good it is, and what it looks like."""

    problem: str | None = None
    """Why it cannot serve its role, in a few words; None if it can."""
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    """How good it is; `quality.measures` says what each means."""
    fingerprint: bytes | None = None
    """What nearly equal media have nearly alike; None where hardly anything is to be seen or heard."""
    is_lasting: bool = True
    """Whether another look would show the same; not so if it took too long, or crashed."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; `from_json` reads it."""
        fingerprint = None if self.fingerprint is None else self.fingerprint.hex()
        return {"problem": self.problem, "scores": dict(self.scores), "fingerprint": fingerprint}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote; a lasting examination."""
        fingerprint = value["fingerprint"]
        return cls(
            value["problem"], value["scores"], None if fingerprint is None else bytes.fromhex(fingerprint)
        )
