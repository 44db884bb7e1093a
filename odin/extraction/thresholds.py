"""From which score on mentions and relations are shown: a model's own threshold, and any other after the run."""

from __future__ import annotations

from dataclasses import replace

from odin.extraction import Extractor
from odin.schema import Document

NEUTRAL = (0.5, 0.5)


def own_thresholds(extractor: Extractor, label_set: str) -> tuple[float, float]:
    """The (entity, relation) thresholds that were tuned on dev for a label set; 0.5 where the extractor has none."""
    decoding = getattr(extractor, "decoding", {}).get(label_set)
    return NEUTRAL if decoding is None else (decoding.entity_threshold, decoding.relation_threshold)


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
