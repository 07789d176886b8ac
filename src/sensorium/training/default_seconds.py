"""How long a fit may take where nobody says: more where there is more to learn from."""

from sensorium.core.progress import SILENT, Progress, announce

LEAST_S = 120.0
SECONDS_A_MILLION = 30.0
"""For each million events: 20 million are given ten minutes."""


def default_seconds(n_events: int, progress: Progress = SILENT) -> float:
    """Return the seconds for a fit on `n_events`; `progress` is told where they are more than usual."""
    seconds = max(LEAST_S, SECONDS_A_MILLION * n_events / 1e6)
    if seconds > LEAST_S:
        announce(
            progress, f"{n_events:,} events: the fit may take {seconds:,.0f} s, unless seconds are given"
        )
    return seconds
