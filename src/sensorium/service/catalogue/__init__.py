"""Items and their media, as the database holds them."""
