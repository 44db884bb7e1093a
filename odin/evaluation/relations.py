"""Which predicted relations match which gold ones.

strict: relation label and both endpoints exact in span and label ("with NEC": Taille and others 2020,
doi:10.18653/v1/2020.emnlp-main.301). boundaries: relation label and both spans, whatever the endpoints' labels.
overlapping: relation label and endpoints of the same label that overlap, one to one.

The relations are `Annotations.relations`: a relation stated twice between the same mentions is one, a negated one is
none, and symmetric labels count either way round.
"""

from __future__ import annotations

from collections.abc import Collection

from odin.evaluation.annotations import Mention, Spans, Triple
from odin.evaluation.matching import Rows, count_rows, maximum_matching, overlaps

SpanTriple = tuple[str, Spans, Spans]


def strict(gold: Collection[Triple], predicted: Collection[Triple]) -> Rows:
    """Counts of relations whose label and both endpoints (span and label) are right.

    Gold treats(Drug 0-7, Disease 15-23) against the same with Symptom 15-23: treats (0, 1, 1).
    """
    left, right = frozenset(gold), frozenset(predicted)
    return count_rows(left & right, left, right)


def boundaries(gold: Collection[Triple], predicted: Collection[Triple], symmetric: Collection[str]) -> Rows:
    """Counts of relations whose label and both endpoints' spans are right, whatever the endpoints' labels.

    Gold treats(Drug 0-7, Disease 15-23) against the same with Symptom 15-23: treats (1, 0, 0).
    """
    left, right = _span_counts(gold, symmetric), _span_counts(predicted, symmetric)
    matched = [key for key, count in left.items() for _ in range(min(count, right.get(key, 0)))]
    return count_rows(matched, gold, predicted)


def overlapping(gold: Collection[Triple], predicted: Collection[Triple], symmetric: Collection[str]) -> Rows:
    """Counts of relations whose label is right and whose endpoints overlap those of gold under the same labels."""
    left, right = sorted(gold), sorted(predicted)
    edges = [[j for j, other in enumerate(right) if _touch(one, other, symmetric)] for one in left]
    return count_rows((left[i] for i, _ in maximum_matching(edges)), left, right)


def _span_counts(triples: Collection[Triple], symmetric: Collection[str]) -> dict[SpanTriple, int]:
    """How many relations have these spans: more than one where the endpoints differ in label alone."""
    counts: dict[SpanTriple, int] = {}
    for label, (_, head), (_, tail) in triples:
        key = (label, tail, head) if tail < head and label in symmetric else (label, head, tail)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _touch(one: Triple, other: Triple, symmetric: Collection[str]) -> bool:
    label, head, tail = one
    if label != other[0]:
        return False
    if _meet(head, other[1]) and _meet(tail, other[2]):
        return True
    return label in symmetric and _meet(head, other[2]) and _meet(tail, other[1])


def _meet(one: Mention, other: Mention) -> bool:
    return one[0] == other[0] and overlaps(one[1], other[1])
