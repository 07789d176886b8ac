"""The states of several parts in one."""

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from sensorium.core.component import State


def nested(states: Iterable[State]) -> State:
    """Return one state that holds all, each name with the position of its part in front."""
    arrays: dict[str, NDArray[Any]] = {}
    values: dict[str, Any] = {}
    for position, state in enumerate(states):
        arrays |= {f"{position}/{name}": array for name, array in state.arrays.items()}
        values |= {f"{position}/{name}": value for name, value in state.values.items()}
    return State(arrays, values)


def part_of(state: State, position: int) -> State:
    """Return the state of the part at `position`."""
    prefix = f"{position}/"
    return State(
        {name.removeprefix(prefix): array for name, array in state.arrays.items() if name.startswith(prefix)},
        {name.removeprefix(prefix): value for name, value in state.values.items() if name.startswith(prefix)},
    )
