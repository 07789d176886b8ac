"""From a workspace to processes that answer: what `sensorium serve` does."""
