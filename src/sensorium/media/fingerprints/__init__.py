"""What nearly equal media have nearly alike: a few bytes for each picture, sound and clip."""
