"""Between the words of the network and the annotations of a document, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from odin.extraction import ExtractionOptions
from odin.extraction.merging import FoundMention, FoundRelation
from odin.extraction.pairs import Mention, layout
from odin.extraction.windows import Word, split_words
from odin.labels import LabelSet
from odin.schema import ConceptRelation, Document, Entity, Provenance, ReadReport, Relation

DENIED_WITH_HEAD = frozenset({"treats", "prevents", "indicates"})
"""Relations that do not hold where their head is negated: a drug not given treats nothing. (In clinical_notes, 4
of 89 such of train and written are annotated as stated; of `causes`, 29 of 36.)"""


def place_given(
    document: Document, labels: LabelSet, words: Sequence[Word], report: ReadReport
) -> list[tuple[Entity, Mention]]:
    """The words that each given entity covers; entities whose label the label set lacks are reported and left."""
    index = {label: i for i, label in enumerate(labels.entity_labels)}
    starts = np.array([word.start for word in words])
    ends = np.array([word.end for word in words])
    placed = []
    for entity in document.entities:
        if entity.label not in index:
            report.drop(document.id, f"entity {entity.id}", f"the label set {labels.name} has no label {entity.label}")
            continue
        start = int(np.searchsorted(ends, entity.start, side="right"))
        end = int(np.searchsorted(starts, entity.end, side="left"))
        if start >= end:
            report.drop(document.id, f"entity {entity.id}", "it covers no word")
            continue
        placed.append((entity, Mention(start, end, index[entity.label])))
    return placed


def annotate(
    document: Document,
    found: Sequence[FoundMention],
    related: Sequence[FoundRelation],
    labels: LabelSet,
    options: ExtractionOptions,
    provenance: Provenance,
) -> Document:
    """The document with what was found; given entities stay as they were given."""
    words = split_words(document.text)
    entities = document.entities
    ids = [item.id for item in found]
    if not options.given_entities:
        ids = [f"T{i}" for i in range(1, len(found) + 1)]
        entities = tuple(
            Entity(
                id=ids[i],
                label=labels.entity_labels[item.mention.label],
                start=words[item.mention.start].start,
                end=words[item.mention.end - 1].end,
                score=round(item.score, 4),
                assertion=item.assertion,
                cue=item.cue,
                provenance=provenance,
            )
            for i, item in enumerate(found)
        )
    relations: list[Relation] = []
    concepts: list[ConceptRelation] = []
    for item in related:
        score = round(item.decision.score, 4)
        if labels.concept_relations:
            label = labels.concept_relation_labels[item.decision.relation]
            concepts.append(ConceptRelation(label, item.decision.group.head, item.decision.group.tail, score))
            continue
        ends = [found[item.head].mention, found[item.tail].mention]
        evidence = evidence_of(words, ends)
        label = labels.relation_labels[item.decision.relation]
        name = f"R{len(relations) + 1}"
        absent = label in DENIED_WITH_HEAD and found[item.head].assertion == "negated"
        attributes = {"negated": True} if item.decision.denied or absent else {}
        relations.append(Relation(name, label, ids[item.head], ids[item.tail], score, evidence, provenance, attributes))
    return replace(
        document,
        entities=entities,
        relations=tuple(relations),
        concept_relations=tuple(concepts),
        provenance=provenance,
    )


def evidence_of(words: Sequence[Word], mentions: Sequence[Mention]) -> tuple[int, int]:
    """The text from the sentence of the first mention to that of the last, as (start, end) characters."""
    place = layout(words)
    left = min(mention.start for mention in mentions)
    right = max(mention.end for mention in mentions) - 1
    while left > 0 and place.sentence[left - 1] == place.sentence[left]:
        left -= 1
    while right + 1 < len(words) and place.sentence[right + 1] == place.sentence[right]:
        right += 1
    if words[right].line_breaks and right > left:
        right -= 1
    return words[left].start, words[right].end
