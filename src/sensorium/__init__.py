"""Sensorium: a recommender that reads, looks, listens and watches."""

__version__ = "0.1.0"
