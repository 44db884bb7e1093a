"""Which label of a corpus is which label of a label set.

A corpus labels only some of what a label set knows: what is not in a map here says nothing about the text ("unlabelled"
is not "not an entity"), and training masks it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from odin.labels import load_label_set
from odin.schema import Document, Entity


class LabelMap(NamedTuple):
    """Published label to label of the label set; what is absent is left out."""

    entities: Mapping[str, str]
    relations: Mapping[str, str] = {}
    examinations: frozenset[str] = frozenset()
    """Published labels that stand for tests, studies and vital signs alike: `_examined` parts them."""

    @property
    def given(self) -> frozenset[str]:
        """The labels of the label set that a mention of the corpus can get."""
        return frozenset(self.entities.values()) | (_EXAMINED if self.examinations else frozenset())


_EXAMINED = frozenset(("Lab_Test", "Procedure"))
"""What an examination can be."""


VALUES = frozenset(("Lab_value",))
"""Labels of results: an examination that has one, and is no study, is a laboratory test."""

_NO_ENTITY = re.compile(
    r"\b(blood pressure|bp|pulse|heart rate|temperature|respirat\w* rate|saturation|spo2|weight|height|bmi|"
    r"body mass index|vital signs|physical examination)\b",
    re.IGNORECASE,
)
"""What the guidelines of `clinical` do not annotate."""

_STUDY = re.compile(
    r"\b(mri|ct|x-?rays?|radiogra\w+|ultraso\w+|echo\w*|ejection fraction|l?v?ef|e[ck]gs?|electro\w+gra\w+|tomogra\w+|"
    r"angiogra\w+|\w*scop\w+|spirometry|scans?|imaging|exam\w*|auscultation)\b",
    re.IGNORECASE,
)
"""Procedures, whether or not a value is given for what they found."""

_VARIANTS = (
    "DNAMutation",
    "DNAAllele",
    "ProteinMutation",
    "ProteinAllele",
    "AcidChange",
    "OtherMutation",
    "SNP",
)
"""The variants of tmVar3."""

_CHEMICAL_DISEASE = {"Chemical": "ChemicalEntity", "Disease": "DiseaseOrPhenotypicFeature"}
_AS_CHEMICAL_DISEASE = LabelMap({theirs: ours for ours, theirs in _CHEMICAL_DISEASE.items()})
"""Of the mentions alone: half of what BioRED calls a positive correlation BC5CDR does not call induced (of 41 abstracts
that both have, 63 of 129)."""
_NCBI = LabelMap(dict.fromkeys(("SpecificDisease", "Modifier", "DiseaseClass", "CompositeMention"), "Disease"))
LABEL_MAPS = {
    ("ncbi_disease", "ncbi_disease"): _NCBI,
    ("ncbi_disease", "bc5cdr"): _NCBI,
    ("ncbi_disease", "clinical"): _NCBI,
    ("phee", "phee"): LabelMap(
        {"Treatment.Drug": "Drug", "Effect": "Effect", "Treatment.Disorder": "Disorder", "Treatment.Dosage": "Dosage"},
        {"causes_adverse_effect": "causes_adverse_effect", "treats": "treats"},
    ),
    ("phee", "ade"): LabelMap(
        {"Treatment.Drug": "Drug", "Effect": "Adverse_Effect", "Treatment.Dosage": "Dosage"},
        {"causes_adverse_effect": "has_adverse_effect"},
    ),
    ("phee", "clinical"): LabelMap(
        {"Treatment.Drug": "Drug", "Treatment.Disorder": "Disease", "Effect": "Disease"},
        {"treats": "treats", "causes_adverse_effect": "causes"},
    ),
    ("ade", "phee"): LabelMap(
        {"Drug": "Drug", "Adverse_Effect": "Effect", "Dosage": "Dosage"},
        {"has_adverse_effect": "causes_adverse_effect"},
    ),
    ("ade", "clinical"): LabelMap(
        {"Drug": "Drug", "Adverse_Effect": "Disease"},
        {"has_adverse_effect": "causes"},
    ),
    ("bc5cdr", "biored"): LabelMap(_CHEMICAL_DISEASE),
    ("biored", "bc5cdr"): _AS_CHEMICAL_DISEASE,
    ("annotated_abstracts", "bc5cdr"): LabelMap(
        {**_AS_CHEMICAL_DISEASE.entities, "Chemical": "Chemical", "Disease": "Disease"}
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
        frozenset(("Diagnostic_procedure",)),
    ),
    ("chia", "clinical"): LabelMap(
        {"Condition": "Disease", "Drug": "Drug", "Procedure": "Procedure", "Measurement": "Lab_Test"}
    ),
    ("biored", "chemprot"): LabelMap({"ChemicalEntity": "Chemical", "GeneOrGeneProduct": "Protein"}),
    ("chemprot", "biored"): LabelMap({"Chemical": "ChemicalEntity", "Protein": "GeneOrGeneProduct"}),
    ("aioner", "biored"): LabelMap(
        {
            "Gene": "GeneOrGeneProduct",
            "Chemical": "ChemicalEntity",
            "Disease": "DiseaseOrPhenotypicFeature",
            "Species": "OrganismTaxon",
            "CellLine": "CellLine",
            **dict.fromkeys(_VARIANTS, "SequenceVariant"),
        }
    ),
    ("aioner", "bc5cdr"): LabelMap({"Chemical": "Chemical"}),
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
    renaming = LabelMap(entity_labels, relation_labels, chosen.examinations if chosen else frozenset())
    concepts = tuple(it for it in document.concept_relations if it.label in labels.concept_relation_labels)
    return relabel(replace(document, concept_relations=concepts), renaming)


def relabel(document: Document, labels: LabelMap) -> Document:
    """The document with its mentions and relations renamed, without those that the map does not know.

    Mentions that get the same label on the same span become one, and a relation between them goes. Concept relations
    stay.
    """
    measured = _measured(document) if labels.examinations else frozenset()
    entities: dict[object, Entity] = {}
    kept_as: dict[str, str] = {}
    for entity in document.entities:
        label = labels.entities.get(entity.label)
        if entity.label in labels.examinations:
            label = _examined(entity.text_in(document.text), measured=entity.id in measured)
        if label is not None:
            renamed = replace(entity, label=label)
            kept_as[entity.id] = entities.setdefault(renamed.key, renamed).id
    relations = [
        replace(it, label=labels.relations[it.label], head=kept_as[it.head], tail=kept_as[it.tail])
        for it in document.relations
        if it.label in labels.relations and it.head in kept_as and it.tail in kept_as
    ]
    relations = [it for it in relations if it.head != it.tail]
    return document.with_annotations(entities.values(), relations, document.concept_relations)


def _examined(surface: str, *, measured: bool) -> str | None:
    """Lab_Test where it has a value and is no study, else Procedure; None for vital signs, which stay unannotated."""
    if _NO_ENTITY.search(surface):
        return None
    return "Lab_Test" if measured and not _STUDY.search(surface) else "Procedure"


def _measured(document: Document) -> frozenset[str]:
    """The ids of entities that a value is joined to."""
    entities = document.entity_by_id
    return frozenset(
        end
        for relation in document.relations
        for end, other in ((relation.head, relation.tail), (relation.tail, relation.head))
        if entities[other].label in VALUES
    )
