"""Settings with which a model that is trained learns a label set of one's own from a few reviewed notes, in minutes.

They were chosen on MACCROBAT train and dev (`python -m odin few-shot maccrobat2020`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from odin.extraction.catalog import DEFAULT_MODEL
from odin.training.config import Source, TrainingConfig

STEPS = 300
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "base": DEFAULT_MODEL,
        "epochs": STEPS,
        "max_steps": STEPS,
        "batch_pieces": 512,
        "learning_rate": 3e-4,
        "head_learning_rate": 3e-3,
        "average": 0.98,
    }
)
"""What a configuration has for few notes. With few notes an epoch is a few steps: it is steps that count."""


def few_shot_config(sources: tuple[Source, ...], **settings: Any) -> TrainingConfig:
    """A configuration that learns all `sources`, holding none back: the weights of the last step are kept.

    `settings` take the place of those of SETTINGS.
    """
    return TrainingConfig(sources=sources, **{**SETTINGS, **settings})
