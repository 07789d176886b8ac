"""What is twice in a catalogue: near pairs of a modality, groups of items (`items.find_duplicates`)."""
