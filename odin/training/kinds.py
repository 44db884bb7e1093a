"""The kinds of training runs: by a configuration's "kind", what configures it and what learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.devices import device_of
from odin.errors import InputError
from odin.training.config import JOINT, MASKED, Configuration

if TYPE_CHECKING:
    from odin.training.learner import Learner
    from odin.training.loop import Trainer


@dataclass(frozen=True)
class Kind:
    """Module and class, imported where they are used, of the configuration and of the learner of a kind."""

    configuration: tuple[str, str]
    learner: tuple[str, str]


KINDS = {
    JOINT: Kind(("odin.training.config", "TrainingConfig"), ("odin.training.joint", "JointLearner")),
    MASKED: Kind(("odin.training.config", "MaskedConfig"), ("odin.training.masked", "MaskedLearner")),
    "generative": Kind(
        ("odin.generative.config", "GenerativeConfig"), ("odin.generative.training", "GenerativeLearner")
    ),
}


def configuration(settings: Mapping[str, Any], *, place: str = "config") -> Configuration:
    """The configuration with these settings. Raises InputError that names `place` and what is wrong."""
    kind = settings.get("kind", JOINT)
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f'{place}: "kind" is {kind!r}: choose one of {", ".join(KINDS)}')
    config: Configuration = _named(KINDS[kind].configuration).from_json(settings, place=place)
    return config


def learner_of(config: Configuration, *, device: str = "cpu", base: str | None = None) -> Learner:
    """What learns by the configuration, begun with its base, or with `base` instead. Raises OdinError."""
    if not config.sources:
        raise InputError("config: choose at least one source to train on")
    device_of(device)
    learner: Learner = _named(KINDS[config.kind].learner)(config, device=device, base=base or config.base)
    return learner


def trainer_of(config: Configuration, folder: Path, *, device: str = "cpu") -> Trainer:
    """The trainer of one stage, whose run folder is `folder`; `odin.training.stages` trains several."""
    from odin.training.loop import Trainer

    return Trainer(learner_of(config, device=device), folder)


def _named(place: tuple[str, str]) -> Any:
    module, name = place
    return getattr(import_module(module), name)
