"""Media: where they are, and (the only place that opens them) what is in them."""
