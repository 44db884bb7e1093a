"""A figure over several seeds: the mean, and by Student's t how far it may be from the mean over all seeds."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Any

CONFIDENCE = 0.95


def mean_with_interval(values: Sequence[float]) -> dict[str, Any]:
    """The mean and its interval: of 0.5 and 0.7 it is 0.6 and (-0.671, 1.871); no interval for one value."""
    if not values:
        return {"mean": None, "interval": None, "seeds": 0}
    mean = fmean(values)
    if len(values) < 2:
        return {"mean": mean, "interval": None, "seeds": 1}
    from scipy.stats import t

    half = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * stdev(values) / sqrt(len(values))
    return {"mean": mean, "interval": (mean - half, mean + half), "seeds": len(values)}
