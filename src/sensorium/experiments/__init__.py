"""Evaluation, comparison, robustness and probing of models, features and encoders."""
