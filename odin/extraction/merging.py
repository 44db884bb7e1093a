"""Chunks of a long document back to one: what was found in each, in the words of the whole document."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from odin.extraction.decoding import Decision, ScoredMention
from odin.extraction.pairs import Mention


@dataclass(frozen=True)
class ChunkResult:
    """What was found in one chunk that begins at word `start` and has `length` words; mentions in its own words."""

    start: int
    length: int
    mentions: Sequence[ScoredMention]
    assertions: Sequence[str | None]
    decisions: Sequence[Decision]
    """Their `pair` counts in `mentions`."""
    cues: Sequence[tuple[int, int] | None] = ()
    """The words that express each assertion, in characters of the document; empty where no assertions were asked."""
    ids: Sequence[str] = ()
    """The ids of given mentions; empty where the mentions were found here."""


@dataclass(frozen=True)
class FoundMention:
    """A mention in the words of the document."""

    mention: Mention
    score: float
    assertion: str | None
    cue: tuple[int, int] | None = None
    id: str = ""


@dataclass(frozen=True)
class FoundRelation:
    """A decision whose `head` and `tail` count in the mentions of the document."""

    decision: Decision
    head: int
    tail: int


def merge(results: Sequence[ChunkResult]) -> tuple[list[FoundMention], list[FoundRelation]]:
    """Mentions and relations of the document, each once, in text order.

    Where two chunks overlap, the border in the middle of the overlap decides which of them speaks for a mention; a
    relation counts where both of its mentions do, and its best score is kept.
    """
    places: dict[object, int] = {}
    mentions: list[FoundMention] = []
    keys: list[list[object]] = []
    borders = _borders(results)
    for result, (own_start, own_end) in zip(results, borders, strict=True):
        keys.append([])
        for i, item in enumerate(result.mentions):
            mention = Mention(item.mention.start + result.start, item.mention.end + result.start, item.mention.label)
            key = result.ids[i] if result.ids else mention
            keys[-1].append(key)
            if own_start <= mention.start < own_end and key not in places:
                places[key] = len(mentions)
                name = result.ids[i] if result.ids else ""
                cue = result.cues[i] if result.cues else None
                mentions.append(FoundMention(mention, item.score, result.assertions[i], cue, name))
    best: dict[tuple[str, str] | frozenset[int], FoundRelation] = {}
    for result, own in zip(results, keys, strict=True):
        for decision in result.decisions:
            head, tail = places.get(own[decision.pair[0]]), places.get(own[decision.pair[1]])
            if head is None or tail is None:
                continue
            group = decision.group
            joined = (group.head, group.tail) if group.head else frozenset((head, tail))
            if joined not in best or best[joined].decision.score < decision.score:
                best[joined] = FoundRelation(decision, head, tail)
    return mentions, sorted(best.values(), key=lambda item: (item.head, item.tail))


def _borders(results: Sequence[ChunkResult]) -> list[tuple[float, float]]:
    """The words that each chunk speaks for, [start, end)."""
    inner = [(left.start + left.length + right.start) // 2 for left, right in itertools.pairwise(results)]
    edges = [float("-inf"), *inner, float("inf")]
    return list(itertools.pairwise(edges))
