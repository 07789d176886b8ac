"""Values as JSON knows them."""

import math
from typing import Any


def without_nan(value: Any) -> Any:
    """Return `value` with NaN and infinity, which JSON does not know, as None, and all keys as text."""
    if isinstance(value, dict):
        return {str(key): without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
