"""A user's folder: its settings, its tables, its bundles, and the commands on it."""
