"""What of a document is scored: its mentions, relations and concept pairs as plain, hashable keys."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import NamedTuple

from odin.labels import label_set_names, load_label_set
from odin.schema import Document

Spans = tuple[tuple[int, int], ...]
Mention = tuple[str, Spans]
"""(label, spans): `Entity.key`."""
Triple = tuple[str, Mention, Mention]
"""(relation label, head, tail); a symmetric label's ends are sorted."""
ConceptTriple = tuple[str, str, str]
"""(relation label, head concept, tail concept); a symmetric label's ends are sorted."""

_MISSING = frozenset({"", "-", "-1", "None"})
_VARIANT = re.compile(r"[A-Za-z]?\|")
"""How tmVar's normal form begins (`c|SUB|C|1007|G`, `|DEL|46|S`): its bars part fields, not ids."""


class Annotations(NamedTuple):
    """One side of a document. Repeated statements are one; what the text denies (`negated`) is not in it."""

    mentions: dict[Mention, str | None]
    """Each mention with its assertion."""
    relations: frozenset[Triple]
    concept_relations: frozenset[ConceptTriple]
    concept_labels: dict[str, frozenset[str]]
    """The entity labels of each concept id that a mention carries."""


def annotations_of(document: Document, symmetric: Collection[str]) -> Annotations:
    """What is scored of a document; `symmetric` are the relation labels without direction."""
    key_of = {entity.id: entity.key for entity in document.entities}
    labels: dict[str, frozenset[str]] = {}
    if document.concept_relations:
        for entity in document.entities:
            for concept in split_concepts(entity.concept):
                labels[concept] = labels.get(concept, frozenset()) | {entity.label}
    triples = []
    for relation in document.relations:
        if relation.attributes and relation.negated:
            continue
        head, tail = key_of[relation.head], key_of[relation.tail]
        if tail < head and relation.label in symmetric:
            head, tail = tail, head
        triples.append((relation.label, head, tail))
    return Annotations(
        {key_of[entity.id]: entity.assertion for entity in document.entities},
        frozenset(triples),
        concept_triples(document, symmetric),
        labels,
    )


def concept_triples(document: Document, symmetric: Collection[str]) -> frozenset[ConceptTriple]:
    """The relations between single concept ids; denied ones and missing ids are left out."""
    found = set()
    for relation in document.concept_relations:
        if relation.attributes.get("negated"):
            continue
        for head in split_concepts(relation.head):
            for tail in split_concepts(relation.tail):
                swap = relation.label in symmetric and tail < head
                found.add((relation.label, tail, head) if swap else (relation.label, head, tail))
    return frozenset(found)


def split_concepts(concept: str | None) -> tuple[str, ...]:
    """The single ids of what a mention or a relation's end carries; none where the id is missing (`-`, `-1`).

    `D001|D002`, `3172,3651` and `a;b` are two ids each; `c|SUB|C|1007|G` is one.
    """
    parts: list[str] = []
    for part in re.split(r"[,;]", concept or ""):
        stripped = part.strip()
        parts += [stripped] if _VARIANT.match(stripped) else [piece.strip() for piece in stripped.split("|")]
    return tuple(dict.fromkeys(part for part in parts if part not in _MISSING))


@cache
def symmetric_labels() -> frozenset[str]:
    """The relation labels without direction in any of the project's label sets."""
    sets = [load_label_set(name) for name in label_set_names()]
    relations = [relation for one in sets for relation in one.relations + one.concept_relations]
    return frozenset(relation.label for relation in relations if relation.symmetric)
