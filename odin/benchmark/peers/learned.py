"""What the peers that learn have in common: the notes as flat mentions, and a record of what they were trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from odin.benchmark.measuring import documents_hash
from odin.benchmark.peers import CORPUS, TRAIN
from odin.schema import Document, Entity

RECORD = "training.json"


def mentions_apart(note: Document) -> list[Entity]:
    """The mentions from left to right, of those that overlap the longest: taggers know no nested ones."""
    kept: list[Entity] = []
    for one in sorted(note.entities, key=lambda entity: (entity.start - entity.end, entity.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda entity: entity.start)


def epochs_done(folder: Path) -> int:
    """How many epochs the peer in `folder` was trained; 0 where it was not."""
    try:
        return int(json.loads((folder / RECORD).read_text(encoding="utf-8"))["epochs"])
    except FileNotFoundError:
        return 0


def say_learned(folder: Path, notes: Sequence[Document], epochs: int) -> None:
    """Write down what the peer in `folder` has learned from."""
    kept = sum(len(mentions_apart(note)) for note in notes)
    record = {
        "corpus": CORPUS,
        "split": TRAIN,
        "documents": len(notes),
        "data_sha256": documents_hash(notes),
        "epochs": epochs,
        "mentions": kept,
        "overlapping_mentions_left_out": sum(len(note.entities) for note in notes) - kept,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
