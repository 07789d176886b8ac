"""Encoders of clips, and the features that they are made of."""
