"""Running encoders over a catalogue: batches, worker processes, what is learnt from media."""
