"""Scores of the joint encoder on dev, and the thresholds that are best there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from odin.evaluation.scoring import score_documents
from odin.extraction import ExtractionOptions
from odin.extraction.dictionary import GRAPH_LABELS
from odin.extraction.neural import Decoding, NeuralExtractor
from odin.extraction.thresholds import above
from odin.labels import LabelSet
from odin.schema import Document
from odin.training.calibration import LOWEST, fit_mentions, fit_relations, uncalibrated
from odin.training.scores import DevSource, Evaluation, entity_f1, mean_score, relation_f1, samples_of

ENTITY_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(4, 14))
"""None above 0.65: what a higher one gains on dev it loses on text of other kinds."""
REPETITION, KNOWN, FACTS = 0.5, 1.0, 1.0
"""What is tried of `Decoding.repetition`, `known` and `facts`, each beside nothing. Chosen of 0.3 to 0.7, of 0.4
to 1.2, and of 0.5 to 2, on the dev sets of the corpora that `odin-mini` learns from."""
LEAST_GAIN = 0.002
"""Of F1 on dev, without which one of these is left out."""
RELATION_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(4, 17))


def evaluate(extractor: NeuralExtractor, dev: Sequence[DevSource]) -> Evaluation:
    """How good the extractor is; sets its thresholds to the best ones on dev.

    The first source of a label set decides its thresholds.
    """
    tuned: set[str] = set()
    out: dict[str, dict[str, float]] = {}
    samples: list[dict[str, Any]] = []
    for source in dev:
        name, labels, documents = source
        if labels.name not in tuned:
            tune(extractor, labels, documents)
            tuned.add(labels.name)
        found = [item.document for item in extractor.extract((d.with_annotations(()) for d in documents), labels)]
        out[name] = dev_scores(extractor, labels, documents, found)
        samples += samples_of(source, found)
    return Evaluation(mean_score(out), out, samples)


def tune(extractor: NeuralExtractor, labels: LabelSet, documents: Sequence[Document]) -> None:
    """Set how a label set is decoded to what has the best micro F1, and fit the scales of its scores.

    Entities count by exact spans; relations end to end, and by a threshold of their own between given entities; those
    of concepts between given entities only.
    """
    extractor.decoding[labels.name] = uncalibrated(extractor.decoding[labels.name])
    texts = [document.with_annotations(()) for document in documents]
    fit_mentions(extractor, labels, documents, _tune_mentions(extractor, labels, documents, texts))
    if not labels.relations and not labels.concept_relations:
        return
    given = _tune_given(extractor, labels, documents)
    if not labels.relations:
        extractor.decoding[labels.name] = replace(extractor.decoding[labels.name], relation_threshold=given)
        return
    low = ExtractionOptions(relation_threshold=LOWEST)
    found = [item.document for item in extractor.extract(texts, labels, low)]
    extractor.decoding[labels.name] = replace(
        extractor.decoding[labels.name],
        relation_threshold=_best_for_relations(documents, found, labels)[0],
        given_relation_threshold=given,
    )
    fit_relations(extractor, labels, documents, found)


def _tune_mentions(
    extractor: NeuralExtractor, labels: LabelSet, gold: Sequence[Document], texts: Sequence[Document]
) -> list[Document]:
    """Set threshold, repetition and known to the best; what is found with these from LOWEST on."""
    own = extractor.decoding[labels.name]
    low = ExtractionOptions(entity_threshold=LOWEST, relation_threshold=1.0)
    tried: list[tuple[float, Decoding, list[Document]]] = []
    for known in (0.0, KNOWN) if labels.name in GRAPH_LABELS else (0.0,):
        for repetition in (0.0, REPETITION):
            extractor.decoding[labels.name] = replace(own, repetition=repetition, known=known)
            found = [item.document for item in extractor.extract(texts, labels, low)]
            scores = {t: entity_f1(score_documents(gold, [above(d, t, t) for d in found])) for t in ENTITY_THRESHOLDS}
            best = max(scores, key=lambda threshold: scores[threshold])
            gain = scores[best] - LEAST_GAIN * (bool(known) + bool(repetition))
            tried.append((gain, replace(extractor.decoding[labels.name], entity_threshold=best), found))
    _, extractor.decoding[labels.name], found = max(tried, key=lambda item: item[0])
    return found


def _tune_given(extractor: NeuralExtractor, labels: LabelSet, gold: Sequence[Document]) -> float:
    """Set facts to what is best for relations between given entities; the best threshold of these."""
    own = extractor.decoding[labels.name]
    low = ExtractionOptions(relation_threshold=LOWEST, given_entities=True)
    tried: list[tuple[float, Decoding, float]] = []
    for facts in (0.0, FACTS) if labels.name in GRAPH_LABELS and labels.relations else (0.0,):
        extractor.decoding[labels.name] = replace(own, facts=facts)
        found = [item.document for item in extractor.extract(gold, labels, low)]
        best, score = _best_for_relations(gold, found, labels)
        tried.append((score - LEAST_GAIN * bool(facts), extractor.decoding[labels.name], best))
    _, extractor.decoding[labels.name], threshold = max(tried, key=lambda item: item[0])
    return threshold


def _best_for_relations(gold: Sequence[Document], found: Sequence[Document], labels: LabelSet) -> tuple[float, float]:
    """The threshold with the best micro F1 of relations, and that F1; `found` is what is found from LOWEST on."""
    scores = {
        t: relation_f1(score_documents(gold, [above(d, 0, t) for d in found]), labels) for t in RELATION_THRESHOLDS
    }
    best = max(scores, key=lambda threshold: scores[threshold])
    return best, scores[best]


def dev_scores(
    extractor: NeuralExtractor, labels: LabelSet, documents: Sequence[Document], found: Sequence[Document]
) -> dict[str, float]:
    """Micro F1 by task, and the accuracy of assertions on found mentions; 0 where nothing is right."""
    end_to_end = score_documents(documents, found)
    scores = {"entities": entity_f1(end_to_end)}
    if labels.relations:
        scores["relations"] = relation_f1(end_to_end, labels)
    if labels.assertions:
        scores["assertions"] = end_to_end.assertion_accuracy.value or 0.0
    if labels.relations or labels.concept_relations:
        options = ExtractionOptions(given_entities=True)
        given = score_documents(documents, [item.document for item in extractor.extract(documents, labels, options)])
        scores["relations_given_entities"] = relation_f1(given, labels)
        if len(labels.concept_relations) > 1:
            scores["pairs_given_entities"] = given.concept_pairs.micro.f1 or 0.0
    return scores
