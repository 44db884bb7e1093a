"""Suggestions: annotations that wait for a person's decision, and occurrences that a mention suggests.

A suggestion (of a model, or of whoever pre-annotated) is an entity or relation whose `attributes["status"]` is
"suggested".
"""

from __future__ import annotations

import re
from dataclasses import replace

from annotation.editing.checks import find_entity, say_entity
from odin.errors import AnnotationError
from odin.schema import Document, Entity, Relation

SUGGESTED = "suggested"


def is_suggestion(item: Entity | Relation) -> bool:
    """True where the mention or relation waits for a person's decision."""
    return item.attributes.get("status") == SUGGESTED


def undecided(document: Document) -> tuple[Entity | Relation, ...]:
    """The suggestions that nobody has decided yet, mentions in text order, then relations."""
    waiting = [entity for entity in document.entities if is_suggestion(entity)]
    waiting.sort(key=lambda entity: (entity.start, -entity.end))
    return (*waiting, *(relation for relation in document.relations if is_suggestion(relation)))


def as_suggestions(document: Document) -> Document:
    """The document with every entity and relation marked as a suggestion: what a reviewer starts from."""
    return replace(
        document,
        entities=tuple(replace(x, attributes={**x.attributes, "status": SUGGESTED}) for x in document.entities),
        relations=tuple(replace(x, attributes={**x.attributes, "status": SUGGESTED}) for x in document.relations),
    )


def identical_spans(document: Document, entity_id: str) -> tuple[tuple[int, int], ...]:
    """Where `MarkIdentical` would mark: whole-word occurrences of its text, in any case, not yet marked so."""
    entity = find_entity(document, entity_id)
    if entity.fragments:
        raise AnnotationError(f"{say_entity(document, entity)} is in several pieces; mark its occurrences one by one")
    surface = document.text[entity.start : entity.end]
    pattern = re.compile(rf"(?<!\w){re.escape(surface)}(?!\w)", re.IGNORECASE)
    taken = {other.span for other in document.entities if other.label == entity.label}
    return tuple(match.span() for match in pattern.finditer(document.text) if match.span() not in taken)


def identical_entities(document: Document, entity_id: str) -> tuple[Entity, ...]:
    """What `RemoveIdentical` would delete: the mentions with the same text, whatever its case, and label."""
    entity = find_entity(document, entity_id)
    surface = entity.text_in(document.text).casefold()
    return tuple(
        other
        for other in document.entities
        if other.label == entity.label and other.text_in(document.text).casefold() == surface
    )
