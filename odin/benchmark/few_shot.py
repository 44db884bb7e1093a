"""Few-shot: what a label set that a user defines is worth after a few reviewed notes.

A few train notes of a public corpus stand for the reviewed ones, the labels that stand in them often enough for the
label set, and the whole dev split for what is to be read. Mentions alone are learnt and scored.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odin.corpora import jsonl
from odin.corpora.catalog import load
from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.scoring import score_documents
from odin.labels import EntityLabel, LabelSet
from odin.schema import Document
from odin.training.config import Source
from odin.training.few_shot import few_shot_config
from odin.training.run_folder import metrics_of

LEAST = 20
"""Mentions that a label must have in the drawn notes to be learnt; of the others there is nothing to learn from."""


@dataclass(frozen=True)
class FewShot:
    """What one draw of notes gave."""

    corpus: str
    seed: int
    notes: int
    mentions: int
    """Of the drawn notes, under the labels that are learnt."""
    labels: tuple[str, ...]
    documents: int
    """Of the dev split, all scored."""
    f1: float
    """Exact micro F1 of mentions."""
    interval: tuple[float, float] | None
    per_label: dict[str, float | None]
    seconds: float
    """Of the steps, wherever the run was broken off."""


def few_shot(
    corpus: str, folder: Path, *, notes: int, seeds: Sequence[int], base: str | None = None, device: str = "cpu"
) -> Iterator[FewShot]:
    """Train on `notes` train notes of the corpus drawn by each seed and test on its dev split; one after the other.

    `folder` gets a run a seed. Raises InputError where the corpus has too few notes.
    """
    known, gold = load(corpus, "train"), load(corpus, "dev")
    if not 0 < notes <= len(known):
        raise InputError(f"{notes} notes: {corpus} train has {len(known)}")
    for seed in seeds:
        drawn = random.Random(seed).sample(known, notes)
        labels = labels_of(drawn, name=f"{corpus}-few-shot")
        yield _one(corpus, folder / f"seed-{seed}", labels, drawn, gold, seed=seed, base=base, device=device)


def labels_of(notes: Sequence[Document], *, name: str) -> LabelSet:
    """A label set of the mentions that stand at least LEAST times in the notes. Raises InputError where none does."""
    counts = Counter(entity.label for note in notes for entity in note.entities)
    often = sorted(label for label, count in counts.items() if count >= LEAST)
    if not often:
        raise InputError(f"no label stands {LEAST} times in {len(notes)} notes; draw more of them")
    return LabelSet(name, tuple(map(EntityLabel, often)))


def under(document: Document, labels: LabelSet) -> Document:
    """The document with its mentions under these labels and nothing else."""
    kept = [entity for entity in document.entities if entity.label in labels.entity_labels]
    return document.with_annotations(kept)


def _one(
    corpus: str,
    folder: Path,
    labels: LabelSet,
    drawn: Sequence[Document],
    gold: Sequence[Document],
    *,
    seed: int,
    base: str | None,
    device: str,
) -> FewShot:
    from odin.extraction.neural import NeuralExtractor
    from odin.training.stages import train

    folder.mkdir(parents=True, exist_ok=True)
    notes, label_file = folder / "notes.jsonl", folder / "labels.json"
    drawn, gold = ([under(one, labels) for one in side] for side in (drawn, gold))
    jsonl.write(drawn, notes)
    label_file.write_text(json.dumps(labels.to_json(), indent=1) + "\n", encoding="utf-8")
    settings: dict[str, Any] = {"seed": seed} | ({"base": base} if base else {})
    config = few_shot_config((Source(str(notes), str(label_file), relations=False),), **settings)
    if train(config, folder, device=device) is None:
        raise InputError(f"{folder}: the run was stopped; run it again to go on")
    extractor = NeuralExtractor.load(folder / "model", device=device)
    found = [one.document for one in extractor.extract((one.with_annotations(()) for one in gold), labels)]
    scores = score_documents(gold, found).entities["exact"]
    return FewShot(
        corpus=corpus,
        seed=seed,
        notes=len(drawn),
        mentions=sum(len(note.entities) for note in drawn),
        labels=labels.entity_labels,
        documents=len(gold),
        f1=scores.micro.f1 or 0.0,
        interval=bootstrap(scores).micro.get("f1"),
        per_label={label: counts.f1 for label, counts in sorted(scores.per_label.items())},
        seconds=float(metrics_of(folder)[-1]["seconds"]),
    )
