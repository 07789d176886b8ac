"""What another package brings to Sensorium."""
