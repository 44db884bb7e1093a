"""From text to entities and relations. `load_extractor` (in `odin.extraction.catalog`) gives an `Extractor`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from odin.labels import LabelSet
from odin.schema import Document, ReadReport


@dataclass(frozen=True)
class ExtractionOptions:
    """What the user may set. None means the model's own threshold, tuned on dev."""

    entity_threshold: float | None = None
    relation_threshold: float | None = None
    given_entities: bool = False
    """Keep the entities (and concept ids) of the input and predict relations only."""
    batch_size: int = 8
    """Windows a forward pass."""


@dataclass(frozen=True)
class Extraction:
    """The document with what was found in it, and what was not read or not located."""

    document: Document
    report: ReadReport = field(default_factory=ReadReport)


class Extractor(Protocol):
    """Anything that finds entities and relations: the network, a language model, the dictionary."""

    name: str
    """Name and hash, as in `odin-mini@3f9c2a1b`: what provenance records."""

    def label_sets(self) -> tuple[str, ...]:
        """The names of the label sets that it can answer with."""
        ...

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions = ...
    ) -> Iterator[Extraction]:
        """One Extraction a document, in order, as they are done."""
        ...
