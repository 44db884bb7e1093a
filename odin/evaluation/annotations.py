"""What of a document is scored: its mentions, relations and concept pairs as plain, hashable keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
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
    mentions = {key_of[entity.id]: entity.assertion for entity in document.entities}
    triples = frozenset(
        triple(relation.label, key_of[relation.head], key_of[relation.tail], symmetric)
        for relation in document.relations
        if not relation.negated
    )
    if not document.concept_relations:
        return Annotations(mentions, triples, frozenset(), {})
    stated = [
        (one.label, one.head, one.tail) for one in document.concept_relations if not one.attributes.get("negated")
    ]
    carried = [(entity.label, entity.concept) for entity in document.entities]
    return Annotations(mentions, triples, concept_triples(stated, symmetric), concept_labels(carried))


def triple(label: str, head: Mention, tail: Mention, symmetric: Collection[str]) -> Triple:
    """The relation's key: the ends of a symmetric label are sorted."""
    return (label, tail, head) if tail < head and label in symmetric else (label, head, tail)


def concept_triples(stated: Iterable[tuple[str, str, str]], symmetric: Collection[str]) -> frozenset[ConceptTriple]:
    """The relations between single concept ids that (label, head, tail) state; missing ids are left out."""
    found = set()
    for label, heads, tails in stated:
        for head in split_concepts(heads):
            for tail in split_concepts(tails):
                found.add((label, tail, head) if tail < head and label in symmetric else (label, head, tail))
    return frozenset(found)


def concept_labels(carried: Iterable[tuple[str, str | None]]) -> dict[str, frozenset[str]]:
    """The entity labels of each single concept id, from the (label, concept) of mentions."""
    labels: dict[str, frozenset[str]] = {}
    for label, concept in carried:
        for one in split_concepts(concept):
            labels[one] = labels.get(one, frozenset()) | {label}
    return labels


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
    sets = [load_label_set(name) for name in label_set_names(own=False)]
    relations = [relation for one in sets for relation in one.relations + one.concept_relations]
    return frozenset(relation.label for relation in relations if relation.symmetric)
