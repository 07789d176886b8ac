"""The one place that may import `sensorium.serving`; and how far the database is ahead of a bundle."""
