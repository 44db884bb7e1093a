"""From two reviewers' versions of a note to gold: only the differences are decided, each with a reason if one is given.

Decisions are saved one by one, so that an adjudicator can stop at any moment. `adjudicate` turns them into an immutable
gold version that records the versions, the decisions and the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from annotation.differences import Comparison, Difference, compare
from annotation.edit_checks import checked_relation
from annotation.editing import apply_edit
from annotation.edits import Edit, edit_to_json
from annotation.guidelines import current_guideline
from annotation.reviews import DraftKey
from annotation.store import Store, utc_now
from annotation.versions import Version, insert_version, versions, visible_versions
from odin.errors import AnnotationError, ConflictError, InputError
from odin.labels import LabelSet
from odin.schema import Document, Entity, Provenance, Relation

CHOICES = ("left", "right", "both", "neither")
REVIEW_MARKS = ("comment", "unsure", "status")
"""Attributes that are talk about an annotation, not part of it: gold has none."""


@dataclass(frozen=True)
class Decision:
    """What becomes of one difference."""

    difference: str
    """The id of the Difference."""
    choice: str
    """left or right (where that side has nothing: nothing), both, or neither."""
    reason: str = ""
    time: str | None = None


def save_decision(store: Store, key: DraftKey, left: Version, right: Version, decision: Decision) -> None:
    """Keep a decision of the adjudicator `key.reviewer`; it is on disk on return, a later one replaces it."""
    _check_right(store, key)
    known = {difference.id for difference in _compare(store, left, right).differences}
    if decision.difference not in known or decision.choice not in CHOICES:
        raise AnnotationError(
            f"document {key.document}: cannot decide {decision.choice!r} on {decision.difference!r}; "
            f"differences: {', '.join(sorted(known)) or 'none'}; choices: {', '.join(CHOICES)}"
        )
    columns = asdict(replace(decision, time=decision.time or utc_now()))
    ids = {"left_version": left.id, "right_version": right.id}
    with store.writing() as database:
        database.table("decisions").upsert(
            {**key._asdict(), **ids, **columns},
            pk=("project", "document", "reviewer", "left_version", "right_version", "difference"),
        )


def saved_decisions(store: Store, key: DraftKey, left: Version, right: Version) -> dict[str, Decision]:
    """The adjudicator's decisions on these two versions so far, by difference."""
    rows = store.rows(
        "SELECT difference, choice, reason, time FROM decisions "
        "WHERE project = ? AND document = ? AND reviewer = ? AND left_version = ? AND right_version = ?",
        *key,
        left.id,
        right.id,
    )
    return {row["difference"]: Decision(**row) for row in rows}


def adjudicate(
    store: Store,
    key: DraftKey,
    left: Version,
    right: Version,
    *,
    reason: str = "",
    edits: Sequence[Edit] = (),
    expected_gold: int = 0,
) -> Version:
    """The gold version that the adjudicator `key.reviewer` decided on, now saved.

    `edits` are made on top, for what neither reviewer had right. `expected_gold` is the number of the gold version that
    the adjudicator saw, 0 for none. Raises AnnotationError while differences are undecided, ConflictError where another
    gold version came meanwhile.
    """
    _check_right(store, key)
    decisions = saved_decisions(store, key, left, right)
    labels, time = current_guideline(store, key.project).labels, utc_now()
    comparison = compare(left.document, right.document, labels)
    document, dropped = decide(
        comparison, decisions, labels, adjudicator=key.reviewer, reviewers=(left.reviewer, right.reviewer), time=time
    )
    for edit in edits:
        document = apply_edit(document, edit, labels, by=key.reviewer, time=time)
    details = {
        "versions": [left.id, right.id],
        "reviewers": [left.reviewer, right.reviewer],
        "decisions": [asdict(decisions[difference.id]) for difference in comparison.differences],
        "kinds": {difference.id: difference.kind for difference in comparison.differences},
        "dropped_relations": dropped,
        "edits": [edit_to_json(edit) for edit in edits],
        "reason": reason,
    }
    return _save_gold(store, key, document, details, expected_gold)


def promote(store: Store, key: DraftKey, version: Version, *, reason: str, expected_gold: int = 0) -> Version:
    """One reviewer's version made gold as it is, for notes that only one reviewed; `reason` says why."""
    _check_right(store, key)
    if not reason.strip():
        raise InputError(f"document {key.document}: say why one reviewer's version is enough")
    details = {"versions": [version.id], "reviewers": [version.reviewer], "decisions": [], "reason": reason}
    return _save_gold(store, key, _without_marks(version.document), details, expected_gold)


