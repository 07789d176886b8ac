"""Encoders of categories and numbers."""
