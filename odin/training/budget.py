"""The token budget: how many documents are read in one window, in several, in chunks, and what cannot be learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from odin.schema import Document, ReadReport
from odin.training.examples import Example


@dataclass(frozen=True)
class Budget:
    """What one source costs."""

    documents: int
    words: int
    pieces: int
    """Word pieces to encode an epoch at weight 1, overlaps included."""
    windowed: int
    """Documents that are read in several overlapping windows; nothing of them is left out."""
    chunked: int
    """Documents so long that relations across more than a chunk are not seen."""
    entities: int
    lost: dict[str, int] = field(default_factory=dict)
    """Why mentions cannot be learnt, and how many."""

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return asdict(self)


def budget_of(documents: Sequence[Document], examples: Sequence[Example], report: ReadReport) -> Budget:
    """The budget of a source's documents, whose examples these are; `report` tells what could not be put into them."""
    chunks = Counter(example.document for example in examples)
    windows: Counter[str] = Counter()
    for example in examples:
        windows[example.document] += len(example.encoded.pieces)
    return Budget(
        documents=len(documents),
        words=sum(len(example.encoded.first) for example in examples),
        pieces=sum(example.size for example in examples),
        windowed=sum(count > 1 for count in windows.values()),
        chunked=sum(count > 1 for count in chunks.values()),
        entities=sum(len(document.entities) for document in documents),
        lost=dict(Counter(why for _, _, why in report.dropped)),
    )
