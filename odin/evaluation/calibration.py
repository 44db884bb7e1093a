"""Do scores mean what they say? Reliability, expected calibration error, and what a threshold gives.

Expected calibration error: the mean over equally wide bins of |mean score - share right|, weighted by how many fall in
(Naeini and others 2015, doi:10.1609/aaai.v29i1.9602).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from odin.evaluation.errors import Judged
from odin.evaluation.scores import Counts

Outcome = tuple[float, bool]
"""(score, whether it is right) of a prediction."""


@dataclass(frozen=True)
class Bin:
    """The predictions whose score lies in [low, high), the last bin with its end."""

    low: float
    high: float
    count: int
    mean_score: float | None
    share_right: float | None


def outcomes(judged: Iterable[Judged[Any]]) -> list[Outcome]:
    """The score of each prediction that has one, and whether it is right."""
    return [
        (one.predicted.score, one.kind is None)
        for one in judged
        if one.predicted is not None and one.predicted.score is not None
    ]


def reliability(found: Sequence[Outcome], *, bins: int = 10) -> list[Bin]:
    """The bins of the reliability diagram, from low to high; empty ones have no mean."""
    members: list[list[Outcome]] = [[] for _ in range(bins)]
    for score, right in found:
        members[min(int(score * bins), bins - 1)].append((score, right))
    return [
        Bin(
            place / bins,
            (place + 1) / bins,
            len(items),
            sum(score for score, _ in items) / len(items) if items else None,
            sum(right for _, right in items) / len(items) if items else None,
        )
        for place, items in enumerate(members)
    ]


def expected_calibration_error(found: Sequence[Outcome], *, bins: int = 10) -> float | None:
    """The expected calibration error; None without predictions. Ten of score 0.9 of which 7 are right: 0.2."""
    if not found:
        return None
    gaps = [
        one.count * abs(one.mean_score - one.share_right)
        for one in reliability(found, bins=bins)
        if one.mean_score is not None and one.share_right is not None
    ]
    return sum(gaps) / len(found)


def precision_recall(found: Sequence[Outcome], gold: int) -> list[tuple[float, Counts]]:
    """(threshold, counts of what scores at least that), from the highest threshold to the lowest; `gold` in all."""
    curve = []
    right = 0
    ordered = sorted(found, reverse=True)
    for place, (score, correct) in enumerate(ordered, 1):
        right += correct
        if place == len(ordered) or ordered[place][0] != score:
            curve.append((score, Counts(right, place - right, gold - right)))
    return curve


def at_threshold(found: Sequence[Outcome], gold: int, threshold: float) -> Counts:
    """The counts if only predictions that score at least `threshold` were made."""
    right = [correct for score, correct in found if score >= threshold]
    return Counts(sum(right), len(right) - sum(right), gold - sum(right))


def best_threshold(found: Sequence[Outcome], gold: int) -> tuple[float, Counts] | None:
    """The threshold of the highest F1, the highest one of several; None without predictions."""
    return max(precision_recall(found, gold), key=lambda one: one[1].f1 or 0, default=None)
