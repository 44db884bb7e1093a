"""How far two sets of documents differ: synthetic against real, new notes against those of training.

Jensen-Shannon divergence in bits (0 the same, 1 nothing in common; Lin 1991), population stability index over scores
(below 0.1 stable, above 0.25 shifted), and how well a classifier tells the sets apart by words (AUC 0.5: it cannot).
"""

from __future__ import annotations

import math
import random
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from odin.evaluation.sections import section_of, section_starts
from odin.schema import Document

Key = TypeVar("Key", bound=Hashable)
_WORD = re.compile(r"[^\W\d_]+|\d+")
LENGTH_BINS = (0, 25, 50, 100, 200, 400, 800, 1600)
"""Lower bounds of the bins of note length in words."""
FOLDS = 5


@dataclass(frozen=True)
class Drift:
    """The differences of two sets of documents; None where one of them has nothing to compare."""

    labels: float | None
    """Jensen-Shannon divergence in bits over entity labels; the next six likewise."""
    relations: float | None
    assertions: float | None
    sections: float | None
    """Over the sections that mentions stand in."""
    vocabulary: float | None
    length: float | None
    classifier_auc: float | None
    """Of telling the sets apart by their words, cross-validated over documents."""
    score_stability: float | None
    """Population stability index over entity scores."""
    most_different_words: tuple[tuple[str, float], ...] = ()
    """Words with their part of the vocabulary divergence, positive where the second set has more of them."""


def drift(first: Sequence[Document], second: Sequence[Document], *, seed: int = 0) -> Drift:
    """How far the second set differs from the first."""
    words = [[_words(document) for document in side] for side in (first, second)]
    bags = _total(words[0]), _total(words[1])
    sides = (first, second)
    return Drift(
        labels=jensen_shannon(*(Counter(e.label for d in side for e in d.entities) for side in sides)),
        relations=jensen_shannon(*(Counter(r.label for d in side for r in d.relations) for side in sides)),
        assertions=jensen_shannon(
            *(Counter(e.assertion for d in side for e in d.entities if e.assertion) for side in sides)
        ),
        sections=jensen_shannon(*map(_sections, sides)),
        vocabulary=jensen_shannon(*bags),
        length=jensen_shannon(*(Counter(bisect_right(LENGTH_BINS, bag.total()) for bag in side) for side in words)),
        classifier_auc=classifier_auc(*words, seed=seed),
        score_stability=stability_index(
            *([e.score for d in side for e in d.entities if e.score is not None] for side in sides)
        ),
        most_different_words=_most_different(*bags),
    )


def jensen_shannon(first: Mapping[Key, int], second: Mapping[Key, int]) -> float | None:
    """The Jensen-Shannon divergence of two counts, in bits; None where one is empty. {a: 1} and {b: 1}: 1."""
    parts = divergence_parts(first, second)
    return None if parts is None else min(1.0, max(0.0, sum(parts.values())))


def divergence_parts(first: Mapping[Key, int], second: Mapping[Key, int]) -> dict[Key, float] | None:
    """What each key adds to the divergence, in bits."""
    sizes = sum(first.values()), sum(second.values())
    if not all(sizes):
        return None
    parts = {}
    for key in first.keys() | second.keys():
        p, q = first.get(key, 0) / sizes[0], second.get(key, 0) / sizes[1]
        middle = (p + q) / 2
        parts[key] = sum(share * math.log2(share / middle) / 2 for share in (p, q) if share)
    return parts


def stability_index(first: Sequence[float], second: Sequence[float], *, bins: int = 10) -> float | None:
    """The population stability index over `bins` equal bins of [0, 1]; None where a side has no score.

    Half a score is added to each bin, so that an empty one does not make it infinite.
    """
    if not first or not second:
        return None
    shares = []
    for side in (first, second):
        counts = Counter(min(int(score * bins), bins - 1) for score in side)
        shares.append([(counts[place] + 0.5) / (len(side) + 0.5 * bins) for place in range(bins)])
    return sum((q - p) * math.log(q / p) for p, q in zip(*shares, strict=True))


def classifier_auc(first: Sequence[Counter[str]], second: Sequence[Counter[str]], *, seed: int = 0) -> float | None:
    """The AUC of naive Bayes over words at telling second from first, in cross-validation; None for too few.

    Each side needs a document in every fold.
    """
    if min(len(first), len(second)) < FOLDS:
        return None
    order = random.Random(seed)
    folds = []
    for side in (first, second):
        places = [place % FOLDS for place in range(len(side))]
        order.shuffle(places)
        folds.append(places)
    scores: tuple[list[float], list[float]] = ([], [])
    for fold in range(FOLDS):
        weights = _word_weights(
            *(
                _total(bag for bag, place in zip(side, places, strict=True) if place != fold)
                for side, places in zip((first, second), folds, strict=True)
            )
        )
        for number, side in enumerate((first, second)):
            held_out = (bag for bag, place in zip(side, folds[number], strict=True) if place == fold)
            scores[number].extend(_log_odds(bag, weights) for bag in held_out)
    return area_under_curve(*scores)


def area_under_curve(negatives: Sequence[float], positives: Sequence[float]) -> float | None:
    """The share of (negative, positive) pairs in which the positive scores higher; ties count half."""
    if not negatives or not positives:
        return None
    ordered = sorted(negatives)
    wins = sum((bisect_left(ordered, score) + bisect_right(ordered, score)) / 2 for score in positives)
    return wins / (len(negatives) * len(positives))


def _word_weights(first: Counter[str], second: Counter[str]) -> dict[str, float]:
    size = len(first.keys() | second.keys())
    totals = first.total() + size, second.total() + size
    return {
        word: math.log((second[word] + 1) / totals[1]) - math.log((first[word] + 1) / totals[0])
        for word in first.keys() | second.keys()
    }


def _log_odds(bag: Counter[str], weights: Mapping[str, float]) -> float:
    return sum(count * weights.get(word, 0.0) for word, count in bag.items()) / max(1, bag.total())


def _total(bags: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for bag in bags:
        total.update(bag)
    return total


def _words(document: Document) -> Counter[str]:
    return Counter(word.lower() for word in _WORD.findall(document.text))


def _sections(documents: Iterable[Document]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for document in documents:
        starts = section_starts(document.text)
        counts.update(section_of(starts, entity.start) for entity in document.entities)
    return counts


def _most_different(first: Counter[str], second: Counter[str], count: int = 20) -> tuple[tuple[str, float], ...]:
    parts = divergence_parts(first, second) or {}
    chosen = sorted(parts, key=lambda word: (-parts[word], word))[:count]
    more = {word: second[word] * first.total() >= first[word] * second.total() for word in chosen}
    return tuple((word, parts[word] if more[word] else -parts[word]) for word in chosen)
