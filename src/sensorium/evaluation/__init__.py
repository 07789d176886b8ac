"""Splits that hide the future, metrics with exact definitions, and intervals. Knows no model."""
