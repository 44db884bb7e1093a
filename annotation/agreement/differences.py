"""Where two versions of a note differ, each difference classified, for adjudication, conflicts and corrections.

Mentions pair up one to one: equal ones first, then those on the same span, then those that overlap, most characters
first. Relations are compared between paired mentions, so that one boundary is one difference, not one a relation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from annotation.editing.checks import is_symmetric
from odin.labels import LabelSet
from odin.schema import Document, Entity, Relation

Item = Entity | Relation
KINDS = ("boundary", "label", "direction", "missing", "extra", "assertion")
"""boundary: another extent. label: another label. direction: head and tail swapped. missing: only left has it. extra:
only right has it. assertion: another assertion, or the relation denied on one side only."""


@dataclass(frozen=True)
class Difference:
    """One difference: what `left` has and what `right` has in its place; one of them may be None."""

    kind: str
    """One of KINDS."""
    left: Entity | Relation | None
    right: Entity | Relation | None

    @property
    def is_entity(self) -> bool:
        """True for mentions, false for relations."""
        return isinstance(self.left or self.right, Entity)


@dataclass(frozen=True)
class Comparison:
    """Two versions of a note, item by item."""

    left: Document
    right: Document
    entity_pairs: tuple[tuple[Entity, Entity], ...]
    """The mentions that stand for each other, the same or not."""
    relation_pairs: tuple[tuple[Relation, Relation], ...]
    differences: tuple[Difference, ...]
    """Mentions in text order, then relations."""


def compare(left: Document, right: Document, labels: LabelSet) -> Comparison:
    """Pair up what the versions have and say where they differ. Scores, ids, comments and provenance do not count."""
    pairs = tuple(_pair_entities(left.entities, right.entities))
    entity_differences = [
        *(Difference(kind, a, b) for a, b in pairs for kind in [entity_kind(a, b)] if kind),
        *(Difference("missing", entity, None) for entity in _unpaired(left.entities, (a for a, _ in pairs))),
        *(Difference("extra", None, entity) for entity in _unpaired(right.entities, (b for _, b in pairs))),
    ]
    entity_differences.sort(key=_place)
    to_right = {a.id: b.id for a, b in pairs}
    relation_pairs = tuple(_pair_relations(left.relations, right.relations, to_right, labels))
    relation_differences = [
        *(Difference(kind, a, b) for kind, a, b in relation_pairs if kind),
        *(Difference("missing", x, None) for x in _unpaired(left.relations, (a for _, a, _ in relation_pairs))),
        *(Difference("extra", None, x) for x in _unpaired(right.relations, (b for _, _, b in relation_pairs))),
    ]
    return Comparison(
        left,
        right,
        pairs,
        tuple((a, b) for _, a, b in relation_pairs),
        (*entity_differences, *relation_differences),
    )


def differences(left: Document, right: Document, labels: LabelSet) -> tuple[Difference, ...]:
    """The differences of two versions: `compare` without the pairs."""
    return compare(left, right, labels).differences


def _pair_entities(left: Iterable[Entity], right: Iterable[Entity]) -> Iterator[tuple[Entity, Entity]]:
    candidates = [
        ((a.key == b.key, a.spans == b.spans, a.label == b.label, shared), a, b)
        for a in left
        for b in right
        for shared in [_shared_characters(a, b)]
        if shared
    ]
    candidates.sort(key=lambda found: (*(-value for value in found[0]), found[1].start, found[2].start))
    taken_left: set[str] = set()
    taken_right: set[str] = set()
    for _, a, b in candidates:
        if a.id not in taken_left and b.id not in taken_right:
            taken_left.add(a.id)
            taken_right.add(b.id)
            yield a, b


def _shared_characters(a: Entity, b: Entity) -> int:
    return sum(
        max(0, min(a_end, b_end) - max(a_start, b_start)) for a_start, a_end in a.spans for b_start, b_end in b.spans
    )


def entity_kind(a: Entity, b: Entity) -> str | None:
    """How two mentions that stand for each other differ; None for the same."""
    if a.label != b.label:
        return "label"
    if a.spans != b.spans:
        return "boundary"
    return "assertion" if (a.assertion or "present") != (b.assertion or "present") else None


def _pair_relations(
    left: Iterable[Relation], right: Iterable[Relation], to_right: dict[str, str], labels: LabelSet
) -> Iterator[tuple[str | None, Relation, Relation]]:
    """(kind of difference or None, left, right); what is the same pairs first, then other label, then direction."""
    right = list(right)
    mapped = [
        (a, replace(a, head=to_right[a.head], tail=to_right[a.tail]))
        for a in left
        if a.head in to_right and a.tail in to_right
    ]
    paired: set[str] = set()
    taken: set[str] = set()
    for wanted in ((None, "assertion"), ("label",), ("direction",)):
        for a, there in mapped:
            for b in right:
                kind = relation_kind(there, b, labels)
                if a.id not in paired and b.id not in taken and kind in wanted:
                    paired.add(a.id)
                    taken.add(b.id)
                    yield kind, a, b


def relation_kind(a: Relation, b: Relation, labels: LabelSet) -> str | None:
    """How two relations of one document differ; None for the same, "other" for relations of other mentions."""
    same_way = (b.head, b.tail) == (a.head, a.tail)
    if not same_way and (b.tail, b.head) != (a.head, a.tail):
        return "other"
    if a.label != b.label:
        return "label" if same_way else "direction"
    if not same_way and not is_symmetric(a.label, labels):
        return "direction"
    return "assertion" if a.negated != b.negated else None


def _unpaired(
    items: Iterable[Entity] | Iterable[Relation], paired: Iterable[Entity | Relation]
) -> list[Entity | Relation]:
    ids = {item.id for item in paired}
    return [item for item in items if item.id not in ids]


def _place(difference: Difference) -> tuple[int, int]:
    item = difference.left or difference.right
    return (item.start, item.end) if isinstance(item, Entity) else (0, 0)
