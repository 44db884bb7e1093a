"""Which mentions could be related, and what their places tell: candidates and features of the relation head."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from odin.extraction.windows import Word

MAX_PAIR_WORDS = 250
"""Mentions further apart than this are not paired at mention level."""

# Sizes of the embedding tables, one a feature, in the order of `features`.
FEATURE_SIZES = (26, 14, 14, 8, 4, 3)
_STEPS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 96)
_SENTENCE_END = frozenset(".?!;")


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention in words: `start` to `end` (exclusive), and the index of its label in the label set."""

    start: int
    end: int
    label: int


@dataclass(frozen=True)
class Layout:
    """Line and sentence number of each word."""

    line: Sequence[int]
    sentence: Sequence[int]


def layout(words: Sequence[Word]) -> Layout:
    """Number lines and sentences. A full stop between digits or before a lower-case word ends no sentence."""
    lines, sentences, line, sentence = [], [], 0, 0
    for i, word in enumerate(words):
        lines.append(line)
        sentences.append(sentence)
        following = words[i + 1] if i + 1 < len(words) else None
        spaced = following is not None and following.start > word.end
        if word.line_breaks:
            line += word.line_breaks
            sentence += 1
        elif word.text in _SENTENCE_END and spaced and following and following.shape != 0:
            sentence += 1
    return Layout(lines, sentences)


def candidate_pairs(
    mentions: Sequence[Mention], allowed: Collection[tuple[int, int]], *, max_words: int = MAX_PAIR_WORDS
) -> list[tuple[int, int]]:
    """(head, tail) indices of mentions whose labels may be related and that are near enough."""
    return [
        (i, j)
        for i, head in enumerate(mentions)
        for j, tail in enumerate(mentions)
        if i != j
        and (head.label, tail.label) in allowed
        and max(head.start, tail.start) - min(head.end, tail.end) <= max_words
    ]


def features(mentions: Sequence[Mention], pairs: Sequence[tuple[int, int]], place: Layout) -> list[tuple[int, ...]]:
    """One row of small integers a pair: signed distances in words, lines and sentences, mentions between, nearest."""
    starts = sorted(mention.start for mention in mentions)
    nearest = _nearest(mentions, pairs)
    rows: list[tuple[int, ...]] = []
    for head, tail in pairs:
        a, b = mentions[head], mentions[tail]
        left, right = (a, b) if a.start <= b.start else (b, a)
        between = _count_between(starts, left.end, right.start)
        rows.append(
            (
                _signed(max(0, right.start - left.end), a.start <= b.start, 13),
                _signed(place.line[right.start] - place.line[left.start], a.start <= b.start, 7),
                _signed(place.sentence[right.start] - place.sentence[left.start], a.start <= b.start, 7),
                min(between, 7),
                2 * (nearest[0].get(head) == tail) + (nearest[1].get(tail) == head),
                0 if left.end <= right.start else 1 if left.end >= right.end else 2,
            )
        )
    return rows


def _nearest(mentions: Sequence[Mention], pairs: Sequence[tuple[int, int]]) -> tuple[dict[int, int], dict[int, int]]:
    """For each head its nearest tail among the pairs, and for each tail its nearest head."""
    best: tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]] = ({}, {})
    for head, tail in pairs:
        gap = max(mentions[head].start, mentions[tail].start) - min(mentions[head].end, mentions[tail].end)
        for side, (own, other) in enumerate(((head, tail), (tail, head))):
            if own not in best[side] or gap < best[side][own][0]:
                best[side][own] = (gap, other)
    return (
        {own: other for own, (_, other) in best[0].items()},
        {own: other for own, (_, other) in best[1].items()},
    )


def _count_between(starts: list[int], left: int, right: int) -> int:
    return max(0, bisect_left(starts, right) - bisect_left(starts, left))


def _signed(distance: int, forward: bool, buckets: int) -> int:
    """A bucket of a distance >= 0; the second half of the table is for pairs whose head comes last."""
    return min(bisect_left(_STEPS, distance), buckets - 1) + (0 if forward else buckets)
