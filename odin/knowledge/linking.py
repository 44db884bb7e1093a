"""Concept ids for the entities that any extractor, corpus or person has marked."""

from __future__ import annotations

from dataclasses import replace

from odin.knowledge.graph import Concept
from odin.knowledge.lookup import Lookup, default_lookup
from odin.schema import Document, Entity

SAME_LABELS = {
    "Chemical": ("Drug", "Chemical"),
    "ChemicalEntity": ("Drug", "Chemical"),
    "DiseaseOrPhenotypicFeature": ("Disease", "Symptom"),
    "Disease": ("Disease", "Symptom"),
    "Symptom": ("Symptom", "Disease"),
    "Drug": ("Drug", "Chemical"),
    "GeneOrGeneProduct": ("Gene", "Protein"),
    "Procedure": ("Procedure", "Lab_Test"),
    "Lab_Test": ("Lab_Test", "Procedure"),
    "AdverseEffect": ("Symptom", "Disease"),
    "SpecificDisease": ("Disease", "Symptom"),
    "DiseaseClass": ("Disease", "Symptom"),
    "CompositeMention": ("Disease",),
    "Modifier": ("Disease", "Symptom"),
}
"""The labels of the graph that a label of a text may mean, the first preferred."""


def link(document: Document, lookup: Lookup | None = None) -> Document:
    """The document with the concept id of every entity that has none and that the graph knows under its label."""
    lookup = lookup or default_lookup()
    local = lookup.definitions(document.text)
    return replace(
        document, entities=tuple(_linked(entity, document.text, lookup, local) for entity in document.entities)
    )


def _linked(entity: Entity, text: str, lookup: Lookup, local: dict[str, tuple[Concept, ...]]) -> Entity:
    if entity.concept is not None:
        return entity
    surface = entity.text_in(text)
    candidates = local.get(surface) or lookup.concepts(surface)
    same = [concept for concept in candidates if concept.label in SAME_LABELS.get(entity.label, (entity.label,))]
    return replace(entity, concept=same[0].id) if same else entity
