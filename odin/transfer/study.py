"""Every arm with every seed: trained, scored on notes that it never saw, written down at once so that a study resumes.

All arms have the same base and the same selection notes, on which the best epoch and the thresholds are chosen. The
arms with real notes have the same steps at most: one that goes on from the synthetic notes has those that these left.
The test notes are used once, for the figures.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.scoring import score_documents
from odin.extraction import ExtractionOptions
from odin.labels import load_label_set
from odin.schema import Document
from odin.synthesis.generator import GenerationOptions
from odin.training.config import Source, TrainingConfig
from odin.training.data import source_documents
from odin.transfer.arms import ARMS, Arm, write_notes

logger = logging.getLogger(__name__)

LABELS = "clinical"
FIGURES = ("entities", "relations", "relations, gold entities")
"""Micro F1: exact spans and labels; with strict ends; with the gold entities given."""


@dataclass(frozen=True)
class Settings:
    """What decides the figures of a study; sources are `corpus:split` or a native .jsonl file."""

    real: str = "clinical_notes:train"
    selection: str = "clinical_notes:written_dev"
    """Notes that choose the epoch and the thresholds."""
    test: str = "clinical_notes:dev"
    base: str = "minilm"
    notes: int = 5000
    notes_seed: int = 42
    max_words: int = GenerationOptions().max_words
    """Of a synthetic note."""
    steps: int = 1500
    """At most; an arm takes its share of them."""
    epochs: int = 12
    batch_pieces: int = 2048
    learning_rate: float = 2.5e-4
    selection_documents: int = 40


def run_study(
    folder: Path, settings: Settings, *, arms: Sequence[str], seeds: Sequence[int], workers: int = 1
) -> Iterator[dict[str, Any]]:
    """The record of each run as it is done, or as it was written before. Raises InputError on other settings."""
    for name in arms:
        if name not in ARMS:
            raise InputError(f"unknown arm {name!r}: choose from {', '.join(ARMS)}")
    folder.mkdir(parents=True, exist_ok=True)
    _check_settings(folder / "settings.json", settings)
    test = source_documents(Source.named(settings.test, LABELS))
    for seed in seeds:
        for arm in map(ARMS.__getitem__, arms):
            path = folder / arm.name / f"seed-{seed}" / "result.json"
            if not path.exists():
                config = configuration(arm, settings, seed, folder, workers=workers)
                _write(path, {"arm": arm.name, "seed": seed, **_trained(config, path.parent, test)})
            yield json.loads(path.read_text(encoding="utf-8"))


def records_of(folder: Path) -> list[dict[str, Any]]:
    """The records that a study has written so far, by arm and seed."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*/seed-*/result.json")]
    return sorted(found, key=lambda item: (list(ARMS).index(item["arm"]), item["seed"]))


def configuration(arm: Arm, settings: Settings, seed: int, folder: Path, *, workers: int = 1) -> TrainingConfig:
    """How a model of the arm is trained; its synthetic notes are made where they are not there.

    Raises InputError where it goes on from an arm that is not trained yet.
    """
    sources = [Source.named(settings.real, LABELS)] if arm.real else []
    if arm.synthetic:
        notes = write_notes(
            arm, folder, settings.notes, settings.notes_seed, max_words=settings.max_words, workers=workers
        )
        sources.append(Source(str(notes), LABELS))
    return TrainingConfig(
        sources=tuple(sources),
        dev=(Source.named(settings.selection, LABELS),),
        base=str(_model_of(folder, arm.after, seed)) if arm.after else settings.base,
        seed=seed,
        epochs=settings.epochs,
        max_steps=max(1, round(arm.share * settings.steps)),
        batch_pieces=settings.batch_pieces,
        learning_rate=settings.learning_rate,
        patience=settings.epochs,
        dev_documents=settings.selection_documents,
    )


def _model_of(folder: Path, arm: str, seed: int) -> Path:
    model = folder / arm / f"seed-{seed}" / "model"
    if not model.is_dir():
        raise InputError(f"{model} is not there: train the arm {arm!r} with seed {seed} first, as in --arm {arm}")
    return model


def _trained(config: TrainingConfig, folder: Path, test: Sequence[Document]) -> dict[str, Any]:
    from odin.extraction.neural import NeuralExtractor
    from odin.training.kinds import trainer_of

    trainer = trainer_of(config, folder)
    chosen = trainer.run()
    if chosen is None:
        raise InputError(f"{folder}: the run was stopped at step {trainer.progress.step}; run it again to go on")
    progress = trainer.progress
    extractor = NeuralExtractor.load(folder / "model")
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    return {
        "steps": progress.step,
        "seconds_a_step": progress.seconds / max(progress.step, 1),
        "epoch": chosen["epoch"],
        "figures": scored(extractor, test),
    }


def scored(extractor: Any, test: Sequence[Document]) -> dict[str, dict[str, Any]]:
    """F1 and its document bootstrap interval on the test notes, for each of FIGURES, and assertion accuracy."""
    labels = load_label_set(LABELS)
    found = [item.document for item in extractor.extract((d.with_annotations(()) for d in test), labels)]
    given = extractor.extract(test, labels, ExtractionOptions(given_entities=True))
    free, bound = score_documents(test, found), score_documents(test, [item.document for item in given])
    tables = (free.entities["exact"], free.relations["strict"], bound.relations["strict"])
    figures = {
        name: {"f1": table.micro.f1, "interval": bootstrap(table).micro.get("f1")}
        for name, table in zip(FIGURES, tables, strict=True)
    }
    return {**figures, "assertion accuracy": {"f1": free.assertion_accuracy.value, "interval": None}}


def _check_settings(path: Path, settings: Settings) -> None:
    """Write the settings, or see that they are those of the study that stands there."""
    own = asdict(settings)
    if not path.exists():
        _write(path, own)
        return
    old = json.loads(path.read_text(encoding="utf-8"))
    changed = [f"{name}={old.get(name)!r}" for name in own if old.get(name) != own[name]]
    if changed:
        raise InputError(f"{path.parent} holds a study with {', '.join(changed)}: use the same, or name another folder")


def _write(path: Path, value: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
