"""The largest of many, with a defined order of ties, and how much is held at once."""
