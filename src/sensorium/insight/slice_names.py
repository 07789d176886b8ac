"""What the slices of an evaluation hold, in words."""

from collections.abc import Mapping

SLICE_NAMES: Mapping[str, str] = {
    "warm": "items with training events",
    "cold": "items without training events",
    "warm_users": "users with a history",
    "cold_users": "users without a history",
}


def slice_name(name: str) -> str:
    """Return what a slice holds, in words."""
    if name.startswith("history:"):
        return f"users who liked {name.removeprefix('history:').replace('-', ' to ')} items"
    if name.startswith("user:"):
        return f"users with {name.removeprefix('user:')}"
    return SLICE_NAMES.get(name, name)
