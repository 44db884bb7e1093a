"""Training: corpora and configuration in, a model folder out. Extraction never imports this package."""
