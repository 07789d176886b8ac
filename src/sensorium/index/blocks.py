"""How much of a dense product is held at once."""

BLOCK_BYTES = 64 * 2**20


def block_rows(n_columns: int, *, block_bytes: int = BLOCK_BYTES) -> int:
    """Return how many float32 rows of `n_columns` fit in a block."""
    return max(1, block_bytes // (4 * max(1, n_columns)))
