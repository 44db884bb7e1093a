"""Choosing after a run from which score on mentions and relations are shown."""

from __future__ import annotations

from dataclasses import replace

from odin.schema import Document


def above(document: Document, entity_threshold: float, relation_threshold: float) -> Document:
    """The document with what reaches the thresholds; an annotation without a score, such as a given one, stays.

    A relation goes with either of its mentions.
    """
    entities = tuple(e for e in document.entities if e.score is None or e.score >= entity_threshold)
    kept = {entity.id for entity in entities}
    relations = tuple(
        r
        for r in document.relations
        if r.head in kept and r.tail in kept and (r.score is None or r.score >= relation_threshold)
    )
    concepts = tuple(r for r in document.concept_relations if r.score is None or r.score >= relation_threshold)
    return replace(document, entities=entities, relations=relations, concept_relations=concepts)
