"""How much memory this process has taken."""

import sys


def peak_memory_mb() -> float:
    """Return the largest resident size that this process ever had, in 10^6 bytes; 0 where nobody counts it.

    Windows has no `resource` module, so that nobody counts there.
    """
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
