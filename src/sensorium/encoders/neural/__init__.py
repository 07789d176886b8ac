"""Neural encoders: pretrained models of sentence-transformers and transformers."""
