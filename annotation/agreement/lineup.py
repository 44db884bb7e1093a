"""The versions of a note by several reviewers lined up: what each has in every place, and where they differ.

Each version is compared (`annotation.agreement.differences.compare`) with what the versions before it hold together;
of two versions it is the comparison itself. Mentions come in text order, then relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from annotation.agreement.differences import Item, compare, entity_kind, relation_kind
from odin.labels import LabelSet
from odin.schema import Document, Entity, Relation


@dataclass(frozen=True)
class Place:
    """Annotations that stand for each other, one a version; None where a version has none."""

    items: tuple[Item | None, ...]
    variants: tuple[tuple[int, ...], ...]
    """The numbers of the versions that have the same, the first version's first."""
    kind: str | None
    """How they differ, one of `differences.KINDS`, or None. missing: the first version has it, another has not. extra:
    the first has it not."""

    @property
    def id(self) -> str:
        """Names the place among those of the same versions, such as `E:T1:T2` or `R::R4`."""
        return ":".join(("E" if self.is_entity else "R", *(item.id if item else "" for item in self.items)))

    @property
    def first(self) -> Item:
        """The annotation of the first version that has one."""
        return next(item for item in self.items if item)

    @property
    def is_entity(self) -> bool:
        """True for mentions, false for relations."""
        return isinstance(self.first, Entity)


@dataclass(frozen=True)
class Lineup:
    """The versions of one note, each with the name of whoever made it."""

    reviewers: tuple[str, ...]
    documents: tuple[Document, ...]
    places: tuple[Place, ...]

    @property
    def differences(self) -> tuple[Place, ...]:
        """The places in which not all have the same."""
        return tuple(place for place in self.places if place.kind)


def line_up(versions: Sequence[tuple[str, Document]], labels: LabelSet) -> Lineup:
    """The (reviewer, document) pairs of one note lined up. Scores, ids, comments and provenance do not count."""
    together = replace(versions[0][1], entities=(), relations=())
    rows: dict[str, list[tuple[Item, Item] | None]] = {}
    """By the id in `together`: each version's annotation, and the same with the ids of `together`."""
    for number, (_, document) in enumerate(versions):
        comparison = compare(together, document, labels)
        ids = _ids_in(together.entities, document.entities, comparison.entity_pairs, "T")
        relation_ids = _ids_in(together.relations, document.relations, comparison.relation_pairs, "R")
        entities = [replace(x, id=ids[x.id]) for x in document.entities]
        relations = [replace(x, id=relation_ids[x.id], head=ids[x.head], tail=ids[x.tail]) for x in document.relations]
        for item, there in zip((*document.entities, *document.relations), (*entities, *relations), strict=True):
            rows.setdefault(there.id, [None] * len(versions))[number] = (item, there)
        known = {x.id for x in (*together.entities, *together.relations)}
        together = replace(
            together,
            entities=(*together.entities, *(x for x in entities if x.id not in known)),
            relations=(*together.relations, *(x for x in relations if x.id not in known)),
        )
    places = sorted((_place(row, labels) for row in rows.values()), key=_order)
    return Lineup(tuple(name for name, _ in versions), tuple(document for _, document in versions), tuple(places))


def _ids_in(
    known: Sequence[Item], items: Iterable[Item], pairs: Iterable[tuple[Item, Item]], prefix: str
) -> dict[str, str]:
    """The id of each item among the known ones, where it pairs with one, else a new one."""
    ids = {right.id: left.id for left, right in pairs}
    new = [item.id for item in items if item.id not in ids]
    return ids | {name: f"{prefix}{number}" for number, name in enumerate(new, len(known) + 1)}


def _place(row: Sequence[tuple[Item, Item] | None], labels: LabelSet) -> Place:
    there = [held[1] if held else None for held in row]
    variants: list[list[int]] = []
    for number, item in enumerate(there):
        same = next((one for one in variants if _kind(there[one[0]], item, labels) is None), None)
        if same is None:
            variants.append([number])
        else:
            same.append(number)
    kinds = [_kind(there[a[0]], there[b[0]], labels) for a, b in combinations(variants, 2)]
    kind = next((found for found in ("missing", "extra") if found in kinds), next(iter(kinds), None))
    return Place(tuple(held[0] if held else None for held in row), tuple(map(tuple, variants)), kind)


def _kind(a: Item | None, b: Item | None, labels: LabelSet) -> str | None:
    if a is None or b is None:
        return None if a is b else "missing" if b is None else "extra"
    if isinstance(a, Relation) and isinstance(b, Relation):
        return relation_kind(a, b, labels)
    return entity_kind(a, b) if isinstance(a, Entity) and isinstance(b, Entity) else "other"


def _order(place: Place) -> tuple[int, int, int]:
    first = place.first
    return (0, first.start, first.end) if isinstance(first, Entity) else (1, 0, 0)
