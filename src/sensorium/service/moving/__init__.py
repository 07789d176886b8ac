"""Everything of a tenant moved out and in: items, media, users, events, as JSON Lines or Parquet."""
