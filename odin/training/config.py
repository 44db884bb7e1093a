"""The configuration of a training run: one flat, frozen record, saved beside the weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from odin.errors import InputError
from odin.extraction.storage import FLOAT16, check_storage
from odin.training.limits import check_settings

NATIVE = (".jsonl", ".jsonl.gz")
"""How the name of a source ends that is a native file, not a corpus of the catalogue."""

JOINT = "joint"
MASKED = "masked"


@dataclass(frozen=True)
class Source:
    """Documents to train on: a corpus of the catalogue (or a native .jsonl file), read as one label set."""

    corpus: str
    label_set: str = ""
    """Not needed where only the text counts."""
    split: str = "train"
    weight: float = 1.0
    """How often its documents are seen an epoch; below 1 a fresh share of them each time."""
    annotated: tuple[str, ...] | None = None
    """The entity labels that this corpus annotates, where not all; the loss is masked on the others. Empty for a corpus
    that is read for its relations alone: no mention is learnt from it, from teachers neither."""
    relations: bool = True
    """Whether this corpus annotates the relations of the label set; where not, none are learnt from it."""
    taught: bool = False
    """Whether all that is learnt of its documents is what the teachers of the run say of their mentions and pairs."""

    @property
    def name(self) -> str:
        """Corpus and split."""
        return f"{self.corpus}/{self.split}"

    @classmethod
    def named(cls, name: str, label_set: str) -> Source:
        """`corpus:split` or a native .jsonl file as a source. Raises InputError where the name is neither."""
        if name.endswith(NATIVE):
            return cls(name, label_set)
        corpus, colon, split = name.partition(":")
        if not (corpus and colon and split):
            raise InputError(f"{name!r} is neither corpus:split, such as clinical_notes:dev, nor a .jsonl file")
        return cls(corpus, label_set, split)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Source:
        """A source in JSON form. Raises TypeError where a setting is unknown, InputError where one cannot be."""
        if not isinstance(value, Mapping) or not isinstance(value.get("corpus"), str):
            raise InputError(f'a source is an object, such as {{"corpus": "ade", "label_set": "ade"}}, not {value!r}')
        check_settings(cls, value, place=f"the source {value['corpus']}")
        annotated = value.get("annotated")
        if annotated is not None and not isinstance(annotated, list | tuple):
            raise InputError(f"the source {value['corpus']}: annotated is a list of labels, not {annotated!r}")
        return cls(**{**value, "annotated": None if annotated is None else tuple(annotated)})


C = TypeVar("C", bound="Configuration")


@dataclass(frozen=True)
class Configuration:
    """What decides the weights in a run of any kind."""

    sources: tuple[Source, ...]
    dev: tuple[Source, ...] = ()
    kind: str = ""
    """What is trained, as `odin.training.kinds` names it."""
    base: str = ""
    """The weights to begin with."""
    seed: int = 1
    epochs: int = 1
    max_steps: int = 0
    """Steps after which to stop, within an epoch too; 0 for all steps of all epochs."""
    max_minutes: float = 0.0
    """Minutes of training after which to stop, within an epoch too; scoring on dev comes on top. 0 for no limit. The
    learning rate follows the time where that runs out before the steps, so the weights are not the same each time."""
    learning_rate: float = 2e-4
    weight_decay: float = 0.0
    warmup: float = 0.05
    """The share of the run in which the learning rate rises; then it falls to 0 in a line."""
    max_gradient: float = 1.0
    precision: str = "float32"
    patience: int = 3
    """Epochs without a better dev score before stopping early."""
    dev_documents: int = 0
    """Documents a dev source that are scored each time; 0 for all."""
    dev_every: int = 1
    """Epochs from one scoring on dev to the next; 0 for the end alone, which is always scored."""

    @property
    def stages(self: C) -> tuple[C, ...]:
        """What is trained one after the other, this configuration last."""
        return (self,)

    def to_json(self) -> dict[str, Any]:
        """A plain dict; `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls: type[C], value: Mapping[str, Any], *, place: str = "config") -> C:
        """Read `to_json`. Raises InputError that names `place` and what is unknown, missing or cannot be."""
        kind = value.get("kind", cls.kind)
        if kind != cls.kind:
            raise InputError(f'{place}: "kind" is {kind!r}; these settings are of the kind {cls.kind!r}')
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(value) - known)
        if unknown:
            raise InputError(f"{place}: unknown setting {unknown[0]!r}; the settings are {', '.join(sorted(known))}")
        if "sources" not in value:
            raise InputError(f"{place}: the setting 'sources' is missing: name at least one corpus to train on")
        check_settings(cls, value, place=place)
        if not isinstance(value["sources"], list | tuple):
            raise InputError(f'{place}: sources is a list, such as [{{"corpus": "ade", "label_set": "ade"}}]')
        try:
            sources = {key: tuple(map(Source.from_json, value.get(key, ()))) for key in ("sources", "dev")}
            return cls(**{**value, **sources})
        except (InputError, TypeError) as err:
            raise InputError(f"{place}: {err}") from err


@dataclass(frozen=True)
class TrainingConfig(Configuration):
    """The configuration of the joint encoder."""

    kind: str = JOINT
    base: str = "minilm"
    """`minilm`, a folder with an encoder, a model folder of Odin's, or the name of an encoder on the hub."""
    first: tuple[TrainingConfig, ...] = ()
    """Stages to train before this one. Each goes on from the weights that the one before it kept, and so does this
    one, whatever their `base` says but for the first one's."""
    epochs: int = 8
    weight_decay: float = 0.01
    warmup: float = 0.06
    precision: str = "float32"
    """`float32`, or `bfloat16` for autocast where the processor or GPU is fast at it."""
    batch_pieces: int = 2048
    """Word pieces a step, padding included."""
    head_learning_rate: float = 1e-3
    layer_decay: float = 0.9
    """The learning rate of each encoder layer is this much of the one above it."""
    dropout: float = 0.1
    hidden_words: float = 0.0
    """The share of the words that are hidden behind the tokenizer's mask while learning: of each chunk between none and
    twice as many, drawn anew each time, so that a text that is read again is never quite the same."""
    relation_layers: int = 0
    """Transformer layers over words that know the mentions, before pairs are scored. 0 for as many as the model folder
    has that training begins with, or as `NetworkConfig` has; those that it has not change nothing at first."""
    trained: tuple[str, ...] = ()
    """The parts of `odin.extraction.network.JointNetwork` that learn, by the beginning of their names, such as
    `assertion`; the rest keeps the weights that training begins with. Empty for all of it."""
    average: float = 0.997
    """Decay of the moving average of the weights, which is what is kept."""
    kept_share: float = 1.0
    """The share of that average in what is kept; the rest is of the weights of the model folder that training began
    with."""
    relation_weight: float = 1.0
    relation_balance: float = 0.0
    """How much more rare relation labels weigh: by their share to the power of minus this; 0 for all alike."""
    assertion_weight: float = 0.5
    teachers: tuple[str, ...] = ()
    """Model folders whose answers are learnt beside what is annotated."""
    taught_share: float = 0.5
    """How much the answers of teachers count beside what is annotated."""
    storage: str = FLOAT16
    """How the weights that are kept are stored: `float16`, or `int8` for half the size; an earlier stage's are read
    again by the next one."""

    def __post_init__(self) -> None:
        check_storage(self.storage)
        if not 0 <= self.hidden_words <= 0.5:
            raise InputError(f"hidden_words is a share from 0 to 0.5, not {self.hidden_words}")
        if self.relation_layers < 0:
            raise InputError(f"relation_layers is a number of layers, not {self.relation_layers}")

    @property
    def stages(self) -> tuple[TrainingConfig, ...]:
        """What is trained one after the other, this configuration last."""
        return (*self.first, self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, place: str = "config") -> TrainingConfig:
        """Read `to_json`. Raises InputError that names `place` and what is unknown, missing or cannot be."""
        check_settings(cls, value, place=place)
        if not all(isinstance(item, Mapping) for item in value.get("first", ())):
            raise InputError(f"{place}: first is a list of configurations, each an object of settings")
        first = tuple(cls.from_json(item, place=f"{place}: first") for item in value.get("first", ()))
        named = {key: tuple(value.get(key, ())) for key in ("teachers", "trained")}
        return super().from_json({**value, "first": first, **named}, place=place)


@dataclass(frozen=True)
class MaskedConfig(Configuration):
    """The configuration of continued pretraining."""

    kind: str = MASKED
    base: str = "minilm"
    """An encoder, as `TrainingConfig.base`."""
    layers: int = 0
    """Layers to have, a multiple of those of the base: each is there several times in a row at first (stacking, after
    Gong and others 2019); 0 for as many as the base has."""
    added_words: int = 0
    """Words of the sources to add to the vocabulary of the base at most: those that it cuts into the most pieces in
    all. Each begins with the mean of the embeddings of its pieces (`odin.training.vocabulary`)."""
    batch_pieces: int = 16384
    """Word pieces a step."""
    masked_share: float = 0.2
    precision: str = "float32"
    weight_decay: float = 0.01
    learning_rate: float = 3e-4


def in_stages(configs: Sequence[Configuration]) -> TrainingConfig:
    """The configuration that trains these one after the other, each from the weights that the one before kept.

    Raises InputError where one of them is of another kind than the joint encoder.
    """
    stages: list[TrainingConfig] = []
    for config in configs:
        if not isinstance(config, TrainingConfig):
            raise InputError(f"only runs of the kind {JOINT!r} go on from one another; this one is {config.kind!r}")
        stages += (replace(stage, first=()) for stage in config.stages)
    return replace(stages[-1], first=tuple(stages[:-1]))


def read_config(path: str | Path) -> TrainingConfig:
    """The configuration in a JSON file. Raises InputError."""
    return TrainingConfig.from_json(read_settings(path), place=str(path))


def read_settings(path: str | Path) -> dict[str, Any]:
    """The object in a configuration file of any kind. Raises InputError."""
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as err:
        raise InputError(f"{path}: cannot read the training configuration: {err.strerror}") from err
    except ValueError as err:
        raise InputError(f"{path}: not valid JSON: {err}") from err
    if not isinstance(value, dict):
        raise InputError(f"{path}: a training configuration is an object of settings, not {type(value).__name__}")
    return value
