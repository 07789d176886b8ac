"""What looking into one medium showed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Examination:
    """Whether a medium can be used, how good it is, and what it looks like."""

    problem: str | None = None
    """Why it cannot serve its role, in a few words; None if it can."""
    faults: tuple[str, ...] = ()
    """What is poor about it, in a few words each."""
    fingerprint: bytes | None = None
    """Of a picture with some contrast: nearly the same for nearly the same pictures."""
