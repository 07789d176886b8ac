"""Exact nearest rows, and the largest of many, with a defined order of ties."""
