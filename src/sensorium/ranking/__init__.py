"""What is shown: seen items, filters, top-k. Models score, ranking decides."""
