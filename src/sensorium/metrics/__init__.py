"""Metrics of rankings, lists and predicted ratings, for tuning and judging alike."""
