"""Counts and the ratios made of them: precision, recall and F1, per label, micro and macro.

A ratio with nothing to divide by is None (`null` in JSON), never 0 or 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from odin.evaluation.matching import Rows

DocumentRow = tuple[tuple[str, int, int, int], ...]
"""One document's (label, true positives, false positives, false negatives), sorted by label."""

MAX_DISTINCT_ROWS = 100_000
"""Beyond so many distinct documents no rows are kept, so that memory stays flat; intervals are then undefined."""


@dataclass(frozen=True)
class Counts:
    """How many are right, too many and too few. `Counts(6, 2, 4)`: precision 0.75, recall 0.6, F1 0.667."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    @property
    def support(self) -> int:
        """How many gold has."""
        return self.true_positives + self.false_negatives

    @property
    def precision(self) -> float | None:
        """The share of the predicted that is right; None where nothing was predicted."""
        return ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float | None:
        """The share of gold that was found; None where gold has none."""
        return ratio(self.true_positives, self.support)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN), which is their harmonic mean; None where neither side has any."""
        return ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
        )

    def to_json(self) -> dict[str, Any]:
        """The ratios and the counts."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1} | vars(self)


@dataclass(frozen=True)
class Macro:
    """The means over labels of precision, recall and F1, each over the labels for which it is defined."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class LabelScores:
    """The counts of each label under one way of matching, and of each document for the bootstrap."""

    per_label: Mapping[str, Counts]
    rows: Mapping[DocumentRow, int] | None = field(default=None, repr=False)
    """How many documents have that row; None where there were too many to keep."""

    @property
    def micro(self) -> Counts:
        """The sums over labels."""
        return sum(self.per_label.values(), Counts())

    @property
    def macro(self) -> Macro:
        """The means over labels."""
        counts = self.per_label.values()
        return Macro(*(mean([getattr(c, name) for c in counts]) for name in ("precision", "recall", "f1")))

    def to_json(self) -> dict[str, Any]:
        """`{"micro", "macro", "per_label"}`; the counts under macro are the sums, its ratios the means."""
        micro = self.micro.to_json()
        return {
            "micro": micro,
            "macro": micro | vars(self.macro),
            "per_label": {label: self.per_label[label].to_json() for label in sorted(self.per_label)},
        }


@dataclass
class Tally:
    """Adds up the rows of documents, in flat memory."""

    totals: dict[str, list[int]] = field(default_factory=dict)
    """Counts by label of the documents that are not in `rows`."""
    rows: Counter[DocumentRow] | None = field(default_factory=Counter)

    def add(self, rows: Rows) -> None:
        """Take one document's rows."""
        if self.rows is None:
            self._count(((label, a, b, c) for label, (a, b, c) in rows.items()), 1)
            return
        self.rows[tuple(sorted((label, a, b, c) for label, (a, b, c) in rows.items()))] += 1
        if len(self.rows) > MAX_DISTINCT_ROWS:
            self._drop_rows()

    def merge(self, other: Tally) -> None:
        """Take what another tally has added up."""
        self._count(((label, a, b, c) for label, (a, b, c) in other.totals.items()), 1)
        if other.rows is None or self.rows is None or len(self.rows) + len(other.rows) > MAX_DISTINCT_ROWS:
            self._drop_rows()
        if self.rows is not None and other.rows is not None:
            self.rows.update(other.rows)
        elif other.rows is not None:
            for row, times in other.rows.items():
                self._count(row, times)

    def scores(self) -> LabelScores:
        """The scores of what was added."""
        whole = Tally({label: list(counts) for label, counts in self.totals.items()}, self.rows)
        whole._drop_rows()
        return LabelScores({label: Counts(*whole.totals[label]) for label in sorted(whole.totals)}, self.rows)

    def _drop_rows(self) -> None:
        for row, times in (self.rows or {}).items():
            self._count(row, times)
        self.rows = None

    def _count(self, row: Iterable[tuple[str, int, int, int]], times: int) -> None:
        for label, *counts in row:
            total = self.totals.setdefault(label, [0, 0, 0])
            for place, count in enumerate(counts):
                total[place] += count * times


@dataclass(frozen=True)
class Accuracy:
    """How many of `total` are right."""

    correct: int
    total: int

    @property
    def value(self) -> float | None:
        """The share that is right; None where there was nothing to judge."""
        return ratio(self.correct, self.total)


@dataclass(frozen=True)
class Scores:
    """Everything that is counted of a set of documents. `to_json` is what `python -m odin evaluate --json` prints."""

    documents: int
    entities: Mapping[str, LabelScores]
    """By matching: exact, partial, type."""
    relations: Mapping[str, LabelScores]
    """By matching: strict, boundaries."""
    concept_relations: LabelScores
    """Concept pairs with their labels."""
    concept_pairs: LabelScores
    """Concept pairs, whatever their labels."""
    assertions: LabelScores
    """Assertion values of the mentions that both sides have (exact span and label) and gold asserts."""

    @property
    def assertion_accuracy(self) -> Accuracy:
        """The share of found mentions whose assertion is right."""
        micro = self.assertions.micro
        return Accuracy(micro.true_positives, micro.support)

    def to_json(self) -> dict[str, Any]:
        """The stable form: documents, entities, relations, concept_relations."""
        return {
            "documents": self.documents,
            "entities": {name: scores.to_json() for name, scores in self.entities.items()},
            "relations": {name: scores.to_json() for name, scores in self.relations.items()},
            "concept_relations": self.concept_relations.to_json(),
        }


def ratio(part: float, whole: float) -> float | None:
    """`part / whole`; None where there is nothing to divide by."""
    return part / whole if whole else None


def mean(values: list[float | None]) -> float | None:
    """The mean of the values that are defined; None where none is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
