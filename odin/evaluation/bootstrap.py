"""How sure a score is: document bootstrap intervals, and a p-value for the difference of two systems.

Documents, not mentions, are drawn with replacement, as mentions of a document are not independent (Efron and Tibshirani
1993; for language data Berg-Kirkpatrick and others 2012, "An Empirical Investigation of Statistical Significance in
NLP"). Only counts are drawn, never scored again, so that a thousand resamples take a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from odin.errors import InputError
from odin.evaluation.matching import Rows
from odin.evaluation.scores import Counts, DocumentRow, LabelScores

if TYPE_CHECKING:
    import numpy as np

Interval = tuple[float, float]
MEASURES = ("precision", "recall", "f1")
CHUNK_CELLS = 4_000_000
"""At most so many drawn counts are held at a time."""


@dataclass(frozen=True)
class Intervals:
    """The interval of precision, recall and f1; None where the measure is not defined."""

    micro: Mapping[str, Interval | None] = field(default_factory=dict)
    macro: Mapping[str, Interval | None] = field(default_factory=dict)
    per_label: Mapping[str, Mapping[str, Interval | None]] = field(default_factory=dict)


def bootstrap(scores: LabelScores, *, resamples: int = 1000, seed: int = 0, confidence: float = 0.95) -> Intervals:
    """Percentile intervals of every measure of `scores`; a seed gives the same in whatever order documents came.

    Empty where there are fewer than two documents, or too many for their rows to have been kept.
    """
    if not scores.rows or sum(scores.rows.values()) < 2:
        return Intervals()
    import numpy as np

    labels = sorted(scores.per_label)
    sums = _resampled_sums(scores.rows, labels, resamples, seed)
    per_label = _measures(sums)
    macro = {name: _nanmean(values) for name, values in per_label.items()}
    micro = _measures(sums.sum(axis=1))
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]

    def interval(values: np.ndarray) -> Interval | None:
        defined = values[~np.isnan(values)]
        if not defined.size:
            return None
        low, high = np.quantile(defined, tails)
        return float(low), float(high)

    return Intervals(
        micro={name: interval(micro[name]) for name in MEASURES},
        macro={name: interval(macro[name]) for name in MEASURES},
        per_label={
            label: {name: interval(per_label[name][:, place]) for name in MEASURES}
            for place, label in enumerate(labels)
        },
    )


@dataclass(frozen=True)
class Comparison:
    """How much better the second of two systems is in micro F1 on the same documents."""

    first: float | None
    second: float | None
    difference: float | None
    interval: Interval | None
    p_value: float | None
    """Two-sided; None where a score is not defined."""


def compare(first: Sequence[Rows], second: Sequence[Rows], *, resamples: int = 10_000, seed: int = 0) -> Comparison:
    """The paired bootstrap over documents: each resample draws the same documents for both systems.

    `first` and `second` are the rows of the same documents in the same order. The p-value is twice the share of
    resamples in which the sign of the difference turns or the difference vanishes, at most 1 (one is added to both
    counts, so that it is never 0). Raises InputError where the numbers of documents differ.
    """
    if len(first) != len(second):
        raise InputError(f"{len(first)} documents of the first system against {len(second)} of the second")
    if not first:
        return Comparison(None, None, None, None, None)
    import numpy as np

    counts = np.array([[*_micro(one), *_micro(two)] for one, two in zip(first, second, strict=True)], dtype=float)
    scores = [Counts(*map(int, counts[:, side : side + 3].sum(axis=0))).f1 for side in (0, 3)]
    if scores[0] is None or scores[1] is None:
        return Comparison(scores[0], scores[1], None, None, None)
    drawn = draw_sums(np.ones(len(counts), dtype=np.int64), counts, resamples, seed)
    differences = _measures(drawn[:, 3:])["f1"] - _measures(drawn[:, :3])["f1"]
    differences = differences[~np.isnan(differences)]
    against = min((differences <= 0).sum(), (differences >= 0).sum())
    low, high = np.quantile(differences, [0.025, 0.975])
    return Comparison(
        scores[0],
        scores[1],
        scores[1] - scores[0],
        (float(low), float(high)),
        float(min(1.0, 2 * (against + 1) / (differences.size + 1))),
    )


def compare_groups(
    first: Sequence[Rows], second: Sequence[Rows], *, resamples: int = 1000, seed: int = 0
) -> Interval | None:
    """The 95 % interval of how much higher micro F1 is on the second group of (other) documents; None for too few.

    Each group is resampled by itself. None where a group has fewer than two documents.
    """
    if min(len(first), len(second)) < 2:
        return None
    import numpy as np

    groups = [np.array([_micro(rows) for rows in group], dtype=float) for group in (first, second)]
    drawn = [
        _measures(draw_sums(np.ones(len(group), dtype=np.int64), group, resamples, seed + place))["f1"]
        for place, group in enumerate(groups)
    ]
    low, high = np.nanquantile(drawn[1] - drawn[0], [0.025, 0.975])
    return float(low), float(high)


def _resampled_sums(rows: Mapping[DocumentRow, int], labels: list[str], resamples: int, seed: int) -> np.ndarray:
    """Drawn sums `(resamples, labels, 3)`. Equal documents are drawn together: the draw is multinomial over rows."""
    import numpy as np

    places = {label: place for place, label in enumerate(labels)}
    distinct = sorted(rows)
    counts = np.zeros((len(distinct), len(labels) * 3))
    for index, row in enumerate(distinct):
        for label, *values in row:
            start = places[label] * 3
            counts[index, start : start + 3] = values
    times = np.array([rows[row] for row in distinct], dtype=np.int64)
    return draw_sums(times, counts, resamples, seed).reshape(resamples, len(labels), 3)


def draw_sums(times: np.ndarray, counts: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Sums of `counts` `(rows, columns)` over draws of `times.sum()` documents: `(resamples, columns)`."""
    import numpy as np

    random = np.random.default_rng(seed)
    shares = times / times.sum()
    step = max(1, CHUNK_CELLS // len(times))
    parts = []
    for start in range(0, resamples, step):
        drawn = random.multinomial(int(times.sum()), shares, size=min(step, resamples - start))
        parts.append(drawn @ counts)
    return np.concatenate(parts)


def _measures(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall and f1 of counts `(..., 3)`; NaN where not defined."""
    import numpy as np

    right, much, few = counts[..., 0], counts[..., 1], counts[..., 2]
    with np.errstate(invalid="ignore"):
        return {
            "precision": right / (right + much),
            "recall": right / (right + few),
            "f1": 2 * right / (2 * right + much + few),
        }


def _nanmean(values: np.ndarray) -> np.ndarray:
    """The mean over labels `(resamples, labels)` of what is defined; NaN where nothing is."""
    import numpy as np

    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0).sum(axis=1) / defined.sum(axis=1)


def _micro(rows: Rows) -> tuple[int, int, int]:
    return (
        sum(row[0] for row in rows.values()),
        sum(row[1] for row in rows.values()),
        sum(row[2] for row in rows.values()),
    )
