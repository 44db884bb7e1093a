"""What an edit changed, as data that can be applied forwards and backwards: undo, redo and the audit trail.

A `Change` lists the entities and relations that went and those that came, each with its place among its kind, so that
going back gives exactly the document that was, order included.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from odin.errors import AnnotationError
from odin.schema import Document, Entity, Relation

Item = TypeVar("Item", Entity, Relation)


@dataclass(frozen=True)
class Change:
    """The difference of two versions of one document. Places count among the items of their own version."""

    entities_before: tuple[tuple[int, Entity], ...] = ()
    entities_after: tuple[tuple[int, Entity], ...] = ()
    relations_before: tuple[tuple[int, Relation], ...] = ()
    relations_after: tuple[tuple[int, Relation], ...] = ()
    meta_before: Mapping[str, Any] | None = field(default=None, hash=False)
    meta_after: Mapping[str, Any] | None = field(default=None, hash=False)
    """Both None where meta is the same."""

    def inverse(self) -> Change:
        """The way back."""
        return Change(
            self.entities_after,
            self.entities_before,
            self.relations_after,
            self.relations_before,
            self.meta_after,
            self.meta_before,
        )

    @property
    def empty(self) -> bool:
        """True where the two versions are the same."""
        return self == Change()


def change_between(before: Document, after: Document) -> Change:
    """What leads from `before` to `after`, two versions of one document whose common annotations keep their order."""
    entities = _difference(before.entities, after.entities)
    relations = _difference(before.relations, after.relations)
    same = before.meta == after.meta
    return Change(*entities, *relations, None if same else before.meta, None if same else after.meta)


def exchange(before: Document, after: Document) -> Change:
    """All of one version for all of another, whatever they have in common."""
    same = before.meta == after.meta
    return Change(
        tuple(enumerate(before.entities)),
        tuple(enumerate(after.entities)),
        tuple(enumerate(before.relations)),
        tuple(enumerate(after.relations)),
        None if same else before.meta,
        None if same else after.meta,
    )


def apply_change(document: Document, change: Change) -> Document:
    """The other version. Raises AnnotationError where `document` is not the version that the change starts from."""
    return replace(
        document,
        entities=_exchange(document, document.entities, change.entities_before, change.entities_after),
        relations=_exchange(document, document.relations, change.relations_before, change.relations_after),
        meta=document.meta if change.meta_after is None else change.meta_after,
    )


def change_to_json(change: Change, text: str) -> dict[str, Any]:
    """A dict that `json.dumps` takes: {"before": {...}, "after": {...}} with places as "at"."""
    return {
        "before": _side(change.entities_before, change.relations_before, change.meta_before, text),
        "after": _side(change.entities_after, change.relations_after, change.meta_after, text),
    }


def change_from_json(value: Mapping[str, Any], text: str) -> Change:
    """Read `change_to_json`."""
    before, after = (_read_side(value[side], text) for side in ("before", "after"))
    return Change(before[0], after[0], before[1], after[1], before[2], after[2])


def _difference(
    before: Sequence[Item], after: Sequence[Item]
) -> tuple[tuple[tuple[int, Item], ...], tuple[tuple[int, Item], ...]]:
    old, new = {item.id: item for item in before}, {item.id: item for item in after}
    return (
        tuple((at, item) for at, item in enumerate(before) if not _same(new.get(item.id), item)),
        tuple((at, item) for at, item in enumerate(after) if not _same(old.get(item.id), item)),
    )


def _same(left: Entity | Relation | None, right: Entity | Relation) -> bool:
    return left == right


def _exchange(
    document: Document, items: tuple[Item, ...], out: Sequence[tuple[int, Item]], into: Sequence[tuple[int, Item]]
) -> tuple[Item, ...]:
    for at, item in out:
        if at >= len(items) or items[at] != item:
            raise AnnotationError(f"document {document.id}: {item.id} is not what it was when this change was made")
    gone = {at for at, _ in out}
    left = [item for at, item in enumerate(items) if at not in gone]
    for at, item in sorted(into, key=lambda pair: pair[0]):
        left.insert(at, item)
    return tuple(left)


def _side(
    entities: Sequence[tuple[int, Entity]],
    relations: Sequence[tuple[int, Relation]],
    meta: Mapping[str, Any] | None,
    text: str,
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if entities:
        out["entities"] = [{**entity.to_json(text), "at": at} for at, entity in entities]
    if relations:
        out["relations"] = [{**relation.to_json(), "at": at} for at, relation in relations]
    if meta is not None:
        out["meta"] = json.loads(json.dumps(dict(meta)))
    return out


def _read_side(
    value: Mapping[str, Any], text: str
) -> tuple[tuple[tuple[int, Entity], ...], tuple[tuple[int, Relation], ...], Mapping[str, Any] | None]:
    entities = [
        (item["at"], Document.from_json({"id": "change", "text": text, "entities": [item]}).entities[0])
        for item in value.get("entities", ())
    ]
    relations = [(item["at"], _read_relation(item, text)) for item in value.get("relations", ())]
    return tuple(entities), tuple(relations), value.get("meta")


def _read_relation(item: Mapping[str, Any], text: str) -> Relation:
    """One relation through the native reader, on stand-in entities: its own are not part of the change."""
    ends = [{"id": item[end], "label": end, "start": 0, "end": 1} for end in ("head", "tail")]
    read = Document.from_json({"id": "change", "text": text or " ", "entities": ends, "relations": [item]})
    return read.relations[0]
