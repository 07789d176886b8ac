"""Routes, and what all of them share: problems, paths, access, limits."""
