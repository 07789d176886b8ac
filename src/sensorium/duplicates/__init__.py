"""What is twice in a catalogue: fingerprints of each modality, pairs that are near, groups of items."""
