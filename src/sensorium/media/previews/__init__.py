"""Small things that stand for a medium on a page: thumbnails, the shape of a sound, a short excerpt."""
