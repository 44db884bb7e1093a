"""Scores to annotations: which spans become mentions, and which decisions become relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from odin.extraction.groups import NONE, PairGroup, allowed_label_pairs
from odin.extraction.pairs import Mention
from odin.extraction.scaling import Scale
from odin.labels import LabelSet

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class ScoredMention:
    """A mention that was found, in words, and its probability."""

    mention: Mention
    score: float


def decode_mentions(scores: Floats, threshold: float, *, nested: bool) -> list[ScoredMention]:
    """The mentions in `scores` (words, width, labels), probabilities; spans past the end must score 0.

    The best span comes first; a span that crosses one already taken, or that covers the same words, is left out.
    With `nested`, a span of another label may lie inside or around one already taken.
    """
    starts, widths, labels = np.nonzero(scores > threshold)
    values = scores[starts, widths, labels]
    taken: list[ScoredMention] = []
    for i in np.argsort(-values, kind="stable"):
        start, end, label = int(starts[i]), int(starts[i] + widths[i] + 1), int(labels[i])
        if all(_compatible(start, end, label, other.mention, nested) for other in taken):
            taken.append(ScoredMention(Mention(start, end, label), float(values[i])))
    return sorted(taken, key=lambda item: (item.mention.start, -item.mention.end, item.mention.label))


def _compatible(start: int, end: int, label: int, other: Mention, nested: bool) -> bool:
    if end <= other.start or other.end <= start:
        return True
    if not nested or label == other.label or (start, end) == (other.start, other.end):
        return False
    return (start <= other.start and other.end <= end) or (other.start <= start and end <= other.end)


@dataclass(frozen=True)
class Decision:
    """A relation that was found: `relation` counts from 0 in the label set; `pair` is the best mention pair."""

    group: PairGroup
    relation: int
    pair: tuple[int, int]
    score: float
    """Scaled probability that the two are mentions and related at all; of a denied one, that the text denies it."""
    denied: bool = False


def group_probabilities(
    logits: Floats, groups: Sequence[PairGroup], mentions: Sequence[Mention], labels: LabelSet
) -> Floats:
    """(groups, none + labels + denied): probabilities of each decision from the logits (pairs, classes) of its pairs.

    Pairs of a group vote by log-sum-exp of their evidence against `none`. Classes that may not join the labels of the
    two mentions are ruled out.
    """
    evidence = logits - logits[:, :1]
    allowed = allowed_label_pairs(labels)
    out = np.full((len(groups), logits.shape[1]), -np.inf)
    position = 0
    for row, group in enumerate(groups):
        rows = evidence[position : position + len(group.pairs)]
        position += len(group.pairs)
        head, tail = group.pairs[0]
        possible = [*allowed[mentions[head].label, mentions[tail].label], logits.shape[1] - 1]
        peak = rows[:, possible].max(0)
        out[row, possible] = peak + np.log(np.exp(rows[:, possible] - peak).sum(0))
        out[row, NONE] = 0.0
    out = np.exp(out - out.max(1, keepdims=True))
    return out / out.sum(1, keepdims=True)


def decode_relations(
    logits: Floats,
    groups: Sequence[PairGroup],
    mentions: Sequence[ScoredMention],
    labels: LabelSet,
    scale: Scale,
    threshold: float,
) -> list[Decision]:
    """The relations whose score exceeds `threshold`; of two opposite ones on the same mentions, the likelier.

    A relation between mentions is as likely as the two are related, times the scores of the two: where a mention is
    wrong, so is all that joins it.
    Between mentions, those that the text denies come too, marked, with the label that the two would have otherwise.
    """
    if not groups:
        return []
    probabilities = group_probabilities(logits, groups, [item.mention for item in mentions], labels)
    related = probabilities[:, 1:-1].sum(1)
    denied = probabilities[:, -1]
    choice = probabilities[:, 1:-1].argmax(1)
    best: dict[frozenset[int] | tuple[str, str], Decision] = {}
    position = 0
    for row, group in enumerate(groups):
        rows = logits[position : position + len(group.pairs), choice[row] + 1]
        position += len(group.pairs)
        no = not group.head and bool(denied[row] > related[row])
        pair = group.pairs[int(rows.argmax())]
        mentioned = 1.0 if group.head else mentions[pair[0]].score * mentions[pair[1]].score
        score = scale.scaled(float(denied[row] if no else related[row]) * mentioned)
        if score <= threshold:
            continue
        key = (group.head, group.tail) if group.head else frozenset(pair)
        decision = Decision(group, int(choice[row]), pair, score, no)
        if key not in best or best[key].score < decision.score:
            best[key] = decision
    return list(best.values())
