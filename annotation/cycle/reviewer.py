"""A reviewer who knows what is right: decides the suggestions on a note and adds what they leave out, edit by edit."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.agreement.adjudication import promote
from annotation.editing.edits import Accept, AddEntity, AddRelation, Edit, NegateRelation, Reject, SetAssertion
from annotation.editing.suggestions import is_suggestion, undecided
from annotation.store import Store
from annotation.store.reviews import Draft, DraftKey, apply, open_note
from annotation.store.versions import submit
from odin.schema import Document, Entity, Relation


def review(store: Store, key: DraftKey, right: Document) -> None:
    """Make the draft say what `right` says, submit it and make it gold."""
    draft = open_note(store, key)
    while (edit := next(_edits(draft, right), None)) is not None:
        draft = apply(store, key, edit, draft.version)
    promote(store, key, submit(store, key, draft.version), reason="the generator wrote the note")


def _edits(draft: Draft, right: Document) -> Iterator[Edit]:
    """What is left to do, first things first."""
    own = draft.document
    wanted = {_place(entity): entity for entity in right.entities}
    stated = {_statement(relation, right): relation for relation in right.relations}
    for item in undecided(own):
        known = _place(item) in wanted if isinstance(item, Entity) else _statement(item, own) in stated
        yield Accept(item.id) if known else Reject(item.id)
    marked = {_place(entity): entity for entity in own.entities}
    for place, entity in wanted.items():
        if place not in marked:
            yield AddEntity(entity.label, entity.start, entity.end, entity.fragments, entity.assertion)
        elif marked[place].assertion != entity.assertion:
            yield SetAssertion(marked[place].id, entity.assertion)
    said = {_statement(relation, own): relation for relation in own.relations if not is_suggestion(relation)}
    for statement, relation in stated.items():
        if statement not in said:
            label, head, tail = statement
            yield AddRelation(label, marked[head].id, marked[tail].id, relation.evidence)
        elif said[statement].negated != relation.negated:
            yield NegateRelation(said[statement].id, relation.negated)


Place = tuple[str, int, int, tuple[tuple[int, int], ...]]


def _place(entity: Entity) -> Place:
    return entity.label, entity.start, entity.end, entity.fragments


def _statement(relation: Relation, document: Document) -> tuple[str, Place, Place]:
    head, tail = (_place(document.entity_by_id[end]) for end in (relation.head, relation.tail))
    return relation.label, head, tail
