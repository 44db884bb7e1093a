"""Scores on dev, and the thresholds that are best there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from odin.extraction import ExtractionOptions
from odin.extraction.neural import NeuralExtractor
from odin.labels import LabelSet
from odin.schema import Document

THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
LOW = 0.15

Key = tuple[Any, ...]


def tune_and_score(
    extractor: NeuralExtractor, dev: Sequence[tuple[str, LabelSet, list[Document]]]
) -> tuple[float, dict[str, dict[str, float]]]:
    """(mean of all scores, scores by dev source); the first source of a label set decides its thresholds."""
    tuned: set[str] = set()
    out: dict[str, dict[str, float]] = {}
    for name, labels, documents in dev:
        out[name] = _score(extractor, labels, documents, tune=labels.name not in tuned)
        tuned.add(labels.name)
    values = [value for scores in out.values() for value in scores.values()]
    return sum(values) / len(values), out


def _score(extractor: NeuralExtractor, labels: LabelSet, documents: list[Document], *, tune: bool) -> dict[str, float]:
    scores: dict[str, float] = {}
    texts = [document.with_annotations(()) for document in documents]
    if tune:
        low = ExtractionOptions(entity_threshold=LOW, relation_threshold=1.0)
        found = [item.document for item in extractor.extract(texts, labels, low)]
        best = max(THRESHOLDS, key=lambda t: _f1(documents, found, lambda d: _entities(d, t)))
        extractor.decoding[labels.name] = replace(extractor.decoding[labels.name], entity_threshold=best)
    if labels.relations or labels.concept_relations:
        low = ExtractionOptions(relation_threshold=LOW, given_entities=True)
        given = [item.document for item in extractor.extract(documents, labels, low)]
        keys = _concept_relations if labels.concept_relations else _relations
        if tune:
            best = max(THRESHOLDS, key=lambda t: _f1(documents, given, lambda d: keys(d, t)))
            extractor.decoding[labels.name] = replace(extractor.decoding[labels.name], relation_threshold=best)
        threshold = extractor.decoding[labels.name].relation_threshold
        scores["relations_given_entities"] = _f1(documents, given, lambda d: keys(d, threshold))
        if labels.concept_relations and len(labels.concept_relations) > 1:
            scores["pairs_given_entities"] = _f1(documents, given, lambda d: {k[1:] for k in keys(d, threshold)})
    found = [item.document for item in extractor.extract(texts, labels)]
    scores["entities"] = _f1(documents, found, lambda d: _entities(d, 0))
    if labels.relations:
        scores["relations"] = _f1(documents, found, lambda d: _relations(d, 0))
    if labels.assertions:
        scores["assertions"] = _assertion_accuracy(documents, found)
    return scores


def _f1(gold: Sequence[Document], found: Sequence[Document], keys: Any) -> float:
    """Micro F1 of sets of keys; 0 where nothing is right."""
    hits = total = 0
    for right, answer in zip(gold, found, strict=True):
        a, b = keys(right), keys(answer)
        hits += len(a & b)
        total += len(a) + len(b)
    return 2 * hits / total if total else 0.0


def _entities(document: Document, threshold: float) -> set[Key]:
    return {e.key for e in document.entities if e.score is None or e.score > threshold}


def _relations(document: Document, threshold: float) -> set[Key]:
    by_id = document.entity_by_id
    return {
        (r.label, by_id[r.head].key, by_id[r.tail].key)
        for r in document.relations
        if not r.negated and (r.score is None or r.score > threshold)
    }


def _concept_relations(document: Document, threshold: float) -> set[Key]:
    return {
        (r.label, *((r.head, r.tail) if r.label == "CID" else sorted((r.head, r.tail))))
        for r in document.concept_relations
        if r.score is None or r.score > threshold
    }


def _assertion_accuracy(gold: Sequence[Document], found: Sequence[Document]) -> float:
    right = both = 0
    for a, b in zip(gold, found, strict=True):
        answers = {entity.key: entity.assertion for entity in b.entities}
        for entity in a.entities:
            if entity.key in answers and entity.assertion:
                both += 1
                right += answers[entity.key] == entity.assertion
    return right / both if both else 0.0