def decide(
    comparison: Comparison,
    decisions: Mapping[str, Decision],
    labels: LabelSet,
    *,
    adjudicator: str,
    reviewers: tuple[str, str],
    time: str | None = None,
) -> tuple[Document, list[str]]:
    """The document that the decisions make, and the agreed relations that went with a mention that was not kept.

    Agreed annotations name both reviewers in their provenance, decided ones the adjudicator. Raises AnnotationError
    where a difference is undecided or a chosen relation lacks its mentions.
    """
    waiting = [difference for difference in comparison.differences if difference.id not in decisions]
    if waiting:
        raise AnnotationError(
            f"document {comparison.left.id}: {len(waiting)} differences are undecided (first: {waiting[0].kind}, "
            f"{waiting[0].id})"
        )
    agreed = Provenance("human", name=", ".join(reviewers), action="agreed", time=time)
    decided = Provenance("human", name=adjudicator, action="adjudicated", time=time)
    gold = _Gold(comparison, labels)
    different = {difference.id: difference for difference in comparison.differences}
    for left, right in comparison.entity_pairs:
        if Difference("", left, right).id not in different:
            gold.add_entity(left, agreed, also=right)
    for difference in comparison.differences:
        if difference.is_entity:
            gold.choose_entity(difference, decisions[difference.id].choice, decided)
    dropped = []
    for a, b in comparison.relation_pairs:
        if Difference("", a, b).id not in different and not gold.add_relation("left", a, agreed):
            dropped.append(a.id)
    for difference in comparison.differences:
        if not difference.is_entity:
            gold.choose_relation(difference, decisions[difference.id].choice, decided)
    return gold.document(), dropped


class _Gold:
    """The gold document while it grows: new ids, and which gold mention stands for which of either side."""

    def __init__(self, comparison: Comparison, labels: LabelSet) -> None:
        self.comparison, self.labels = comparison, labels
        self.entities: list[Entity] = []
        self.relations: list[Relation] = []
        self.ids: dict[tuple[str, str], str] = {}
        """(side, id there) to the gold id."""

    def add_entity(self, entity: Entity, provenance: Provenance, *, also: Entity | None, side: str = "left") -> None:
        same = next((kept for kept in self.entities if kept.key == entity.key), None)
        gold_id = same.id if same else f"T{len(self.entities) + 1}"
        if same is None:
            self.entities.append(replace(_unmarked(entity), id=gold_id, provenance=provenance))
        self.ids[side, entity.id] = gold_id
        if also is not None:
            self.ids["right" if side == "left" else "left", also.id] = gold_id

    def choose_entity(self, difference: Difference, choice: str, provenance: Provenance) -> None:
        left, right = difference.left, difference.right
        both = choice == "both"
        if isinstance(left, Entity) and choice in ("left", "both"):
            other = right if isinstance(right, Entity) and not both else None
            self.add_entity(left, provenance, also=other)
        if isinstance(right, Entity) and choice in ("right", "both"):
            other = left if isinstance(left, Entity) and not both else None
            self.add_entity(right, provenance, also=other, side="right")

    def choose_relation(self, difference: Difference, choice: str, provenance: Provenance) -> None:
        for side, relation in (("left", difference.left), ("right", difference.right)):
            chosen = isinstance(relation, Relation) and choice in (side, "both")
            if chosen and isinstance(relation, Relation) and not self.add_relation(side, relation, provenance):
                raise AnnotationError(
                    f"document {self.comparison.left.id}: the relation {difference.id} ({relation.label}) was kept, "
                    "but one of its mentions was not; keep both mentions or drop the relation"
                )

    def add_relation(self, side: str, relation: Relation, provenance: Provenance) -> bool:
        """False where a mention of it was not kept. Raises AnnotationError where the kept labels do not allow it."""
        head, tail = (self.ids.get((side, end)) for end in (relation.head, relation.tail))
        if head is None or tail is None or head == tail:
            return False
        new = replace(
            _unmarked(relation), id=f"R{len(self.relations) + 1}", head=head, tail=tail, provenance=provenance
        )
        if all((kept.label, kept.head, kept.tail) != (new.label, head, tail) for kept in self.relations):
            self.relations.append(checked_relation(self.document(), new, self.labels))
        return True

    def document(self) -> Document:
        bare = _without_marks(self.comparison.left)
        return replace(bare, entities=tuple(self.entities), relations=tuple(self.relations))


def _compare(store: Store, left: Version, right: Version) -> Comparison:
    return compare(left.document, right.document, current_guideline(store, left.project).labels)


def _unmarked(item: Any) -> Any:
    return replace(item, attributes={key: value for key, value in item.attributes.items() if key not in REVIEW_MARKS})


def _without_marks(document: Document) -> Document:
    return replace(
        document,
        entities=tuple(map(_unmarked, document.entities)),
        relations=tuple(map(_unmarked, document.relations)),
        meta={key: value for key, value in document.meta.items() if key not in REVIEW_MARKS},
    )


def _check_right(store: Store, key: DraftKey) -> None:
    """An adjudicator must not be a reviewer who has still to submit the note: they would see the others' work."""
    assigned = store.row("SELECT 1 FROM assignments WHERE project = ? AND document = ? AND reviewer = ?", *key)
    if assigned and not visible_versions(store, key.project, key.document, key.reviewer):
        raise InputError(f"document {key.document}: {key.reviewer} must submit it before adjudicating it")


def _save_gold(
    store: Store, key: DraftKey, document: Document, details: Mapping[str, Any], expected_gold: int
) -> Version:
    with store.writing() as database:
        newest = _gold_count(store, key)
        if newest != expected_gold:
            raise ConflictError(
                f"document {key.document}: gold version {newest} was saved while you decided on top of "
                f"{expected_gold}; look at it and decide again"
            )
        insert_version(store, database, key, "gold", document, details={**details, "gold": newest + 1})
    return versions(store, key.project, document=key.document, kind="gold")[-1]


def _gold_count(store: Store, key: DraftKey) -> int:
    row = store.row(
        "SELECT count(*) AS count FROM versions WHERE project = ? AND document = ? AND kind = 'gold'",
        key.project,
        key.document,
    )
    return int(row["count"]) if row else 0
