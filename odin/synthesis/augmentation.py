"""More documents from annotated ones, without a model: synonyms of the same concept, relations said in other words.

The proof is that of `protection`: offsets come from joining pieces, each mention stands in the result exactly once with
the surface that was planned for it, and no known term appears that was not planned. What cannot be proven is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from odin.knowledge.graph import Concept, KnowledgeGraph
from odin.knowledge.linking import SAME_LABELS
from odin.schema import Document, Entity, Provenance, Relation
from odin.synthesis.grammar import TemplateBook
from odin.synthesis.protection import NotProven
from odin.synthesis.restating import restatements
from odin.synthesis.rewording import known_terms

Span = tuple[int, int]
Known = Callable[[str], Counter[str]]


@dataclass(frozen=True)
class Change:
    """A stretch of text that is written anew; `spans` are the mentions in it that `text` says where to find."""

    start: int
    end: int
    text: str
    spans: Mapping[str, Span] = field(default_factory=dict, hash=False)


def substitute_synonyms(
    document: Document, graph: KnowledgeGraph, *, seed: int = 42, share: float = 0.5, known: Known = known_terms
) -> Document | None:
    """The document with some mentions written otherwise, or None where none could be, or it could not be proven.

    Only mentions that no other mention touches are changed; a plural or a discontinuous one stays as it is.
    """
    rng = Random(f"{seed}:{document.id}")
    changes = []
    for entity in document.entities:
        surface = _other_surface(document, entity, graph, rng)
        if surface is not None and rng.random() < share:
            changes.append(Change(entity.start, entity.end, surface, {entity.id: (0, len(surface))}))
    return _augmented(document, changes, "synonyms", seed, known)


def restate_relations(
    document: Document, book: TemplateBook, *, seed: int = 42, share: float = 0.5, known: Known = known_terms
) -> Document | None:
    """The document with the sentences of some relations written anew from templates; None as above."""
    rng = Random(f"{seed}:{document.id}")
    changes = [Change(item.start, item.end, item.text, item.spans) for item in restatements(document, book, rng, share)]
    return _augmented(document, changes, "relations", seed, known)


def augment(
    documents: Iterable[Document], change: Callable[..., Document | None], *, copies: int, seed: int
) -> Iterator[Document]:
    """Up to `copies` new documents for each, all different from it and from each other.

    `change(document, seed=...)` is one of the functions above with its source bound.
    """
    for document in documents:
        texts = {document.text}
        for copy in range(copies):
            changed = change(document, seed=seed + copy)
            if changed is not None and changed.text not in texts:
                texts.add(changed.text)
                yield changed


def apply_changes(document: Document, changes: Iterable[Change]) -> Document:
    """The document with stretches written anew, every offset moved; the changes must not overlap."""
    ordered = sorted(changes, key=lambda item: item.start)
    text, at = [], 0
    places: dict[str, Span] = {}
    sentences: dict[frozenset[str], Span] = {}
    for change in ordered:
        text += [document.text[at : change.start], change.text]
        at = change.end
        begins = _at(change.start, ordered)
        places.update({id: (begins + start, begins + end) for id, (start, end) in change.spans.items()})
        sentences[frozenset(change.spans)] = (begins, begins + len(change.text))
    text.append(document.text[at:])
    entities = tuple(_moved(entity, ordered, places) for entity in document.entities)
    relations = tuple(_moved_evidence(relation, ordered, sentences) for relation in document.relations)
    return replace(document, text="".join(text), entities=entities, relations=relations)


def prove(before: Document, after: Document, planned: Mapping[str, str], known: Known) -> None:
    """Raises NotProven unless each mention stands as planned (by id; else as before) and no other known term is new."""
    if [(item.id, item.label) for item in before.entities] != [(item.id, item.label) for item in after.entities]:
        raise NotProven("lost mention")
    allowed = known(before.text)
    for old, new in zip(before.entities, after.entities, strict=True):
        surface = old.text_in(before.text)
        if new.text_in(after.text) != planned.get(old.id, surface):
            raise NotProven("altered mention", old.id)
        if old.id in planned:
            allowed += known(planned[old.id]) - known(surface)
    if unplanned := known(after.text) - allowed:
        raise NotProven("unplanned term", min(unplanned))


def _augmented(document: Document, changes: list[Change], how: str, seed: int, known: Known) -> Document | None:
    if not changes:
        return None
    after = apply_changes(document, changes)
    planned = {id: change.text[start:end] for change in changes for id, (start, end) in change.spans.items()}
    try:
        prove(document, after, planned, known)
    except NotProven:
        return None
    return replace(
        after,
        id=f"{document.id}+{how}{seed}",
        meta={**document.meta, "augmented_from": document.id, "changed": len(changes)},
        provenance=Provenance("generator", how, action="augmented", seed=seed),
    )


def _other_surface(document: Document, entity: Entity, graph: KnowledgeGraph, rng: Random) -> str | None:
    if entity.fragments or not entity.concept or any(_touch(entity, other) for other in document.entities):
        return None
    labels = SAME_LABELS.get(entity.label, (entity.label,))
    concepts = [item for item in graph.by_code.get(entity.concept, ()) if item.label in labels]
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


def _moved(entity: Entity, changes: list[Change], places: Mapping[str, Span]) -> Entity:
    cue = _moved_span(entity.cue, changes) if entity.cue else None
    fragments = tuple(_moved_span(span, changes) for span in entity.fragments)
    start, end = places.get(entity.id) or _moved_span(entity.span, changes)
    return replace(entity, start=start, end=end, cue=cue, fragments=fragments)


def _moved_evidence(relation: Relation, changes: list[Change], sentences: Mapping[frozenset[str], Span]) -> Relation:
    """The relation with its evidence; where its sentence was written anew, that sentence."""
    if relation.evidence is None:
        return relation
    ends = frozenset((relation.head, relation.tail))
    start, end = sentences.get(ends) or _moved_span(relation.evidence, changes)
    return replace(relation, evidence=(start, end) if start < end else None)


def _moved_span(span: Span, changes: list[Change]) -> Span:
    return _at(span[0], changes), _at(span[1], changes)


def _at(offset: int, changes: list[Change]) -> int:
    """Where an offset comes to stand: a start stays before a change, an end after it."""
    moved = offset
    for change in changes:
        if offset >= change.end:
            moved += len(change.text) - (change.end - change.start)
        elif offset > change.start:
            return moved + min(change.start + len(change.text) - offset, 0)
    return moved
