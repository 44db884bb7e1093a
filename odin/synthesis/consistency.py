"""Proofs that notes agree with the knowledge graph and with themselves."""

from __future__ import annotations

from collections.abc import Sequence

from odin.knowledge.graph import KnowledgeGraph
from odin.labels import load_label_set
from odin.schema import Document, Entity


def checked_relations(documents: Sequence[Document], graph: KnowledgeGraph) -> tuple[int, int]:
    """(stated by the graph, checked): relations that the text does not deny and whose concepts the graph knows."""
    stated = checked = 0
    for document in documents:
        for relation in document.relations:
            head, tail = document.entity_by_id[relation.head].concept, document.entity_by_id[relation.tail].concept
            if relation.negated or head not in graph.concept or tail not in graph.concept:
                continue
            checked += 1
            stated += graph.is_true(str(head), relation.label, str(tail))
    return stated, checked


def contradictions(documents: Sequence[Document], graph: KnowledgeGraph | None, *, most: int = 50) -> tuple[str, ...]:
    """What cannot be true, up to `most`: each names the document and the place."""
    found: list[str] = []
    allowed = {relation.label: set(relation.pairs) for relation in load_label_set("clinical").relations}
    for document in documents:
        found += _both_ways(document)
        found += _wrong_pairs(document, allowed)
        if graph is not None:
            found += _wrong_patient(document, graph)
            found += _false_relations(document, graph)
        if len(found) >= most:
            break
    return tuple(found[:most])


def _both_ways(document: Document) -> list[str]:
    """Two mentions with a relation both stated and denied, or `causes` and `indicates` for one pair."""
    said: dict[tuple[str, str], set[tuple[str, bool]]] = {}
    for relation in document.relations:
        said.setdefault((relation.head, relation.tail), set()).add((relation.label, relation.negated))
    out = []
    for (head, tail), labels in said.items():
        for label, negated in sorted(labels):
            if not negated and (label, True) in labels:
                out.append(f"{document.id}: {head} {label} {tail} is stated and denied")
        reverse = {label for label, negated in said.get((tail, head), ()) if not negated}
        if ("causes", False) in labels and "indicates" in reverse:
            out.append(f"{document.id}: {head} causes {tail}, which indicates it: one statement, two relations")
    return out


def _wrong_pairs(document: Document, allowed: dict[str, set[tuple[str, str]]]) -> list[str]:
    out = []
    for relation in document.relations:
        pair = (document.entity_by_id[relation.head].label, document.entity_by_id[relation.tail].label)
        if relation.label in allowed and pair not in allowed[relation.label]:
            out.append(f"{document.id}: {relation.id} {relation.label} joins {pair[0]} to {pair[1]}")
    return out


def _wrong_patient(document: Document, graph: KnowledgeGraph) -> list[str]:
    """What is present or past, and the patient's sex or age rules out."""
    sex, age = document.meta.get("sex"), document.meta.get("age")
    if sex is None or age is None:
        return []
    return [
        f"{document.id}: {entity.id} {graph.concept[str(entity.concept)].name} in a {age}-year-old {sex}"
        for entity in document.entities
        if _is_theirs(entity)
        and entity.concept in graph.concept
        and not graph.concept[str(entity.concept)].suits(str(sex), float(age))
    ]


def _is_theirs(entity: Entity) -> bool:
    return entity.label != "Symptom" and entity.assertion in ("present", "historical", None)


def _false_relations(document: Document, graph: KnowledgeGraph) -> list[str]:
    out = []
    for relation in document.relations:
        head, tail = document.entity_by_id[relation.head], document.entity_by_id[relation.tail]
        if not relation.negated and graph.is_false(str(head.concept), relation.label, str(tail.concept)):
            out.append(
                f"{document.id}: {relation.id} states {head.concept} {relation.label} {tail.concept}, known to be false"
            )
    return out
