"""Units that several layers count in."""

DAY_S = 86_400.0
"""Seconds in a day."""
