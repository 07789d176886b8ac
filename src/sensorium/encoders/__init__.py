"""Encoders: from text, pictures, sound, clips and attributes to rows of numbers."""
