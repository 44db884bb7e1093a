"""Which label of a corpus is which label of a label set.

A corpus labels only some of what a label set knows: what is not in a map here says nothing about the text ("unlabelled"
is not "not an entity"), and training masks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from odin.labels import load_label_set
from odin.schema import Document, Entity


class LabelMap(NamedTuple):
    """Published label to label of the label set; what is absent is left out."""

    entities: Mapping[str, str]
    relations: Mapping[str, str] = {}


LABEL_MAPS = {
    ("ncbi_disease", "ncbi_disease"): LabelMap(
        dict.fromkeys(("SpecificDisease", "Modifier", "DiseaseClass", "CompositeMention"), "Disease")
    ),
    ("phee", "ade"): LabelMap(
        {"Treatment.Drug": "Drug", "Effect": "Adverse_Effect", "Treatment.Dosage": "Dosage"},
        {"causes_adverse_effect": "has_adverse_effect"},
    ),
    ("phee", "clinical"): LabelMap(
        {"Treatment.Drug": "Drug", "Treatment.Disorder": "Disease", "Effect": "Disease"},
        {"treats": "treats", "causes_adverse_effect": "causes"},
    ),
    ("ade", "clinical"): LabelMap(
        {"Drug": "Drug", "Adverse_Effect": "Disease"},
        {"has_adverse_effect": "causes"},
    ),
    ("bc5cdr", "clinical"): LabelMap({"Chemical": "Drug", "Disease": "Disease"}),
    ("biored", "clinical"): LabelMap({"ChemicalEntity": "Drug", "DiseaseOrPhenotypicFeature": "Disease"}),
    ("maccrobat2020", "clinical"): LabelMap(
        {
            "Disease_disorder": "Disease",
            "Sign_symptom": "Symptom",
            "Medication": "Drug",
            "Therapeutic_procedure": "Procedure",
            "Diagnostic_procedure": "Procedure",
        },
        {"CAUSE": "causes"},
    ),
    ("chia", "clinical"): LabelMap(
        {"Condition": "Disease", "Drug": "Drug", "Procedure": "Procedure", "Measurement": "Lab_Test"}
    ),
}
"""(corpus, label set) to map. Where a corpus does not part diseases from symptoms, `clinical` says Disease for both."""


def as_label_set(document: Document, name: str) -> Document:
    """The document under the labels of label set `name`, without what that label set does not know.

    A document of a corpus (as its provenance says) is mapped by `LABEL_MAPS`; where there is no map its labels are
    taken as they are. Mentions that get the same label on the same span become one. Raises LabelError.
    """
    labels = load_label_set(name)
    corpus = document.provenance.name if document.provenance and document.provenance.source == "corpus" else None
    chosen = LABEL_MAPS.get((corpus or "", name))
    entity_labels = dict(chosen.entities if chosen else {label: label for label in labels.entity_labels})
    relation_labels = dict(chosen.relations if chosen else {label: label for label in labels.relation_labels})
    entities: dict[object, Entity] = {}
    kept_as: dict[str, str] = {}
    for entity in document.entities:
        if entity.label in entity_labels:
            renamed = replace(entity, label=entity_labels[entity.label])
            kept_as[entity.id] = entities.setdefault(renamed.key, renamed).id
    relations = [
        replace(it, label=relation_labels[it.label], head=kept_as[it.head], tail=kept_as[it.tail])
        for it in document.relations
        if it.label in relation_labels and it.head in kept_as and it.tail in kept_as
    ]
    concepts = [it for it in document.concept_relations if it.label in labels.concept_relation_labels]
    relations = [it for it in relations if it.head != it.tail]
    return document.with_annotations(entities.values(), relations, concepts)
