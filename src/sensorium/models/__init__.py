"""Recommenders: each one a frozen config, `fit` and `score`."""
