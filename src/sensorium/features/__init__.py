"""Features: one block of rows for each column of the catalogue, and the store that keeps them."""
