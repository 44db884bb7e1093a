"""Edits performed: a document and an edit give the next document; nothing is changed in place.

What a person does to a suggestion (`annotation.editing.suggestions`) decides it: the status goes, `provenance` becomes
that person's, and `attributes["suggested_by"]` keeps whose suggestion it was. Comments and doubts stand in
`attributes["comment"]` and `attributes["unsure"]`; those of the document in `meta`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from annotation.editing import edits as e
from annotation.editing.checks import (
    check_entity_label,
    check_span,
    checked_entity,
    checked_relation,
    find_entity,
    find_item,
    find_relation,
    is_allowed,
    is_symmetric,
    say_entity,
    say_relation,
)
from annotation.editing.suggestions import identical_entities, identical_spans, is_suggestion
from odin.errors import AnnotationError
from odin.labels import LabelSet
from odin.schema import ASSERTIONS, Document, Entity, Provenance, Relation
from odin.sentences import sentence_spans

Item = TypeVar("Item", bound=Entity | Relation)


@dataclass(frozen=True)
class _Context:
    labels: LabelSet
    by: str
    time: str | None


def apply_edit(document: Document, edit: e.Edit, labels: LabelSet, *, by: str, time: str | None = None) -> Document:
    """The document after `edit` by the person `by` at `time` (ISO 8601, UTC).

    Deterministic: the same arguments give the same document, new ids included. What the edit does not touch keeps its
    order. Raises AnnotationError, in words for the person, where the edit cannot be.
    """
    return _PERFORM[type(edit)](document, edit, _Context(labels, by, time))


# One function an edit. Each gives the next document or raises AnnotationError.


def _add_entity(document: Document, edit: e.AddEntity, context: _Context) -> Document:
    check_entity_label(context.labels, edit.label)
    entity = Entity(
        _next_id("T", document.entities),
        edit.label,
        edit.start,
        edit.end,
        edit.fragments,
        assertion=edit.assertion,
        provenance=_provenance("added", context),
    )
    return replace(document, entities=(*document.entities, checked_entity(document, entity)))


def _relabel_entity(document: Document, edit: e.RelabelEntity, context: _Context) -> Document:
    entity = find_entity(document, edit.entity)
    check_entity_label(context.labels, edit.label)
    if entity.label == edit.label and not is_suggestion(entity):
        raise AnnotationError(f"{say_entity(document, entity)} has that label already")
    changed = _decided(entity, "relabelled", context, label=edit.label, score=None)
    after = _put(document, checked_entity(document, changed))
    own = [relation for relation in after.relations if edit.entity in (relation.head, relation.tail)]
    lost = [relation for relation in own if not is_allowed(after, relation, context.labels)]
    if lost and not edit.drop_relations:
        raise AnnotationError(
            f"{say_entity(document, entity)} cannot become {edit.label}, for then "
            f"{say_relation(document, lost[0], context.labels)!r} would not be allowed ({len(lost)} in all); "
            "change or delete that relation first"
        )
    return replace(after, relations=tuple(relation for relation in after.relations if relation not in lost))


def _move_boundary(document: Document, edit: e.MoveBoundary, context: _Context) -> Document:
    entity = find_entity(document, edit.entity)
    if (entity.span, entity.fragments) == ((edit.start, edit.end), edit.fragments):
        raise AnnotationError(f"{say_entity(document, entity)} has that extent already")
    changed = _decided(entity, "moved", context, start=edit.start, end=edit.end, fragments=edit.fragments, score=None)
    return _put(document, checked_entity(document, changed))


def _delete_entity(document: Document, edit: e.DeleteEntity, _: _Context) -> Document:
    return _without_entities(document, {find_entity(document, edit.entity).id})


def _set_assertion(document: Document, edit: e.SetAssertion, context: _Context) -> Document:
    entity = find_entity(document, edit.entity)
    known = tuple(value for value, _ in context.labels.assertions) or ASSERTIONS
    if edit.assertion is not None and edit.assertion not in known:
        raise AnnotationError(f"{edit.assertion!r} is not an assertion; choose one of {', '.join(known)}")
    if edit.cue is not None:
        if edit.assertion is None:
            raise AnnotationError("a cue needs the assertion that it expresses")
        check_span(document, *edit.cue)
    changed = _decided(entity, "asserted", context, assertion=edit.assertion, cue=edit.cue)
    return _put(document, changed)


def _add_relation(document: Document, edit: e.AddRelation, context: _Context) -> Document:
    if edit.evidence is not None:
        check_span(document, *edit.evidence)
    head, tail = find_entity(document, edit.head), find_entity(document, edit.tail)
    relation = Relation(
        _next_id("R", document.relations),
        edit.label,
        head.id,
        tail.id,
        evidence=edit.evidence or _sentences_of(document, head, tail),
        provenance=_provenance("added", context),
    )
    checked = checked_relation(document, relation, context.labels)
    accepted = _accept_ends(document, checked, context)
    return replace(accepted, relations=(*accepted.relations, checked))


def _relabel_relation(document: Document, edit: e.RelabelRelation, context: _Context) -> Document:
    changed = _decided(find_relation(document, edit.relation), "relabelled", context, label=edit.label, score=None)
    return _put_relation(document, changed, context)


def _flip_relation(document: Document, edit: e.FlipRelation, context: _Context) -> Document:
    relation = find_relation(document, edit.relation)
    if is_symmetric(relation.label, context.labels):
        raise AnnotationError(f"{relation.label} holds both ways, so it has no direction to flip")
    changed = _decided(relation, "flipped", context, head=relation.tail, tail=relation.head, score=None)
    return _put_relation(document, changed, context)


def _negate_relation(document: Document, edit: e.NegateRelation, context: _Context) -> Document:
    changed = _decided(find_relation(document, edit.relation), "negated" if edit.negated else "affirmed", context)
    changed = _with_attribute(changed, "negated", edit.negated)
    return _put_relation(document, changed, context)


def _delete_relation(document: Document, edit: e.DeleteRelation, _: _Context) -> Document:
    return _without_relation(document, find_relation(document, edit.relation).id)


def _accept(document: Document, edit: e.Accept, context: _Context) -> Document:
    item = _suggestion(document, edit.target)
    if isinstance(item, Relation):
        document = _accept_ends(document, item, context)
    return _put(document, _decided(item, "accepted", context))


def _reject(document: Document, edit: e.Reject, _: _Context) -> Document:
    item = _suggestion(document, edit.target)
    if isinstance(item, Relation):
        return _without_relation(document, item.id)
    return _without_entities(document, {item.id})


def _mark_identical(document: Document, edit: e.MarkIdentical, context: _Context) -> Document:
    entity = find_entity(document, edit.entity)
    spans = identical_spans(document, edit.entity)
    if not spans:
        raise AnnotationError(f"{say_entity(document, entity)} stands nowhere else unmarked")
    check_entity_label(context.labels, entity.label)
    for start, end in spans:
        new = Entity(
            _next_id("T", document.entities), entity.label, start, end, provenance=_provenance("added", context)
        )
        document = replace(document, entities=(*document.entities, new))
    return document


def _remove_identical(document: Document, edit: e.RemoveIdentical, _: _Context) -> Document:
    return _without_entities(document, {entity.id for entity in identical_entities(document, edit.entity)})


def _comment(document: Document, edit: e.Comment, _: _Context) -> Document:
    return _set_mark(document, edit.target, "comment", edit.text.strip())


def _mark_unsure(document: Document, edit: e.MarkUnsure, _: _Context) -> Document:
    return _set_mark(document, edit.target, "unsure", edit.unsure)


_PERFORM: Mapping[type, Callable[[Document, Any, _Context], Document]] = {
    e.AddEntity: _add_entity,
    e.RelabelEntity: _relabel_entity,
    e.MoveBoundary: _move_boundary,
    e.DeleteEntity: _delete_entity,
    e.SetAssertion: _set_assertion,
    e.AddRelation: _add_relation,
    e.RelabelRelation: _relabel_relation,
    e.FlipRelation: _flip_relation,
    e.NegateRelation: _negate_relation,
    e.DeleteRelation: _delete_relation,
    e.Accept: _accept,
    e.Reject: _reject,
    e.MarkIdentical: _mark_identical,
    e.RemoveIdentical: _remove_identical,
    e.Comment: _comment,
    e.MarkUnsure: _mark_unsure,
}


# What the edits share.


def _suggestion(document: Document, target: str) -> Entity | Relation:
    item = find_item(document, target)
    if not is_suggestion(item):
        raise AnnotationError(f"{target} is decided already; undo, edit or delete it instead")
    return item


def _next_id(prefix: str, items: Iterable[Entity | Relation]) -> str:
    numbers = [int(x.id[1:]) for x in items if x.id[:1] == prefix and x.id[1:].isascii() and x.id[1:].isdigit()]
    return f"{prefix}{max(numbers, default=0) + 1}"


def _provenance(action: str, context: _Context) -> Provenance:
    return Provenance("human", name=context.by, action=action, time=context.time)


def _decided(item: Item, action: str, context: _Context, **changes: Any) -> Item:
    attributes = {key: value for key, value in item.attributes.items() if key != "status"}
    if is_suggestion(item) and item.provenance is not None:
        attributes.setdefault("suggested_by", item.provenance.name or item.provenance.source)
    return replace(item, attributes=attributes, provenance=_provenance(action, context), **changes)


def _with_attribute(item: Item, key: str, value: Any) -> Item:
    attributes = {name: old for name, old in item.attributes.items() if name != key}
    return replace(item, attributes={**attributes, key: value} if value else attributes)


def _set_mark(document: Document, target: str | None, key: str, value: Any) -> Document:
    if target is None:
        meta = {name: old for name, old in document.meta.items() if name != key}
        return replace(document, meta={**meta, key: value} if value else meta)
    return _put(document, _with_attribute(find_item(document, target), key, value))


def _put(document: Document, changed: Entity | Relation) -> Document:
    """The document with `changed` in place of the mention or relation that has its id."""
    if isinstance(changed, Entity):
        return replace(document, entities=tuple(changed if x.id == changed.id else x for x in document.entities))
    return replace(document, relations=tuple(changed if x.id == changed.id else x for x in document.relations))


def _without_relation(document: Document, gone: str) -> Document:
    return replace(document, relations=tuple(x for x in document.relations if x.id != gone))


def _without_entities(document: Document, gone: set[str]) -> Document:
    return replace(
        document,
        entities=tuple(entity for entity in document.entities if entity.id not in gone),
        relations=tuple(x for x in document.relations if x.head not in gone and x.tail not in gone),
    )


def _accept_ends(document: Document, relation: Relation, context: _Context) -> Document:
    ends = (relation.head, relation.tail)
    return replace(
        document,
        entities=tuple(
            _decided(entity, "accepted", context) if entity.id in ends and is_suggestion(entity) else entity
            for entity in document.entities
        ),
    )


def _sentences_of(document: Document, *entities: Entity) -> tuple[int, int]:
    """From the beginning of the first sentence that holds one of them to the end of the last."""
    start, end = min(entity.start for entity in entities), max(entity.end for entity in entities)
    held = [span for span in sentence_spans(document.text) if span[0] < end and start < span[1]]
    return held[0][0], held[-1][1]


def _put_relation(document: Document, changed: Relation, context: _Context) -> Document:
    changed = checked_relation(document, changed, context.labels)
    return _put(_accept_ends(document, changed, context), changed)
