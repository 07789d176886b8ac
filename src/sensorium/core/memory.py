"""How much memory this process has taken."""

import resource
import sys


def peak_memory_mb() -> float:
    """Return the largest resident size that this process ever had, in 10^6 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
