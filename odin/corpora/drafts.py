"""From what a file states to a Document: keep what a Document may hold, report or refuse the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from odin.errors import FormatError
from odin.schema import ConceptRelation, Document, Entity, Provenance, ReadReport, Relation

Spans = tuple[tuple[int, int], ...]


@dataclass
class Draft:
    """A document while it is read.

    What contradicts the text or the file itself (a span beyond the text, an unknown entity) raises FormatError where
    `strict`, else it is dropped. What is well formed but not allowed in a Document (the same span with the same label
    twice, a relation from an entity to itself) is always dropped and reported.
    """

    id: str
    text: str
    path: str | Path
    report: ReadReport
    strict: bool = True
    entities: dict[str, Entity] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    concept_relations: list[ConceptRelation] = field(default_factory=list)
    _first_of_key: dict[tuple[str, Spans], str] = field(default_factory=dict)
    _kept_as: dict[str, str] = field(default_factory=dict)

    def refuse(self, line: int | None, what: str, why: str) -> None:
        """Raise FormatError where strict, else record a loss."""
        if self.strict:
            raise FormatError(f"{what} {why}", path=self.path, line=line)
        self.lose(line, what, why)

    def lose(self, line: int | None, what: str, why: str) -> None:
        """Record what a Document cannot hold."""
        self.report.drop(f"{self.path}:{line}" if line is not None else f"{self.path} {self.id}", what, why)

    def add_entity(self, line: int | None, entity: Entity, spans: Spans = (), *, stated: str | None = None) -> None:
        """Take an entity; `spans`, if given, are its fragments in any order, `stated` the file's copy of its text."""
        what = f"entity {entity.id}"
        spans = tuple(spans) or entity.spans
        if entity.id in self.entities or entity.id in self._kept_as:
            return self.refuse(line, what, "has an id that is used twice")
        if any(not 0 <= start < end <= len(self.text) for start, end in spans):
            found = ", ".join(f"{start}-{end}" for start, end in spans)
            what = f"{what} at {found} of {len(self.text)} characters"
            return self.refuse(line, what, "is not a span of the text")
        entity = _with_spans(entity, spans)
        if entity.spans != spans:
            self.report.notes.append(f"{self.id}: the fragments of {what} were put in order")
        if stated is not None and not self._says(entity, spans, stated):
            found_text = self.text[entity.start : entity.end]
            return self.refuse(line, f"{what} {stated!r} (found: {found_text!r})", "does not stand at its offsets")
        first = self._first_of_key.setdefault(entity.key, entity.id)
        if first != entity.id:
            self._kept_as[entity.id] = first
            return self.lose(line, f"{what} (as {first})", "repeats an entity: the same label on the same span")
        self.entities[entity.id] = entity
        return None

    def add_relation(self, line: int | None, relation: Relation) -> None:
        """Take a relation; call it when all entities are in. A repeated entity stands for the one that was kept."""
        what = f"relation {relation.id}"
        head, tail = (self._kept_as.get(end, end) for end in (relation.head, relation.tail))
        for end in (head, tail):
            if end not in self.entities:
                return self.refuse(line, f"{what} ({relation.label}, {end})", "refers to an unknown entity")
        if head == tail:
            return self.lose(line, what, "joins an entity to itself")
        if relation.id in self.relations:
            return self.refuse(line, what, "has an id that is used twice")
        self.relations[relation.id] = replace(relation, head=head, tail=tail)
        return None

    def resolve(self, entity_id: str) -> str:
        """The id under which that entity was kept."""
        return self._kept_as.get(entity_id, entity_id)

    def finish(self, meta: Mapping[str, Any] | None = None, provenance: Provenance | None = None) -> Document:
        """The document, counted in the report."""
        document = Document(
            id=self.id,
            text=self.text,
            entities=tuple(self.entities.values()),
            relations=tuple(self.relations.values()),
            concept_relations=tuple(self.concept_relations),
            meta=dict(meta or {}),
            provenance=provenance,
        )
        self.report.keep(document)
        return document

    def _says(self, entity: Entity, spans: Spans, stated: str) -> bool:
        pieces = "".join(self.text[start:end] for start, end in spans)
        options = (self.text[entity.start : entity.end], pieces, entity.text_in(self.text))
        return any(_squeezed(option) == _squeezed(stated) for option in options)


def _with_spans(entity: Entity, spans: Iterable[tuple[int, int]]) -> Entity:
    """The entity on `spans`: in order, overlapping ones as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    fragments = tuple(merged) if len(merged) > 1 else ()
    return replace(entity, start=merged[0][0], end=merged[-1][1], fragments=fragments)


def _squeezed(text: str) -> str:
    """Text without white space, which formats of one line a mention replace."""
    return "".join(text.split())
