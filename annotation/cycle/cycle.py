"""The cycle once: notes are generated, a model suggests, the suggestions are corrected, a model learns from the gold.

Figures are of the model before and after, on synthetic notes of templates and concepts that no train note has, and on
real notes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from annotation.cycle.reviewer import review
from annotation.gold import with_split
from annotation.store import Store
from annotation.store.audit import actions
from annotation.store.projects import assign, create_project, preannotate, project_names, suggestions
from annotation.store.reviews import DraftKey
from annotation.store.versions import gold_versions
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.scoring import score_documents
from odin.extraction import Extractor
from odin.extraction.catalog import DEFAULT_MODEL, load_extractor
from odin.labels import load_label_set
from odin.schema import Document
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.training.config import Source, TrainingConfig
from odin.training.data import source_documents

PROJECT, REVIEWER, LABELS = "cycle", "script", "clinical"


@dataclass(frozen=True)
class Cycle:
    """What decides the figures."""

    notes: int = 1000
    """To be reviewed."""
    test_notes: int = 200
    """Synthetic ones to test on."""
    max_words: int = 150
    """Of a note."""
    seed: int = 7
    base: str = DEFAULT_MODEL
    """The model that suggests, and that training goes on from."""
    real: str = "clinical_notes:dev"
    """Real notes to test on: corpus:split, or a .jsonl file."""
    epochs: int = 2
    learning_rate: float = 1e-4
    batch_pieces: int = 1024
    kept_share: float = 0.5
    """Of what was learnt, in the weights that are kept; the rest is of the model that suggested (Wortsman et al. 2022,
    "Robust fine-tuning of zero-shot models"): with 1, the model is better on such notes and worse on all others."""


def run_cycle(cycle: Cycle, folder: Path, *, device: str = "cpu") -> dict[str, Any]:
    """Go round once in `folder`; what is done there already is not done again. The record of it all.

    The record has `settings`, `edits` (how many of each kind), `suggestions` (figures of what the model suggested), and
    `before` and `after`: the figures on each test. Raises InputError where a run was stopped, or the folder holds a
    cycle with other settings.
    """
    from odin.training.stages import train

    folder.mkdir(parents=True, exist_ok=True)
    _check_settings(folder / "settings.json", cycle)
    notes = _generated(cycle, cycle.notes, "train")
    tests = {
        "synthetic, held out": _generated(cycle, cycle.test_notes, "test"),
        cycle.real: source_documents(Source.named(cycle.real, LABELS)),
    }
    before = load_extractor(cycle.base, device=device)
    store = Store(folder / "odin.sqlite")
    _review_all(store, notes, before)
    gold = [with_split(version.document, seed=0) for version in gold_versions(store, PROJECT)]
    suggested = list(suggestions(store, PROJECT).values())
    edits = Counter(str(action.edit["edit"]) for action in actions(store, PROJECT) if action.edit)
    store.close()
    if train(_configuration(cycle, gold, folder), folder / "run", device=device) is None:
        raise InputError(f"{folder / 'run'}: the run was stopped; call again to go on")
    after = load_extractor(folder / "run" / "model", device=device)
    return {
        "settings": asdict(cycle),
        "edits": dict(sorted(edits.items())),
        "suggestions": figures(notes, suggested),
        "before": {name: tested(before, test) for name, test in tests.items()},
        "after": {name: tested(after, test) for name, test in tests.items()},
    }


def _review_all(store: Store, notes: Sequence[Document], extractor: Extractor) -> None:
    """A project of the notes with the model's suggestions, each note corrected, submitted and made gold."""
    if PROJECT not in project_names(store):
        with store.writing():
            create_project(store, PROJECT, load_label_set(LABELS), map(_bare, notes), created_by=REVIEWER)
            assign(store, PROJECT, [REVIEWER], overlap=1)
            preannotate(store, PROJECT, extractor)
    done = {version.document.id for version in gold_versions(store, PROJECT)}
    for note in notes:
        if note.id not in done:
            review(store, DraftKey(PROJECT, note.id, REVIEWER), note)


def tested(extractor: Extractor, gold: Sequence[Document]) -> dict[str, Any]:
    """The figures of a model on notes whose annotations it does not see."""
    bare = (document.with_annotations(()) for document in gold)
    return figures(gold, [found.document for found in extractor.extract(bare, load_label_set(LABELS))])


def figures(gold: Sequence[Document], found: Sequence[Document]) -> dict[str, Any]:
    """Micro F1 of exact entities and strict relations with document bootstrap intervals, and assertion accuracy."""
    scores = score_documents(gold, found)
    tables = {"entities": scores.entities["exact"], "relations": scores.relations["strict"]}
    return {
        name: {"f1": table.micro.f1, "interval": bootstrap(table).micro.get("f1")} for name, table in tables.items()
    } | {"assertions": {"f1": scores.assertion_accuracy.value, "interval": None}}


def _generated(cycle: Cycle, count: int, split: str) -> list[Document]:
    options = GenerationOptions(seed=cycle.seed, max_words=cycle.max_words, split=split)
    return list(MedicalTextGenerator(options=options).documents(count))


def _bare(note: Document) -> Document:
    """The text alone; its split is drawn anew, among the reviewed notes."""
    return replace(note.with_annotations(()), meta={key: note.meta[key] for key in note.meta if key != "split"})


def _configuration(cycle: Cycle, gold: Sequence[Document], folder: Path) -> TrainingConfig:
    sources = []
    for split in ("train", "dev"):
        documents = [document for document in gold if document.meta["split"] == split]
        if not documents:
            raise InputError(f"none of {len(gold)} notes is in the split {split}; give more with --notes")
        path = folder / f"gold-{split}.jsonl"
        jsonl.write(documents, path)
        sources.append((Source(str(path), LABELS),))
    return TrainingConfig(
        sources=sources[0],
        dev=sources[1],
        base=cycle.base,
        seed=cycle.seed,
        epochs=cycle.epochs,
        learning_rate=cycle.learning_rate,
        batch_pieces=cycle.batch_pieces,
        kept_share=cycle.kept_share,
    )


def _check_settings(path: Path, cycle: Cycle) -> None:
    own = json.dumps(asdict(cycle), indent=1) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") != own:
        raise InputError(f"{path.parent} holds a cycle with other settings ({path.name}): name another folder")
    path.write_text(own, encoding="utf-8")
