"""What every edit asks of a document: find by id or say that it is gone, and refuse what cannot be, in plain words."""

from __future__ import annotations

from dataclasses import replace

from odin.errors import AnnotationError
from odin.labels import LabelSet
from odin.schema import Document, Entity, Relation


def find_entity(document: Document, entity_id: str) -> Entity:
    """The mention of that id. Raises AnnotationError where another edit took it away."""
    try:
        return document.entity_by_id[entity_id]
    except KeyError:
        raise AnnotationError(
            f"document {document.id} has no mention {entity_id!r} (any more); reload the note"
        ) from None


def find_relation(document: Document, relation_id: str) -> Relation:
    """The relation of that id. Raises AnnotationError where another edit took it away."""
    for relation in document.relations:
        if relation.id == relation_id:
            return relation
    raise AnnotationError(f"document {document.id} has no relation {relation_id!r} (any more); reload the note")


def find_item(document: Document, target: str) -> Entity | Relation:
    """The mention or relation of that id."""
    if target in document.entity_by_id:
        return document.entity_by_id[target]
    return find_relation(document, target)


def say_entity(document: Document, entity: Entity) -> str:
    """The mention in a message: its label and its text."""
    return f"{entity.label} {entity.text_in(document.text)!r:.80}"


def say_relation(document: Document, relation: Relation, labels: LabelSet) -> str:
    """The relation in plain words: "aspirin treats headache"."""
    head, tail = (document.entity_by_id[end].text_in(document.text) for end in (relation.head, relation.tail))
    known = relation.label in labels.relation_labels
    words = labels.relation(relation.label).say(head, tail) if known else f"{head} {relation.label} {tail}"
    return f"not: {words}" if relation.negated else words


def check_entity_label(labels: LabelSet, label: str) -> None:
    """Raise AnnotationError unless the label set has that entity label."""
    if label not in labels.entity_labels:
        raise AnnotationError(
            f"{label!r} is not a label of {labels.name}; choose one of {', '.join(labels.entity_labels)}"
        )


def check_span(document: Document, start: int, end: int) -> None:
    """Raise AnnotationError unless `start` to `end` is a stretch of the text."""
    if not 0 <= start < end <= len(document.text):
        raise AnnotationError(
            f"document {document.id}: {start}-{end} is not a stretch of a text of {len(document.text)} characters"
        )


def checked_entity(document: Document, entity: Entity) -> Entity:
    """The mention; raises where it is out of the text, blank, or marked already."""
    for start, end in entity.spans:
        check_span(document, start, end)
    if not entity.text_in(document.text).strip():
        raise AnnotationError("a mention needs some text; only blanks are marked")
    for other in document.entities:
        if other.key == entity.key and other.id != entity.id:
            raise AnnotationError(f"{say_entity(document, other)} is marked here already")
    return entity


def is_symmetric(label: str, labels: LabelSet) -> bool:
    """True where the relation label holds both ways."""
    return label in labels.relation_labels and labels.relation(label).symmetric


def is_allowed(document: Document, relation: Relation, labels: LabelSet) -> bool:
    """True where the label set lets the relation join its two mentions."""
    head, tail = (document.entity_by_id[end].label for end in (relation.head, relation.tail))
    return relation.label in labels.allowed(head, tail)


def checked_relation(document: Document, relation: Relation, labels: LabelSet) -> Relation:
    """The relation, in canonical order where it is symmetric; raises where the label set or the document forbids it."""
    head, tail = (find_entity(document, end) for end in (relation.head, relation.tail))
    if head.id == tail.id:
        raise AnnotationError("a relation needs two mentions; head and tail are the same one")
    allowed = labels.allowed(head.label, tail.label)
    if relation.label not in allowed:
        raise AnnotationError(
            f"{relation.label!r} cannot lead from {say_entity(document, head)} to {say_entity(document, tail)}; "
            + (f"allowed: {', '.join(allowed)}" if allowed else "no relation of the label set can")
        )
    if is_symmetric(relation.label, labels) and (tail.start, tail.end, tail.id) < (
        head.start,
        head.end,
        head.id,
    ):
        relation = replace(relation, head=tail.id, tail=head.id)
    for other in document.relations:
        if other.id != relation.id and (other.label, other.head, other.tail) == (
            relation.label,
            relation.head,
            relation.tail,
        ):
            raise AnnotationError(f"{say_relation(document, other, labels)!r} is there already")
    return relation
