"""Scores of predictions against gold.

    evaluator = NERREvaluator(matching_mode="partial")
    evaluator.evaluate_entities(predictions, gold)

`odin.evaluation.scoring.score_documents` gives every way of matching at once.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TextIO

from odin.errors import InputError
from odin.evaluation import matching, relations
from odin.evaluation.annotations import Annotations, annotations_of, symmetric_labels
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.pairing import pair_documents
from odin.evaluation.report import TITLES, label_table
from odin.evaluation.scores import Counts, LabelScores, Scores, Tally
from odin.evaluation.scoring import score_documents
from odin.schema import Document

__all__ = ["Counts", "LabelScores", "NERREvaluator", "Scores", "score_documents"]

Documents = Iterable[Document | Mapping[str, Any]]
"""Documents, or their native JSON form."""

ENTITY_MATCHING = {"exact": matching.exact, "partial": matching.partial, "type": matching.type_counts}


class NERREvaluator:
    """Evaluates entities and relations under one way of matching, and prints each result as a table.

    matching_mode "exact": mentions need the same span and label, relations both endpoints so; "partial": mentions need
    overlap and the same label, one to one, relations such endpoints; "type": only how many of each label a document has
    counts. Each result is `{"precision", "recall", "f1", "true_positives", "false_positives", "false_negatives"}`, a
    ratio with nothing to divide by None. Documents are matched by id; one without a prediction counts as empty.

    Raises InputError for an unknown mode, an id that stands twice, a predicted document without gold, or other text.
    """

    def __init__(
        self,
        matching_mode: str = "exact",
        *,
        symmetric: Collection[str] | None = None,
        resamples: int = 1000,
        output: TextIO | None = None,
    ) -> None:
        """`symmetric` relation labels have no direction (None: those of the project's label sets)."""
        if matching_mode not in ENTITY_MATCHING:
            raise InputError(f"unknown matching mode {matching_mode!r}: choose one of {', '.join(ENTITY_MATCHING)}")
        self.matching_mode = matching_mode
        self._symmetric = symmetric_labels() if symmetric is None else frozenset(symmetric)
        self._resamples = resamples
        self._output = output

    def evaluate_entities(self, predictions: Documents, gold: Documents) -> dict[str, Any]:
        """The micro scores of the mentions."""
        return self._entities(predictions, gold).micro.to_json()

    def evaluate_entities_per_type(self, predictions: Documents, gold: Documents) -> dict[str, dict[str, Any]]:
        """The scores of the mentions of each label."""
        per_label = self._entities(predictions, gold).per_label
        return {label: counts.to_json() for label, counts in per_label.items()}

    def evaluate_relations(self, predictions: Documents, gold: Documents) -> dict[str, Any]:
        """The micro scores of the relations."""
        tally = Tally()
        for left, right in self._pairs(predictions, gold):
            tally.add(self._relation_rows(left, right))
        titles = {"exact": TITLES["strict"], "partial": TITLES["overlapping"], "type": "Relations, type (label counts)"}
        return self._print(titles[self.matching_mode], tally.scores()).micro.to_json()

    def _relation_rows(self, gold: Annotations, predicted: Annotations) -> matching.Rows:
        if self.matching_mode == "exact":
            return relations.strict(gold.relations, predicted.relations)
        if self.matching_mode == "partial":
            return relations.overlapping(gold.relations, predicted.relations, self._symmetric)
        return matching.type_counts(gold.relations, predicted.relations)

    def _entities(self, predictions: Documents, gold: Documents) -> LabelScores:
        tally = Tally()
        for left, right in self._pairs(predictions, gold):
            tally.add(ENTITY_MATCHING[self.matching_mode](left.mentions, right.mentions))
        return self._print(TITLES[self.matching_mode], tally.scores())

    def _pairs(self, predictions: Documents, gold: Documents) -> Iterable[tuple[Annotations, Annotations]]:
        for left, right in pair_documents(map(_document, gold), map(_document, predictions)):
            yield annotations_of(left, self._symmetric), annotations_of(right, self._symmetric)

    def _print(self, title: str, scores: LabelScores) -> LabelScores:
        intervals = bootstrap(scores, resamples=self._resamples) if self._resamples else None
        (self._output or sys.stdout).write(label_table(title, scores, intervals) + "\n")
        return scores


def _document(value: Document | Mapping[str, Any]) -> Document:
    return value if isinstance(value, Document) else Document.from_json(value)
