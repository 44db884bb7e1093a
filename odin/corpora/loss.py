"""What a format has no place for: a writer keeps the rest and reports each thing that it leaves out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from odin.schema import ConceptRelation, Document, Entity, ReadReport, Relation

ENTITY_FIELDS = ("concept", "score", "assertion", "cue", "provenance", "attributes")
RELATION_FIELDS = ("score", "evidence", "provenance", "attributes")
CONCEPT_RELATION_FIELDS = ("score", "attributes")

_FIELDS: dict[type, tuple[str, ...]] = {
    Entity: ENTITY_FIELDS,
    Relation: RELATION_FIELDS,
    ConceptRelation: CONCEPT_RELATION_FIELDS,
}

Annotation = TypeVar("Annotation", Entity, Relation, ConceptRelation)


@dataclass(frozen=True)
class Holds:
    """What a format holds; None means that it has no annotations of that kind."""

    format: str
    entity: tuple[str, ...] = ENTITY_FIELDS
    relation: tuple[str, ...] | None = RELATION_FIELDS
    concept_relation: tuple[str, ...] | None = CONCEPT_RELATION_FIELDS
    meta: bool = True
    provenance: bool = True
    """Of the document."""
    fragments: bool = True
    label_spaces: bool = True


def held(document: Document, holds: Holds, report: ReadReport) -> Document:
    """The document without what the format cannot hold. Each thing left out is one entry in `report`."""
    place = document.id
    entities: dict[tuple[Any, ...], Entity] = {}
    kept_as: dict[str, str] = {}
    for entity in document.entities:
        reduced = _held_entity(entity, holds, report, place)
        first = entities.setdefault(reduced.key, reduced)
        kept_as[entity.id] = first.id
        if first is not reduced:
            report.drop(place, f"entity {entity.id}", f"{holds.format} makes it the same as another entity")
    relations = tuple(_held_relations(document, holds, report, kept_as))
    concept_relations = []
    for number, concept_relation in enumerate(document.concept_relations, 1):
        what = f"concept relation {number}"
        if holds.concept_relation is None:
            report.drop(place, what, f"{holds.format} holds no concept relations")
        else:
            kept = holds.concept_relation
            shorter = _without_fields(concept_relation, what, kept, holds=holds, report=report, place=place)
            concept_relations.append(shorter)
    if not holds.meta:
        for key in document.meta:
            report.drop(place, f"meta {key}", f"{holds.format} holds no meta")
    if not holds.provenance and document.provenance:
        report.drop(place, "provenance", f"{holds.format} holds no provenance of documents")
    return replace(
        document,
        entities=tuple(entities.values()),
        relations=relations,
        concept_relations=tuple(concept_relations),
        meta=document.meta if holds.meta else {},
        provenance=document.provenance if holds.provenance else None,
    )


def without_entities(document: Document, dropped: dict[str, str], report: ReadReport) -> Document:
    """The document without the entities of `dropped` (id to reason) and without the relations that need them."""
    for entity_id, why in dropped.items():
        report.drop(document.id, f"entity {entity_id}", why)
    relations = []
    for relation in document.relations:
        if relation.head in dropped or relation.tail in dropped:
            report.drop(document.id, f"relation {relation.id}", "one of its entities is left out")
        else:
            relations.append(relation)
    entities = tuple(entity for entity in document.entities if entity.id not in dropped)
    return replace(document, entities=entities, relations=tuple(relations))


def _held_entity(entity: Entity, holds: Holds, report: ReadReport, place: str) -> Entity:
    what = f"entity {entity.id}"
    entity = _without_fields(entity, what, holds.entity, holds=holds, report=report, place=place)
    if entity.fragments and not holds.fragments:
        report.drop(place, f"{what} fragments", f"{holds.format} holds no discontinuous mentions: the whole is kept")
        entity = replace(entity, fragments=())
    return _with_plain_label(entity, what, holds, report, place)


def _held_relations(document: Document, holds: Holds, report: ReadReport, kept_as: dict[str, str]) -> list[Relation]:
    relations = []
    for relation in document.relations:
        what = f"relation {relation.id}"
        head, tail = kept_as[relation.head], kept_as[relation.tail]
        if holds.relation is None:
            report.drop(document.id, what, f"{holds.format} holds no relations between mentions")
        elif head == tail:
            report.drop(document.id, what, f"{holds.format} makes its two entities the same")
        else:
            place = document.id
            shorter = _without_fields(relation, what, holds.relation, holds=holds, report=report, place=place)
            shorter = _with_plain_label(shorter, what, holds, report, document.id)
            relations.append(replace(shorter, head=head, tail=tail))
    return relations


def _without_fields(
    annotation: Annotation,
    what: str,
    kept: tuple[str, ...],
    *,
    holds: Holds,
    report: ReadReport,
    place: str,
) -> Annotation:
    fields = _FIELDS[type(annotation)]
    lost = [name for name in fields if name not in kept and getattr(annotation, name) not in (None, (), {})]
    for name in lost:
        report.drop(place, f"{what} {name}", f"{holds.format} holds no {name} of {what.rpartition(' ')[0]}")
    empty: dict[str, Any] = {name: {} if name == "attributes" else None for name in lost}
    return replace(annotation, **empty)


def _with_plain_label(annotation: Annotation, what: str, holds: Holds, report: ReadReport, place: str) -> Annotation:
    if holds.label_spaces or not re.search(r"\s", annotation.label):
        return annotation
    report.drop(place, f"{what} label", f"{holds.format} labels hold no white space: _ is written")
    return replace(annotation, label=re.sub(r"\s+", "_", annotation.label))
