"""Decisions of the relation head: a pair of mentions, or all mention pairs of two concepts of a document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from odin.extraction.pairs import Mention, candidate_pairs
from odin.labels import LabelSet, RelationLabel, joins

NONE = 0
"""The class of an unrelated pair; relation labels follow in their order, then `denied`."""

MAX_GROUP_PAIRS = 24
"""Mention pairs of two concepts that are looked at, the nearest first."""


@dataclass(frozen=True)
class PairGroup:
    """The mention pairs (head, tail) on which one decision rests; `head` and `tail` name the concepts, if any."""

    pairs: tuple[tuple[int, int], ...]
    head: str = ""
    tail: str = ""
    target: int = NONE

    def answered(self, target: int) -> PairGroup:
        """The group with its right answer."""
        return PairGroup(self.pairs, self.head, self.tail, target)


def allowed_label_pairs(labels: LabelSet) -> dict[tuple[int, int], tuple[int, ...]]:
    """(head label index, tail label index) -> the relation classes that may join them (1 is the first label)."""
    relations: Sequence[RelationLabel] = labels.concept_relations or labels.relations
    names = labels.entity_labels
    out: dict[tuple[int, int], tuple[int, ...]] = {}
    for i, head in enumerate(names):
        for j, tail in enumerate(names):
            classes = tuple(k for k, relation in enumerate(relations, NONE + 1) if joins(relation, head, tail))
            if classes:
                out[i, j] = classes
    return out


def mention_groups(mentions: Sequence[Mention], labels: LabelSet) -> list[PairGroup]:
    """One decision a candidate pair of mentions."""
    if not labels.relations:
        return []
    return [PairGroup((pair,)) for pair in candidate_pairs(mentions, allowed_label_pairs(labels).keys())]


def concept_groups(
    mentions: Sequence[Mention], concepts: Sequence[tuple[str, ...]], labels: LabelSet
) -> list[PairGroup]:
    """One decision a pair of concepts. Where every label of the pair is symmetric, a pair comes once, in text order."""
    allowed = allowed_label_pairs(labels)
    symmetric = all(relation.symmetric for relation in labels.concept_relations)
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for i, head in enumerate(mentions):
        for j, tail in enumerate(mentions):
            if i == j or (head.label, tail.label) not in allowed:
                continue
            if symmetric and (head.start, head.end, i) > (tail.start, tail.end, j):
                continue
            for a in concepts[i]:
                for b in concepts[j]:
                    if a != b:
                        key = (b, a) if symmetric and (b, a) in found else (a, b)
                        found.setdefault(key, []).append((i, j))

    def gap(pair: tuple[int, int]) -> tuple[int, int, int]:
        a, b = mentions[pair[0]], mentions[pair[1]]
        return max(a.start, b.start) - min(a.end, b.end), *pair

    return [
        PairGroup(tuple(sorted(pairs, key=gap)[:MAX_GROUP_PAIRS]), head, tail) for (head, tail), pairs in found.items()
    ]


def concept_ids(concept: str | None) -> tuple[str, ...]:
    """The ids in a published concept field (`D001|D002`, `a,b`, `a;b`); `-` and `-1` stand for none."""
    return tuple(part for part in re.split(r"[|,;]", concept or "") if part not in ("", "-", "-1"))
