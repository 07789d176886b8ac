"""What a fit tried, so that another fit tries the same, whatever its clock says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Plan:
    """How far the settings of each member were searched.

    Nothing else of a search depends on time: which settings come next, which queries they are judged on and
    how weights are learnt follow from the data, `seconds` and `seed`. So a plan repeated on the same data on
    one machine gives the same model, bit for bit.
    """

    model: str
    """As it was asked for: `auto`, a model or a block."""
    seconds: float
    """The time that was asked for: it decides what is too dear to be tried at all."""
    seed: int
    trials: Mapping[str, int]
    """Member -> how many settings of it were tried; one that is not named is tried once."""


Effort: TypeAlias = float | Plan
"""How many seconds to search, or the plan of a search to repeat."""


def seconds_of(effort: Effort) -> float:
    """Return the seconds of an effort."""
    return effort.seconds if isinstance(effort, Plan) else effort


def trials_of(effort: Effort) -> Mapping[str, int] | None:
    """Return member -> how many settings are to be tried; None: as many as the time allows."""
    return effort.trials if isinstance(effort, Plan) else None
