"""A model for Sensorium from a package of its own."""
