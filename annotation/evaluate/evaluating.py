"""An evaluation as the Evaluate tab shows it: scores, comparison, errors and curves of predicted documents."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from odin.errors import InputError
from odin.evaluation.annotations import annotations_of, symmetric_labels
from odin.evaluation.bootstrap import Comparison, compare
from odin.evaluation.calibration import Outcome, outcomes
from odin.evaluation.cooccurrence import all_pairs, false_positive_rate
from odin.evaluation.errors import Judged, judge_entities, judge_relations
from odin.evaluation.pairing import pair_documents
from odin.evaluation.scores import Accuracy, LabelScores, Scores
from odin.evaluation.scoring import count_views, score_documents
from odin.evaluation.sections import section_of, section_starts
from odin.evaluation.slices import Place, Training, values_of
from odin.labels import EntityLabel, LabelSet, RelationLabel
from odin.schema import Document, Entity, Relation

COMPARED = {
    "exact": "Entities, exact",
    "partial": "Entities, partial",
    "strict": "Relations, strict",
    "boundaries": "Relations, boundaries",
    "pair_and_label": "Concept relations, pair and label",
    "pair": "Concept pairs",
}
ERROR_COLUMNS = ("note", "what", "kind", "gold", "predicted", "score", "section")
Item = TypeVar("Item", Entity, Relation)


@dataclass(frozen=True)
class Found(Generic[Item]):
    """The judged annotations of one document."""

    gold: Document
    predicted: Document
    judged: tuple[Judged[Item], ...]


@dataclass(frozen=True)
class Error:
    """A row of the error table, and what it is about."""

    document: str
    what: str
    kind: str
    gold: str
    predicted: str
    score: float | None
    section: str
    start: int
    """Where in the text it begins: of a relation, where its head does."""
    judged: Judged[Any]

    @property
    def gold_ids(self) -> tuple[str, ...]:
        """The id of the gold annotation, where there is one."""
        return () if self.judged.gold is None else (self.judged.gold.id,)

    @property
    def predicted_ids(self) -> tuple[str, ...]:
        """The id of the predicted annotation, where there is one."""
        return () if self.judged.predicted is None else (self.judged.predicted.id,)

    @property
    def cells(self) -> tuple[str, ...]:
        """The row under ERROR_COLUMNS."""
        score = "" if self.score is None else f"{self.score:.2f}"
        return self.document, self.what, self.kind, self.gold, self.predicted, score, self.section


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Gold and predicted documents, in the same order, and everything that follows from them.

    An evaluation is equal to itself alone: the page hashes it at every step, and its documents may be many.
    """

    name: str
    pairs: tuple[tuple[Document, Document], ...]
    labels: LabelSet
    second: tuple[Document, ...] | None = None
    """The documents of another system, to compare with, in the same order."""
    training: Training | None = None
    given: tuple[Document, ...] | None = None
    """What the model predicts when it is handed the gold mentions, in the same order."""
    missing: int = 0
    """Gold documents that were not predicted; they count as predicted with nothing in them."""
    missing_second: int = 0
    """The same of the other system."""

    @classmethod
    def of(
        cls,
        name: str,
        gold: Sequence[Document],
        predicted: Iterable[Document],
        labels: LabelSet,
        *,
        second: Iterable[Document] | None = None,
        training: Training | None = None,
        given: Iterable[Document] | None = None,
    ) -> Evaluation:
        """Match the documents by id. Raises InputError where they do not fit or there is none."""
        if not gold:
            raise InputError("there is no gold document to score against")
        order = {document.id: place for place, document in enumerate(gold)}

        def in_order(side: Iterable[Document]) -> list[tuple[Document, Document]]:
            return sorted(pair_documents(gold, side), key=lambda pair: order[pair[0].id])

        found, other = list(predicted), None if second is None else list(second)
        return cls(
            name,
            tuple(in_order(found)),
            label_set_for([*gold, *found], labels),
            None if other is None else tuple(one for _, one in in_order(other)),
            training,
            None if given is None else tuple(one for _, one in in_order(given)),
            len(gold) - len(found),
            0 if other is None else len(gold) - len(other),
        )

    @cached_property
    def symmetric(self) -> frozenset[str]:
        """The relation labels without direction."""
        own = {one.label for one in self.labels.relations + self.labels.concept_relations if one.symmetric}
        return symmetric_labels() | own

    @cached_property
    def scores(self) -> Scores:
        """Every way of matching."""
        gold, predicted = ([pair[side] for pair in self.pairs] for side in (0, 1))
        return score_documents(gold, predicted, symmetric=self.symmetric)

    @cached_property
    def entities(self) -> tuple[Found[Entity], ...]:
        """The judged mentions of each document."""
        return tuple(Found(gold, found, tuple(judge_entities(gold, found))) for gold, found in self.pairs)

    @cached_property
    def relations(self) -> tuple[Found[Relation], ...]:
        """The judged relations of each document."""
        return tuple(
            Found(gold, found, tuple(judge_relations(gold, found, self.symmetric))) for gold, found in self.pairs
        )

    @cached_property
    def errors(self) -> tuple[Error, ...]:
        """Every error, mentions before relations, document by document."""
        return tuple(
            error
            for mentions, relations in zip(self.entities, self.relations, strict=True)
            for error in (*_entity_errors(mentions), *_relation_errors(relations, self.labels))
        )

    @cached_property
    def false_positives(self) -> Accuracy:
        """The co-occurrence false positives."""
        return false_positive_rate(self.pairs, self.labels, self.symmetric)

    @cached_property
    def all_pairs_baseline(self) -> LabelScores:
        """The strict relation scores of relating every pair of gold mentions that may be related."""
        gold = [pair[0] for pair in self.pairs]
        baseline = all_pairs(gold, self.labels, same_sentence=False)
        return score_documents(gold, baseline, symmetric=self.symmetric).relations["strict"]

    @cached_property
    def scores_given(self) -> Scores | None:
        """Every way of matching, of what is predicted between gold mentions; None where that was not asked."""
        if self.given is None:
            return None
        return score_documents([gold for gold, _ in self.pairs], self.given, symmetric=self.symmetric)

    def views(self) -> dict[str, LabelScores]:
        """The scores by view that have anything in them; concept relations between gold mentions where known."""
        scores, given = self.scores, self.scores_given
        concepts = given or scores
        everything = {
            **scores.entities,
            **scores.relations,
            **({"strict_given": given.relations["strict"]} if given else {}),
            "concept_relations": concepts.concept_relations,
            "concept_pairs": concepts.concept_pairs,
            "assertions": scores.assertions,
        }
        return {name: view for name, view in everything.items() if view.per_label}

    def judged(self, what: str) -> list[Judged[Any]]:
        """What is right and wrong of all documents; `what` is "mentions" or "relations", here and below."""
        found: Sequence[Found[Any]] = self.entities if what == "mentions" else self.relations
        return [one for document in found for one in document.judged]

    def outcomes(self, what: str) -> tuple[list[Outcome], int]:
        """(score, right) of each prediction, and how many gold has."""
        judged = self.judged(what)
        return outcomes(judged), sum(one.gold is not None for one in judged)

    def errors_within(self, what: str, name: str, value: str) -> frozenset[int]:
        """The places in `errors` of those that are counted under that value of a slice."""
        places = {gold.id: (Place(gold, self.training), Place(found, self.training)) for gold, found in self.pairs}
        return frozenset(
            place
            for place, error in enumerate(self.errors)
            if error.what == what.removesuffix("s") and value in values_of(name, error.judged, *places[error.document])
        )

    def comparison(self) -> dict[str, Comparison]:
        """The second system against the first, by view; empty without a second."""
        if self.second is None:
            return {}
        rows: list[list[dict[str, Any]]] = [[], []]
        for (gold, first), second in zip(self.pairs, self.second, strict=True):
            expected = annotations_of(gold, self.symmetric)
            for side, found in enumerate((first, second)):
                rows[side].append(count_views(expected, annotations_of(found, self.symmetric), self.symmetric))
        results = {view: compare(*([one[view] for one in side] for side in rows), resamples=2000) for view in COMPARED}
        return {view: result for view, result in results.items() if result.difference is not None}

    def to_json(self) -> str:
        """The scores as `python -m odin evaluate --json` prints them."""
        return json.dumps(self.scores.to_json(), indent=2) + "\n"

    def errors_csv(self) -> str:
        """The error table as CSV."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(ERROR_COLUMNS)
        writer.writerows(error.cells for error in self.errors)
        return out.getvalue()


def label_set_for(documents: Iterable[Document], labels: LabelSet) -> LabelSet:
    """`labels` if it knows every label of the documents, else one made of the labels that occur."""
    documents = list(documents)
    entities = sorted({entity.label for document in documents for entity in document.entities})
    pairs: dict[str, set[tuple[str, str]]] = {}
    for document in documents:
        for relation in document.relations:
            ends = document.entity_by_id[relation.head].label, document.entity_by_id[relation.tail].label
            pairs.setdefault(relation.label, set()).add(ends)
    if set(entities) <= set(labels.entity_labels) and pairs.keys() <= set(labels.relation_labels):
        return labels
    return LabelSet(
        "the labels of the files",
        tuple(map(EntityLabel, entities)),
        tuple(RelationLabel(label, tuple(sorted(ends))) for label, ends in sorted(pairs.items())),
    )


def count_kinds(errors: Iterable[Error]) -> list[tuple[str, str, int]]:
    """(what, kind, how many), the most frequent first."""
    counts = Counter((error.what, error.kind) for error in errors)
    return [(what, kind, count) for (what, kind), count in counts.most_common()]


def _entity_errors(found: Found[Entity]) -> Iterator[Error]:
    sections = section_starts(found.gold.text)
    for one in found.judged:
        place = one.gold or one.predicted
        if one.kind is None or place is None:
            continue
        yield Error(
            one.document,
            "mention",
            one.kind,
            _say_entity(found.gold, one.gold),
            _say_entity(found.predicted, one.predicted),
            one.predicted.score if one.predicted else None,
            section_of(sections, place.start),
            place.start,
            one,
        )


def _relation_errors(found: Found[Relation], labels: LabelSet) -> Iterator[Error]:
    sections = section_starts(found.gold.text)
    for one in found.judged:
        if one.kind is None:
            continue
        document, relation = (found.gold, one.gold) if one.gold else (found.predicted, one.predicted)
        if relation is None:
            continue
        start = document.entity_by_id[relation.head].start
        yield Error(
            one.document,
            "relation",
            one.kind,
            _say_relation(found.gold, one.gold, labels),
            _say_relation(found.predicted, one.predicted, labels),
            one.predicted.score if one.predicted else None,
            section_of(sections, start),
            start,
            one,
        )


def _say_entity(document: Document, entity: Entity | None) -> str:
    return "" if entity is None else f"{entity.label}: {entity.text_in(document.text)}"


def _say_relation(document: Document, relation: Relation | None, labels: LabelSet) -> str:
    if relation is None:
        return ""
    ends = [document.entity_by_id[end] for end in (relation.head, relation.tail)]
    head, tail = (f"{end.text_in(document.text)} ({end.label})" for end in ends)
    return labels.relation(relation.label).say(head, tail)
