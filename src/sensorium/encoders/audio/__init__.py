"""The encoder of sound, and the features that it is made of."""
