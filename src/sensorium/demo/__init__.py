"""The demo world: a small imaginary catalogue with words, pictures, sound, clips and users."""
