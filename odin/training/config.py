"""The configuration of a training run: one flat, frozen record, saved beside the weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from odin.errors import InputError


@dataclass(frozen=True)
class Source:
    """Documents to train on: a corpus of the catalogue (or a native .jsonl file), read as one label set."""

    corpus: str
    label_set: str
    split: str = "train"
    weight: float = 1.0
    """How often its documents are seen an epoch; below 1 a fresh share of them each time."""
    annotated: tuple[str, ...] | None = None
    """The entity labels that this corpus annotates, where not all; the loss is masked on the others."""


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides the weights, with `sources`."""

    sources: tuple[Source, ...]
    dev: tuple[Source, ...]
    base: str = "minilm"
    """`minilm`, a folder with an encoder, a model folder of Odin's, or the name of an encoder on the hub."""
    seed: int = 1
    epochs: int = 8
    max_steps: int = 0
    """Steps after which to stop, within an epoch too; 0 for all steps of all epochs."""
    batch_pieces: int = 2048
    """Word pieces a step, padding included."""
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    layer_decay: float = 0.9
    """The learning rate of each encoder layer is this much of the one above it."""
    weight_decay: float = 0.01
    warmup: float = 0.06
    """The share of steps in which the learning rate rises."""
    dropout: float = 0.1
    average: float = 0.997
    """Decay of the moving average of the weights, which is what is kept."""
    relation_weight: float = 1.0
    assertion_weight: float = 0.5
    max_gradient: float = 1.0
    precision: str = "float32"
    """`float32`, or `bfloat16` for autocast where the processor or GPU is fast at it."""
    patience: int = 3
    """Epochs without a better dev score before stopping early."""
    dev_documents: int = 0
    """Documents a dev source that are scored each epoch; 0 for all."""

    def to_json(self) -> dict[str, Any]:
        """A plain dict; `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, place: str = "config") -> TrainingConfig:
        """Read `to_json`. Raises InputError that names unknown keys and missing ones."""
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(value) - known)
        if unknown:
            raise InputError(f"{place}: unknown setting {unknown[0]!r}; the settings are {', '.join(sorted(known))}")
        try:
            sources = {
                key: tuple(Source(**{**item, "annotated": _tuple(item.get("annotated"))}) for item in value[key])
                for key in ("sources", "dev")
            }
            return cls(**{**value, **sources})
        except KeyError as err:
            raise InputError(f"{place}: the setting {err} is missing") from err
        except TypeError as err:
            raise InputError(f"{place}: {err}") from err


def read_config(path: str | Path) -> TrainingConfig:
    """The configuration in a JSON file. Raises InputError."""
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as err:
        raise InputError(f"{path}: cannot read the training configuration: {err.strerror}") from err
    except ValueError as err:
        raise InputError(f"{path}: not valid JSON: {err}") from err
    return TrainingConfig.from_json(value, place=str(path))


def _tuple(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)
