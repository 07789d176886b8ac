"""What several models share; a model itself is one file in the folder above."""
