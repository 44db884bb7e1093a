"""What kind of mistake each wrong mention and relation is.

Mentions. label: the right span under another label. boundary: the right label on an overlapping span. both: another
label on an overlapping span. missing and spurious: nothing on the other side.

Relations. direction: the same label the wrong way round. label: the same two mentions under another label. endpoint:
the same label with a wrong or only overlapping end. spurious on co-occurrence: two gold mentions of one sentence that
gold does not relate. spurious, missing: the rest.

Each gold and each predicted annotation is in at most one error; pairs of a kind are as many as can be, in this order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from odin.evaluation.annotations import Mention, triple
from odin.evaluation.matching import maximum_matching, overlaps
from odin.schema import Document, Entity, Relation
from odin.sentences import sentence_of, sentence_starts

ENTITY_KINDS = ("label", "boundary", "both", "missing", "spurious")
RELATION_KINDS = ("direction", "label", "endpoint", "missing", "spurious on co-occurrence", "spurious")
NOTHING = "nothing"
"""Stands in a confusion matrix for the other side's having no mention or relation there."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Judged(Generic[Item]):
    """An annotation of gold beside the predicted one that stands for it, and what is wrong, if anything."""

    document: str
    kind: str | None
    """One of the kinds; None where the two are the same."""
    gold: Item | None
    predicted: Item | None


def judge_entities(gold: Document, predicted: Document) -> list[Judged[Entity]]:
    """Every mention of both sides, each once: first the right ones, then the wrong ones by kind."""
    left, right = list(gold.entities), list(predicted.entities)
    stages: list[tuple[str | None, Callable[[Entity, Entity], bool]]] = [
        (None, lambda one, other: one.key == other.key),
        ("label", lambda one, other: one.spans == other.spans),
        ("boundary", lambda one, other: one.label == other.label and overlaps(one.spans, other.spans)),
        ("both", lambda one, other: overlaps(one.spans, other.spans)),
    ]
    judged = list(_pair_off(gold.id, left, right, stages))
    judged += [Judged(gold.id, "missing", entity, None) for entity in left]
    judged += [Judged(gold.id, "spurious", None, entity) for entity in right]
    return judged


def judge_relations(gold: Document, predicted: Document, symmetric: Collection[str]) -> list[Judged[Relation]]:
    """Every relation of both sides, each once; repeated and denied ones are left out, as in scores."""
    ends = _Ends(gold, predicted)
    left, right = _distinct(gold, symmetric), _distinct(predicted, symmetric)

    def same(one: Relation, other: Relation) -> bool:
        here, there = ends.of_gold(one), ends.of_predicted(other)
        turned = one.label in symmetric and here == there[::-1]
        return one.label == other.label and (here == there or turned)

    def turned(one: Relation, other: Relation) -> bool:
        return one.label == other.label and ends.of_gold(one) == ends.of_predicted(other)[::-1]

    def relabelled(one: Relation, other: Relation) -> bool:
        return set(ends.of_gold(one)) == set(ends.of_predicted(other))

    def near(one: Relation, other: Relation) -> bool:
        return one.label == other.label and ends.one_right_or_both_near(one, other)

    stages = [(None, same), ("direction", turned), ("label", relabelled), ("endpoint", near)]
    judged = list(_pair_off(gold.id, left, right, stages))
    judged += [Judged(gold.id, "missing", relation, None) for relation in left]
    for relation in right:
        kind = "spurious on co-occurrence" if ends.co_occur_in_gold(relation) else "spurious"
        judged.append(Judged(gold.id, kind, None, relation))
    return judged


def confusion_matrix(judged: Iterable[Judged[Any]]) -> Counter[tuple[str, str]]:
    """How often a gold label (first) was predicted as another (second); NOTHING on either side for nothing there.

    A right label on a wrong span, or between wrong ends, counts as right here: the matrix is about labels.
    """
    return Counter(
        (one.gold.label if one.gold else NOTHING, one.predicted.label if one.predicted else NOTHING) for one in judged
    )


def _pair_off(
    document: str,
    left: list[Item],
    right: list[Item],
    stages: Sequence[tuple[str | None, Callable[[Item, Item], bool]]],
) -> Iterator[Judged[Item]]:
    """Pairs of each stage in turn, as many as possible; takes them out of `left` and `right`."""
    for kind, fits in stages:
        edges = [[j for j, other in enumerate(right) if fits(one, other)] for one in left]
        pairs = maximum_matching(edges)
        for i, j in pairs:
            yield Judged(document, kind, left[i], right[j])
        for i in sorted((i for i, _ in pairs), reverse=True):
            del left[i]
        for j in sorted((j for _, j in pairs), reverse=True):
            del right[j]


def _distinct(document: Document, symmetric: Collection[str]) -> list[Relation]:
    found: dict[object, Relation] = {}
    for relation in document.relations:
        if not relation.negated:
            head, tail = document.entity_by_id[relation.head].key, document.entity_by_id[relation.tail].key
            found.setdefault(triple(relation.label, head, tail, symmetric), relation)
    return list(found.values())


class _Ends:
    """The endpoints of relations on both sides, as mentions that can be compared."""

    def __init__(self, gold: Document, predicted: Document) -> None:
        self._gold, self._predicted = gold.entity_by_id, predicted.entity_by_id
        self._mentions = {entity.key for entity in gold.entities}
        self._starts = sentence_starts(gold.text)

    def of_gold(self, relation: Relation) -> tuple[Mention, Mention]:
        return self._gold[relation.head].key, self._gold[relation.tail].key

    def of_predicted(self, relation: Relation) -> tuple[Mention, Mention]:
        return self._predicted[relation.head].key, self._predicted[relation.tail].key

    def one_right_or_both_near(self, one: Relation, other: Relation) -> bool:
        (head, tail), (other_head, other_tail) = self.of_gold(one), self.of_predicted(other)
        if head == other_head or tail == other_tail:
            return True
        return overlaps(head[1], other_head[1]) and overlaps(tail[1], other_tail[1])

    def co_occur_in_gold(self, relation: Relation) -> bool:
        head, tail = self.of_predicted(relation)
        if head not in self._mentions or tail not in self._mentions:
            return False
        return sentence_of(self._starts, head[1][0][0]) == sentence_of(self._starts, tail[1][0][0])
