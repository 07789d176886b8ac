"""From tables to a fitted model: training data, tuning, the last fit."""
