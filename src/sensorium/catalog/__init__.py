"""What is recommended and what happened: items, events, and the media that items point to."""
