"""Concept ids for the entities that any extractor, corpus or person has marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from odin.knowledge.graph import Concept
from odin.knowledge.lookup import Lookup, default_lookup
from odin.knowledge.tables import KNOWLEDGE_FOLDER
from odin.schema import Document, Entity

_OPENING = re.compile(r"\s*\($")

_SPELLINGS = tuple(
    (re.compile(british, re.IGNORECASE), own)
    for british, own in (
        ("aem", "em"),
        ("oed", "ed"),
        ("oea", "ea"),
        ("oes", "es"),
        ("sulph", "sulf"),
        (r"our(s?)\b", r"or\1"),
    )
)

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


# fmt: off
MODIFIERS = frozenset([
    "acute", "chronic", "severe", "mild", "moderate", "recurrent", "progressive", "bilateral", "right", "left",
    "congenital", "hereditary", "familial", "sporadic", "primary", "secondary", "idiopathic", "early", "late",
    "onset", "advanced", "metastatic", "induced", "associated", "related", "transient", "persistent",
    "intermittent", "postoperative", "human", "new", "possible", "isolated", "symptomatic", "refractory",
    "inherited", "oral", "intravenous",
])
# fmt: on
"""Words before a name that do not change which concept it is, where the graph has no concept of the whole name."""


def link(document: Document, lookup: Lookup | None = None) -> Document:
    """The document with the concept id of every entity that has none and that the graph knows under its label.

    A name is looked up as it is written, as the document explains it ("congestive heart failure (CHF)"), without the
    modifiers before it, and at last a letter or two off.
    """
    lookup = lookup or default_lookup()
    local = lookup.definitions(document.text)
    found = {
        entity.id: entity.concept or _concept(entity.text_in(document.text), entity.label, lookup, local)
        for entity in document.entities
    }
    explained = {
        document.text[short.start : short.end]: found[long.id]
        for long, short in _explanations(document)
        if found[long.id]
    }
    linked = tuple(
        replace(entity, concept=found[entity.id] or explained.get(entity.text_in(document.text)))
        for entity in document.entities
    )
    return replace(document, entities=linked)


def _concept(surface: str, label: str, lookup: Lookup, local: dict[str, tuple[Concept, ...]]) -> str | None:
    labels = SAME_LABELS.get(label, (label,))
    name = variants().get(surface.lower(), surface)
    candidates = [*local.get(surface, ()), *lookup.concepts(surface), *lookup.concepts(american(name))]
    words = name.replace("-", " ").split()
    while (concept := _first(candidates, labels)) is None and len(words) > 1 and words[0].lower() in MODIFIERS:
        words = words[1:]
        candidates = list(lookup.concepts(american(" ".join(words))))
    if concept is None:
        concept = _first(lookup.nearest(name), labels)
    if concept is not None and concept.label == "Protein":
        genes = lookup.graph.incoming(concept.id, "encodes")
        return genes[0].subject if genes else concept.id
    return concept.id if concept else None


def _first(candidates: Iterable[Concept], labels: tuple[str, ...]) -> Concept | None:
    """The first candidate of the first of `labels` that any has."""
    found = {concept.label: concept for concept in reversed(list(candidates))}
    return next((found[label] for label in labels if label in found), None)


@cache
def variants() -> dict[str, str]:
    """Lower-case surface -> a name of the graph, for what is no surface there: adjectives, national and short names."""
    lines = (KNOWLEDGE_FOLDER / "variants.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {text: name for text, _, name in (line.partition("\t") for line in lines)}


def american(name: str) -> str:
    """The name in American spelling: "haemorrhage" is "hemorrhage", "tumour" is "tumor"."""
    for british, own in _SPELLINGS:
        name = british.sub(own, name)
    return name


def _explanations(document: Document) -> list[tuple[Entity, Entity]]:
    """(long, short) pairs of mentions of one label that the text writes as "long (short)"."""
    ends = {(entity.end, entity.label): entity for entity in document.entities}
    pairs = []
    for short in document.entities:
        opening = _OPENING.search(document.text, max(0, short.start - 3), short.start)
        long = ends.get((opening.start(), short.label)) if opening else None
        if long and short.end - short.start <= 8 < long.end - long.start:
            pairs.append((long, short))
    return pairs


def corpus_ids(concept: Concept) -> tuple[str, ...]:
    """The ids of a concept as BioRED and BC5CDR write them: MeSH and NCBI Gene numbers without a prefix."""
    codes = dict.fromkeys((concept.id, *concept.codes))
    return tuple(code.partition(":")[2] for code in codes if code.startswith(("MESH:", "NCBIGENE:")))
