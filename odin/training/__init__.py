"""Training: corpora and configuration in, a model folder out. Extraction never imports this package."""

from odin.training.trainer import SLMTrainer

__all__ = ["SLMTrainer"]
