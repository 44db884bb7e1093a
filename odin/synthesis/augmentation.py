"""More documents from annotated ones: mentions written as synonyms of their concept, and rewordings (`rewording`).

The proof is the same: offsets come from joining pieces, each mention stands in the result exactly once, and a synonym
names the same concept and no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from odin.knowledge.graph import Concept, KnowledgeGraph
from odin.schema import Document, Entity, Provenance


def substitute_synonyms(
    document: Document, graph: KnowledgeGraph, *, seed: int = 42, share: float = 0.5
) -> Document | None:
    """The document with some mentions written otherwise, or None where none could be.

    Only mentions that no other mention touches are changed; a plural or a discontinuous one stays as it is.
    """
    rng = Random(f"{seed}:{document.id}")
    chosen = {}
    for entity in document.entities:
        surface = _other_surface(document, entity, graph, rng)
        if surface is not None and rng.random() < share:
            chosen[entity.id] = surface
    if not chosen:
        return None
    changes = sorted(
        (entity.start, entity.end, chosen[entity.id]) for entity in document.entities if entity.id in chosen
    )
    text, at = [], 0
    for start, end, surface in changes:
        text += [document.text[at:start], surface]
        at = end
    text.append(document.text[at:])
    entities = tuple(_moved(entity, changes) for entity in document.entities)
    relations = tuple(
        replace(item, evidence=(_at(item.evidence[0], changes), _at(item.evidence[1], changes)))
        if item.evidence
        else item
        for item in document.relations
    )
    return replace(
        document,
        id=f"{document.id}+synonyms{seed}",
        text="".join(text),
        entities=entities,
        relations=relations,
        meta={**document.meta, "augmented_from": document.id, "substituted": len(chosen)},
        provenance=Provenance("generator", "synonyms", action="substituted", seed=seed),
    )


def augment_synonyms(
    documents: Iterable[Document], graph: KnowledgeGraph, *, copies: int = 1, seed: int = 42, share: float = 0.5
) -> Iterator[Document]:
    """Up to `copies` new documents for each, all different from it and from each other."""
    for document in documents:
        texts = {document.text}
        for copy in range(copies):
            changed = substitute_synonyms(document, graph, seed=seed + copy, share=share)
            if changed is not None and changed.text not in texts:
                texts.add(changed.text)
                yield changed


def _other_surface(document: Document, entity: Entity, graph: KnowledgeGraph, rng: Random) -> str | None:
    if entity.fragments or not entity.concept or any(_touch(entity, other) for other in document.entities):
        return None
    concepts = [item for item in graph.by_code.get(entity.concept, ()) if item.label == entity.label]
    surface = document.text[entity.start : entity.end]
    if len(concepts) != 1 or not any(item.text.lower() == surface.lower() for item in concepts[0].surfaces):
        return None
    others = _names(concepts[0], surface)
    if not others:
        return None
    new = rng.choice(others)
    starts = surface[0].isupper() and surface[1:] == surface[1:].lower()
    return new[0].upper() + new[1:] if starts else new


def _names(concept: Concept, surface: str) -> list[str]:
    return [
        item.text
        for item in concept.surfaces
        if item.kind != "class" and not item.ambiguous and item.text.lower() != surface.lower()
    ]


def _touch(entity: Entity, other: Entity) -> bool:
    overlaps = other.start < entity.end and entity.start < other.end and other is not entity
    cue = other.cue is not None and other.cue[0] < entity.end and entity.start < other.cue[1]
    return overlaps or cue


def _moved(entity: Entity, changes: list[tuple[int, int, str]]) -> Entity:
    cue = (_at(entity.cue[0], changes), _at(entity.cue[1], changes)) if entity.cue else None
    fragments = tuple((_at(start, changes), _at(end, changes)) for start, end in entity.fragments)
    return replace(entity, start=_at(entity.start, changes), end=_at(entity.end, changes), cue=cue, fragments=fragments)


def _at(offset: int, changes: list[tuple[int, int, str]]) -> int:
    """Where an offset comes to stand: a start stays before a change, an end after it."""
    moved = offset
    for start, end, surface in changes:
        if offset >= end:
            moved += len(surface) - (end - start)
        elif offset > start:
            return moved + (start - offset)
    return moved
