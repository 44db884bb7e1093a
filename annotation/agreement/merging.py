"""From lined-up versions and decisions on their differences to one document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from annotation.agreement.differences import Item
from annotation.agreement.lineup import Lineup, Place
from annotation.editing.checks import checked_relation
from odin.errors import AnnotationError
from odin.labels import LabelSet
from odin.schema import Document, Entity, Provenance, Relation

REVIEW_MARKS = ("comment", "unsure", "status")
"""Attributes that are talk about an annotation, not part of it: gold has none."""


@dataclass(frozen=True)
class Decision:
    """What becomes of one difference."""

    difference: str
    """The id of its Place."""
    keep: tuple[str, ...]
    """Whose reading is kept; of a reviewer who has nothing there, nothing. Empty: nobody's."""
    reason: str = ""
    time: str | None = None


def merge(
    lineup: Lineup, decisions: Mapping[str, Decision], labels: LabelSet, *, adjudicator: str, time: str | None = None
) -> tuple[Document, list[str]]:
    """The document that the decisions make, and the agreed relations that went with a mention that was not kept.

    Mentions stand in text order. Agreed annotations name all reviewers in their provenance, decided ones the
    adjudicator. Raises AnnotationError where a difference is undecided or a chosen relation lacks its mentions.
    """
    waiting = [place for place in lineup.differences if place.id not in decisions]
    if waiting:
        raise AnnotationError(
            f"document {lineup.documents[0].id}: {len(waiting)} differences are undecided (first: {waiting[0].kind}, "
            f"{waiting[0].id})"
        )
    agreed = Provenance("human", name=", ".join(lineup.reviewers), action="agreed", time=time)
    decided = Provenance("human", name=adjudicator, action="adjudicated", time=time)
    merged, dropped = _Merged(lineup, labels), []
    for place in lineup.places:
        if place.is_entity:
            keep = decisions[place.id].keep if place.kind else lineup.reviewers[:1]
            merged.add_mentions(place, keep, decided if place.kind else agreed)
    relations = [place for place in lineup.places if not place.is_entity]
    for place in relations:
        if not place.kind and not merged.add_relation(place, 0, agreed):
            dropped.append(place.first.id)
    for place in relations:
        if place.kind:
            merged.add_chosen_relations(place, decisions[place.id].keep, decided)
    return merged.document(), dropped


def without_marks(document: Document) -> Document:
    """The document without what reviewers said about it."""
    return replace(
        document,
        entities=tuple(map(_unmarked_entity, document.entities)),
        relations=tuple(map(_unmarked_relation, document.relations)),
        meta={key: value for key, value in document.meta.items() if key not in REVIEW_MARKS},
    )


class _Merged:
    """The document while it grows: new ids, and which of its mentions stands for which of each version."""

    def __init__(self, lineup: Lineup, labels: LabelSet) -> None:
        self.lineup, self.labels = lineup, labels
        self.entities: list[Entity] = []
        self.relations: list[Relation] = []
        self.ids: dict[tuple[int, str], str] = {}
        """(number of the version, id there) to the new id."""

    def add_mentions(self, place: Place, keep: tuple[str, ...], provenance: Provenance) -> None:
        """The mentions that are kept; the first of them stands for those that are not."""
        own: dict[int, str] = {}
        for number, item in enumerate(place.items):
            if isinstance(item, Entity) and self.lineup.reviewers[number] in keep:
                own[number] = self._entity(item, provenance)
        for number, item in enumerate(place.items):
            if item and own:
                self.ids[number, item.id] = own.get(number, next(iter(own.values())))

    def _entity(self, entity: Entity, provenance: Provenance) -> str:
        for kept in self.entities:
            if kept.key == entity.key:
                return kept.id
        new = replace(_unmarked_entity(entity), id=f"T{len(self.entities) + 1}", provenance=provenance)
        self.entities.append(new)
        return new.id

    def add_chosen_relations(self, place: Place, keep: tuple[str, ...], provenance: Provenance) -> None:
        """The relations that are kept. Raises AnnotationError where a mention of one was not."""
        for number, item in enumerate(place.items):
            chosen = item and self.lineup.reviewers[number] in keep
            if item and chosen and not self.add_relation(place, number, provenance):
                raise AnnotationError(
                    f"document {self.lineup.documents[0].id}: the relation {place.id} ({item.label}) was kept, "
                    "but one of its mentions was not; keep both mentions or drop the relation"
                )

    def add_relation(self, place: Place, number: int, provenance: Provenance) -> bool:
        """False where a mention of it was not kept. Raises AnnotationError where the kept labels do not allow it."""
        relation = place.items[number]
        if not isinstance(relation, Relation):
            return False
        head, tail = (self.ids.get((number, end)) for end in (relation.head, relation.tail))
        if head is None or tail is None or head == tail:
            return False
        new = replace(
            _unmarked_relation(relation), id=f"R{len(self.relations) + 1}", head=head, tail=tail, provenance=provenance
        )
        if all((kept.label, kept.head, kept.tail) != (new.label, head, tail) for kept in self.relations):
            self.relations.append(checked_relation(self.document(), new, self.labels))
        return True

    def document(self) -> Document:
        bare = without_marks(self.lineup.documents[0])
        in_text_order = sorted(self.entities, key=lambda entity: (entity.start, entity.end))
        return replace(bare, entities=tuple(in_text_order), relations=tuple(self.relations))


def _unmarked_entity(entity: Entity) -> Entity:
    return replace(entity, attributes=_plain(entity))


def _unmarked_relation(relation: Relation) -> Relation:
    return replace(relation, attributes=_plain(relation))


def _plain(item: Item) -> dict[str, object]:
    return {key: value for key, value in item.attributes.items() if key not in REVIEW_MARKS}
