"""What is scored after each epoch, and how: micro F1 of entities and relations, and notes to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odin.evaluation.scores import Scores
from odin.labels import LabelSet
from odin.schema import Document

SAMPLES = 3
"""Documents a dev source that are shown after each evaluation."""
MOST_CHARACTERS = 3000

DevSource = tuple[str, LabelSet, list[Document]]
"""Name, label set, gold documents."""


@dataclass(frozen=True)
class Evaluation:
    """How good the weights are that would be kept."""

    score: float | None
    """The mean of the dev scores, from 0 to 1; None without dev sources."""
    dev: Mapping[str, Mapping[str, float]]
    """The scores by dev source and task."""
    samples: Sequence[Mapping[str, Any]]
    """As `samples_of` gives them."""
    lost: Mapping[str, float] = field(default_factory=dict)
    """By dev source the share of what was answered that could not be used, where answers are text."""


def mean_score(dev: Mapping[str, Mapping[str, float]]) -> float | None:
    """The mean of all scores; None where there is none."""
    values = [value for scores in dev.values() for value in scores.values()]
    return sum(values) / len(values) if values else None


def samples_of(source: DevSource, found: Sequence[Document]) -> list[dict[str, Any]]:
    """A few documents of a dev source, always the same, as gold and as predicted, in native form."""
    name, labels, documents = source
    pairs = list(zip(documents, found, strict=True))
    chosen = [(gold, own) for gold, own in pairs if gold.entities and len(gold.text) < MOST_CHARACTERS]
    return [
        {"name": name, "labels": labels.to_json(), "gold": gold.to_json(), "predicted": own.to_json()}
        for gold, own in (chosen or pairs)[:SAMPLES]
    ]


def entity_f1(scores: Scores) -> float:
    """Exact micro F1 of entities."""
    return scores.entities["exact"].micro.f1 or 0.0


def relation_f1(scores: Scores, labels: LabelSet) -> float:
    """Micro F1 of concept relations where the label set has them, else of strict relations."""
    counted = scores.concept_relations if labels.concept_relations else scores.relations["strict"]
    return counted.micro.f1 or 0.0
