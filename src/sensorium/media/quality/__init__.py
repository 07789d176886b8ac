"""How good a medium is: scores of its pixels and samples, and the faults that follow from limits."""
