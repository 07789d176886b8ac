"""What a new model or encoder has to pass, and data whose answers are known."""
