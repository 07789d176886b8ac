"""The demo world: postcards from places that do not exist, and the people who collect them."""
