"""How long a fit may take where nobody says: more where there is more to learn from."""

LEAST_S = 120.0
SECONDS_A_MILLION = 30.0
"""For each million events: 20 million are given ten minutes."""


def default_seconds(n_events: int) -> float:
    """Return the seconds for a fit on `n_events`."""
    return max(LEAST_S, SECONDS_A_MILLION * n_events / 1e6)
