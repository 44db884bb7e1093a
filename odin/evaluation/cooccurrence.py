"""Does a model find relations, or join whatever stands together? Two figures beside every relation score.

The co-occurrence false-positive rate: of the pairs of mentions that stand in one sentence, may be related by the label
set, and are not related in gold, the share that was related nevertheless. The all-pairs baseline: the score of relating
every pair that may be related.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from odin.evaluation.annotations import Mention, annotations_of, concept_labels
from odin.evaluation.scores import Accuracy
from odin.labels import LabelSet, joins
from odin.schema import ConceptRelation, Document, Entity, Relation
from odin.sentences import sentence_of, sentence_starts


def false_positive_rate(
    pairs: Iterable[tuple[Document, Document]], labels: LabelSet, symmetric: Collection[str] = ()
) -> Accuracy:
    """How many (`correct`) of the unrelated co-occurring pairs of gold (`total`) are related in the prediction.

    Pairs are counted where the prediction has both mentions (exact span and label), whatever the relation's label and
    direction. Two drugs and one disease in a sentence, one drug related in gold and both in the prediction: 1 of 1.
    """
    wrong = total = 0
    for gold, predicted in pairs:
        expected = _joined(gold, symmetric)
        given = _joined(predicted, symmetric)
        found = {entity.key for entity in predicted.entities}
        seen: set[frozenset[Mention]] = set()
        for head, tail in candidate_pairs(gold, labels, same_sentence=True):
            ends = frozenset((head.key, tail.key))
            if ends in seen or ends in expected or not ends <= found:
                continue
            seen.add(ends)
            total += 1
            wrong += ends in given
    return Accuracy(wrong, total)


def candidate_pairs(document: Document, labels: LabelSet, *, same_sentence: bool) -> Iterator[tuple[Entity, Entity]]:
    """The (head, tail) pairs of mentions that some relation of the label set may join."""
    starts = sentence_starts(document.text) if same_sentence else [0]
    groups: dict[int, list[Entity]] = {}
    for entity in document.entities:
        groups.setdefault(sentence_of(starts, entity.start), []).append(entity)
    for group in groups.values():
        for head in group:
            for tail in group:
                if head is not tail and labels.allowed(head.label, tail.label):
                    yield head, tail


def all_pairs(documents: Sequence[Document], labels: LabelSet, *, same_sentence: bool) -> Iterator[Document]:
    """Each document with every pair related that may be, under the pair's most frequent label in these documents.

    It sees the answers' label frequencies and, if `documents` are gold, the gold entities: a baseline to be beaten,
    not a system.
    """
    usual = _usual_labels(documents, labels)
    for document in documents:
        chosen = {}
        for head, tail in candidate_pairs(document, labels, same_sentence=same_sentence):
            label = usual.get((head.label, tail.label))
            if label is not None:
                chosen[head.id, tail.id] = label
        relations = [
            Relation(f"R{number}", label, head, tail) for number, ((head, tail), label) in enumerate(chosen.items(), 1)
        ]
        yield document.with_annotations(document.entities, relations)


def _usual_labels(documents: Iterable[Document], labels: LabelSet) -> dict[tuple[str, str], str]:
    """The most frequent relation label of each (head label, tail label) that has any."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for document in documents:
        for relation in document.relations:
            if not relation.negated:
                ends = document.entity_by_id[relation.head].label, document.entity_by_id[relation.tail].label
                counts.setdefault(ends, Counter())[relation.label] += 1
    order = {label: place for place, label in enumerate(labels.relation_labels)}
    return {
        ends: min(found, key=lambda label: (-found[label], order.get(label, len(order)), label))
        for ends, found in counts.items()
    }


def all_concept_pairs(documents: Sequence[Document], labels: LabelSet) -> Iterator[Document]:
    """Each document with every pair of its concepts related that may be, under the most frequent label of their kinds.

    The concepts are those of the mentions. The same baseline as `all_pairs`, for relations between concepts.
    """
    kinds = [concept_labels((entity.label, entity.concept) for entity in document.entities) for document in documents]
    usual = _usual_concept_labels(documents, kinds, labels)
    for document, known in zip(documents, kinds, strict=True):
        found: dict[tuple[str, str], ConceptRelation] = {}
        for head in known:
            for tail in known:
                label = usual.get(_kind(known, head, tail), "")
                relation = next((one for one in labels.concept_relations if one.label == label), None)
                if head == tail or relation is None or (relation.symmetric and (tail, head) in found):
                    continue
                if any(joins(relation, one, other) for one in known[head] for other in known[tail]):
                    found[head, tail] = ConceptRelation(label, head, tail)
        yield document.with_annotations(document.entities, (), found.values())


def _usual_concept_labels(
    documents: Iterable[Document], kinds: Iterable[Mapping[str, frozenset[str]]], labels: LabelSet
) -> dict[tuple[str, str], str]:
    """The most frequent label between concepts of two kinds, by their sorted names where it has no direction."""
    symmetric = {one.label for one in labels.concept_relations if one.symmetric}
    counts: dict[tuple[str, str], Counter[str]] = {}
    for document, known in zip(documents, kinds, strict=True):
        for label, head, tail in annotations_of(document, symmetric).concept_relations:
            if head in known and tail in known:
                pair = _kind(known, head, tail)
                for ends in {pair, pair[::-1]} if label in symmetric else {pair}:
                    counts.setdefault(ends, Counter())[label] += 1
    return {ends: min(found, key=lambda label: (-found[label], label)) for ends, found in counts.items()}


def _kind(known: Mapping[str, frozenset[str]], head: str, tail: str) -> tuple[str, str]:
    return min(known[head]), min(known[tail])


def _joined(document: Document, symmetric: Collection[str]) -> set[frozenset[Mention]]:
    return {frozenset((head, tail)) for _, head, tail in annotations_of(document, symmetric).relations}
