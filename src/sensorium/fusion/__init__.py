"""Many sources, one score: late fusion, its weights, and `auto`."""
