"""Cohen's kappa from counts of (first's category, second's category), with document bootstrap intervals.

Cohen 1960, "A coefficient of agreement for nominal scales". Two who agree on 45 of 50 items, with 0.5 expected by
chance: (0.9 - 0.5) / (1 - 0.5) = 0.8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from odin.evaluation.bootstrap import Interval, draw_sums

if TYPE_CHECKING:
    import numpy as np

Category = frozenset[str]
"""The labels that an item carries, none or several."""
Confusion = Counter[tuple[Category, Category]]
"""How often the first reviewer chose the one category where the second chose the other."""


def kappa(confusion: Confusion) -> float | None:
    """Kappa; None where nothing was judged, or both put everything in one category, so that chance explains it all."""
    import numpy as np

    table = _tables([confusion])[0].sum(axis=0)
    value = float(_kappa(table[np.newaxis])[0])
    return None if np.isnan(value) else value


def kappa_interval(
    documents: Iterable[Confusion], *, resamples: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Interval | None:
    """The percentile interval over resampled documents; None for fewer than two, or where kappa is not defined."""
    import numpy as np

    found = [document for document in documents if document]
    if len(found) < 2 or kappa(total(found)) is None:
        return None
    tables, size = _tables(found)
    flat = tables.reshape(len(found), -1)
    flat = flat[np.lexsort(flat.T[::-1])]  # so that the order of documents does not matter
    drawn = draw_sums(np.ones(len(flat), dtype=np.int64), flat, resamples, seed).reshape(resamples, size, size)
    values = _kappa(drawn)
    low, high = np.nanquantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def total(documents: Iterable[Confusion]) -> Confusion:
    """The sum of confusions."""
    out: Confusion = Counter()
    for document in documents:
        out.update(document)
    return out


def with_label(confusion: Confusion, label: str) -> Confusion:
    """The confusion of one label alone: an item has it or not."""
    out: Confusion = Counter()
    for (first, second), count in confusion.items():
        out[first & {label}, second & {label}] += count
    return out


def _tables(documents: list[Confusion]) -> tuple[np.ndarray, int]:
    """Square tables `(documents, categories, categories)` over the categories that occur, and how many those are."""
    import numpy as np

    categories = sorted({category for document in documents for pair in document for category in pair}, key=sorted)
    places = {category: place for place, category in enumerate(categories)}
    tables = np.zeros((len(documents), len(places), len(places)))
    for number, document in enumerate(documents):
        for (first, second), count in document.items():
            tables[number, places[first], places[second]] += count
    return tables, len(places)


def _kappa(tables: np.ndarray) -> np.ndarray:
    """Kappa of tables `(resamples, categories, categories)`; NaN where it is not defined."""
    import numpy as np

    count = tables.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.trace(tables, axis1=1, axis2=2) / count
        chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / count**2
        return np.where(1 - chance > 1e-12, (observed - chance) / (1 - chance), np.nan)
