"""What answers: a fitted model, its explanations, and the bundle that it is kept in."""
