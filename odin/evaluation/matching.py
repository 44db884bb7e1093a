"""Which predicted mentions match which gold ones: exactly, partially, or by label counts alone.

Mentions are (label, spans), as `Entity.key`. Every function is independent of the order of its arguments' items, and
swapping gold and predicted swaps false positives and false negatives. Nested, overlapping and discontinuous mentions
are allowed on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from odin.evaluation.annotations import Mention, Spans

Rows = dict[str, tuple[int, int, int]]
"""(true positives, false positives, false negatives) by label, of one document."""
_LABEL = itemgetter(0)


def exact(gold: Collection[Mention], predicted: Collection[Mention]) -> Rows:
    """Counts under exact matching: the same label, start and end, and the same fragments where there are any.

    Gold Drug 0-7 and Disease 15-23 against predicted Drug 0-7 and Disease 15-20:
    Drug (1, 0, 0), Disease (0, 1, 1).
    """
    left, right = set(gold), set(predicted)
    return count_rows(left & right, left, right)


def partial(gold: Collection[Mention], predicted: Collection[Mention]) -> Rows:
    """Counts under partial matching: the same label and at least one character in common, one to one.

    The pairs are a maximum matching, so that no choice of pairs would count more. Gold Disease 0-5 and 6-10 against
    one predicted Disease 0-10: (1, 0, 1).
    """
    left, right = set(gold), set(predicted)
    # where all mentions of a label on one side are on the other too, each matches itself, and nothing matches more
    differing = set(map(_LABEL, left - right)) & set(map(_LABEL, right - left))
    matched = [one for one in left & right if one[0] not in differing]
    if differing:
        sides = ([one for one in side if one[0] in differing] for side in (left, right))
        matched += [one for one, _ in overlap_matching(*sides)]
    return count_rows(matched, left, right)


def type_counts(gold: Iterable[Sequence[Any]], predicted: Iterable[Sequence[Any]]) -> Rows:
    """Counts of labels alone, wherever the mentions stand: min(gold, predicted) of each label are right."""
    left, right = label_counts(gold), label_counts(predicted)
    return {
        label: _row(min(left.get(label, 0), right.get(label, 0)), left.get(label, 0), right.get(label, 0))
        for label in left.keys() | right.keys()
    }


def label_counts(keys: Iterable[Sequence[Any]]) -> Mapping[str, int]:
    """How many of the keys have each label, which is their first item."""
    return Counter(map(_LABEL, keys))


def count_rows(
    matched: Iterable[Sequence[Any]], gold: Iterable[Sequence[Any]], predicted: Iterable[Sequence[Any]]
) -> Rows:
    """The rows by label (the first item of each key) from what is matched, gold and predicted."""
    hits, left, right = label_counts(matched), label_counts(gold), label_counts(predicted)
    return {
        label: _row(hits.get(label, 0), left.get(label, 0), right.get(label, 0)) for label in left.keys() | right.keys()
    }


def _row(hits: int, gold: int, predicted: int) -> tuple[int, int, int]:
    return hits, predicted - hits, gold - hits


def overlaps(one: Spans, other: Spans) -> bool:
    """True where the two have a character in common (of their fragments, not of the gaps between)."""
    if one[0][0] >= other[-1][1] or other[0][0] >= one[-1][1]:
        return False
    if len(one) == 1 and len(other) == 1:
        return True
    return any(start < stop and begin < end for start, end in one for begin, stop in other)


def overlap_matching(gold: Iterable[Mention], predicted: Iterable[Mention]) -> list[tuple[Mention, Mention]]:
    """The pairs of a maximum one-to-one matching of mentions that overlap under the same label.

    The mentions are cut into groups that cannot touch each other first: nearly all groups are one pair.
    """
    pairs: list[tuple[Mention, Mention]] = []
    for left, right in _touching_groups(gold, predicted):
        if len(left) == 1 and len(right) == 1:
            if overlaps(left[0][1], right[0][1]):
                pairs.append((left[0], right[0]))
            continue
        edges = [[j for j, other in enumerate(right) if overlaps(one[1], other[1])] for one in left]
        pairs += [(left[i], right[j]) for i, j in maximum_matching(edges)]
    return pairs


def _touching_groups(
    gold: Iterable[Mention], predicted: Iterable[Mention]
) -> list[tuple[list[Mention], list[Mention]]]:
    """Groups with mentions of both sides, such that mentions of two groups never overlap under the same label."""
    items = [(mention, 0) for mention in gold] + [(mention, 1) for mention in predicted]
    items.sort()
    groups: list[tuple[list[Mention], list[Mention]]] = []
    group: tuple[list[Mention], list[Mention]] = ([], [])
    label, reach = "", -1
    for mention, side in items:
        spans = mention[1]
        if spans[0][0] >= reach or mention[0] != label:
            if group[0] and group[1]:
                groups.append(group)
            group = ([], [])
            label, reach = mention[0], -1
        group[side].append(mention)
        end = spans[-1][1]
        reach = max(reach, end)
    if group[0] and group[1]:
        groups.append(group)
    return groups


def maximum_matching(edges: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """A maximum matching of a bipartite graph, as (left, right) pairs; `edges[i]` are the right nodes of left `i`.

    Breadth-first augmenting paths (Kuhn 1955; Hopcroft and Karp 1973): no recursion, so that long chains are safe.
    """
    left_of: dict[int, int] = {}
    right_of: dict[int, int] = {}
    for root in range(len(edges)):
        came_from: dict[int, int] = {}
        free = _free_right(root, edges, left_of, came_from)
        while free is not None:  # flip the path that led there
            left = came_from[free]
            before = right_of.get(left)
            left_of[free], right_of[left] = left, free
            free = before
    return sorted(right_of.items())


def _free_right(
    root: int, edges: Sequence[Sequence[int]], left_of: Mapping[int, int], came_from: dict[int, int]
) -> int | None:
    """The first unmatched right node that an alternating path from `root` reaches; fills `came_from`."""
    queue = [root]
    for left in queue:
        for right in edges[left]:
            if right not in came_from:
                came_from[right] = left
                if right not in left_of:
                    return right
                queue.append(left_of[right])
    return None
