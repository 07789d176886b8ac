"""Encoders of pictures, and the features that they are made of."""
