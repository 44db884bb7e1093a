"""The dictionary baseline: mentions by the look-up of the knowledge graph, assertions by rules, relations by facts.

A relation is found where the graph states it of two mentions of one sentence; it shows what knowledge alone, without
reading, is worth.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import permutations

from odin.errors import LabelError
from odin.extraction import Extraction, ExtractionOptions
from odin.extraction.context import assign_assertions
from odin.knowledge.graph import KnowledgeGraph
from odin.knowledge.linking import link
from odin.knowledge.lookup import Lookup, Match
from odin.knowledge.tables import KNOWLEDGE_FOLDER, load_graph
from odin.labels import LabelSet
from odin.schema import Document, Entity, Provenance, ReadReport, Relation
from odin.sentences import sentence_spans
from odin.wrapping import unwrapped

GRAPH_LABELS: dict[str, dict[str, str]] = {
    "clinical": {label: label for label in ("Disease", "Symptom", "Drug", "Procedure", "Lab_Test")},
    "bc5cdr": {"Disease": "Disease", "Symptom": "Disease", "Drug": "Chemical", "Chemical": "Chemical"},
    "ncbi_disease": {"Disease": "Disease"},
}
"""Label set -> label of the graph -> label of the answer."""

MODIFIERS = re.compile(
    r"(?:(?<=\s)|(?<=^)|(?<=[(/\"-]))(?:(?:right|left|bilateral|acute|chronic|lower|upper|mid|lateral|medial|anterior"
    r"|posterior|central|systolic|diastolic|ejection|(?:right|left)[- ]sided|end[- ]stage|stage \w+|type \w+"
    r"|postoperative|recurrent|metastatic|extremity|lumbar|cervical|thoracic|knee|hip|ankle|elbow|wrist|shoulder|foot"
    r"|hand|leg|arm|neck|back)\s+)+$",
    re.IGNORECASE,
)
"""Words before a mention that belong to it by the guidelines: site, side, acuity, stage."""

EXTENDED = frozenset({"Disease", "Symptom", "Procedure"})

MOST_MEANT = 3
"""Concepts that one surface is taken to mean at most."""
MOST_KNOWN = 100_000
"""Surfaces that are remembered at most."""
MAX_TOKENS_BETWEEN = 20
"""Two mentions further apart than this are not joined, whatever the graph states."""


class DictionaryExtractor:
    """An Extractor without weights. It reads the whole text; scores are 1."""

    def __init__(self, graph: KnowledgeGraph, name: str) -> None:
        self.name = name
        self._graph = graph
        self._lookups: dict[str, Lookup] = {}
        self._concepts: dict[tuple[str, str], tuple[str, ...]] = {}

    def label_sets(self) -> tuple[str, ...]:
        """The names of the label sets that it can answer with."""
        return tuple(GRAPH_LABELS)

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions | None = None
    ) -> Iterator[Extraction]:
        """One Extraction a document. Raises LabelError on a label set that the graph has no labels for."""
        options = options or ExtractionOptions()
        if labels.name not in GRAPH_LABELS:
            known = ", ".join(GRAPH_LABELS)
            raise LabelError(f"the dictionary knows no labels of {labels.name!r}; it can answer with {known}")
        lookup = self._lookup(labels.name)
        for document in documents:
            yield self._extract_one(document, labels, lookup, options.given_entities)

    def spans(self, text: str, label_set: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, label) of each mention in a text, by one of the label sets of GRAPH_LABELS."""
        for match in self._matches(text, label_set):
            yield match.start, match.end, GRAPH_LABELS[label_set][match.concept.label]

    def states(self, head: str, relation: str, tail: str, label_set: str) -> bool:
        """Whether the graph states a relation of concepts that the two surfaces may mean."""
        heads, tails = self._meant(head, label_set), self._meant(tail, label_set)
        return any(self._graph.is_true(one, relation, other) for one in heads for other in tails)

    def _meant(self, surface: str, label_set: str) -> tuple[str, ...]:
        """The likeliest concepts of a surface."""
        if len(self._concepts) > MOST_KNOWN:
            self._concepts.clear()
        key = surface, label_set
        meant = self._concepts.get(key)
        if meant is None:
            found = self._lookup(label_set).concepts(surface)[:MOST_MEANT]
            meant = self._concepts[key] = tuple(concept.id for concept in found)
        return meant

    def _matches(self, text: str, label_set: str) -> list[Match]:
        found = self._lookup(label_set).find(text)
        return [_extended(match, text) for match in found] if label_set == "clinical" else found

    def _extract_one(self, document: Document, labels: LabelSet, lookup: Lookup, given: bool) -> Extraction:
        provenance = Provenance("model", self.name)
        read = replace(document, text=unwrapped(document.text))
        if given:
            done = link(read, lookup)
        else:
            names = GRAPH_LABELS[labels.name]
            matches = enumerate(self._matches(read.text, labels.name), 1)
            entities = tuple(_entity(match, number, names, provenance) for number, match in matches)
            done = read.with_annotations(entities)
            if labels.assertions:
                done = assign_assertions(done)
        relations = self._relations(done, labels, provenance)
        entities = document.entities if given else done.entities
        found = replace(document.with_annotations(entities, relations), provenance=provenance)
        report = ReadReport()
        report.keep(found)
        return Extraction(found, report)

    def _relations(self, document: Document, labels: LabelSet, provenance: Provenance) -> list[Relation]:
        out: list[Relation] = []
        joined: set[tuple[str, str]] = set()
        for start, end in sentence_spans(document.text):
            inside = [entity for entity in document.entities if start <= entity.start and entity.end <= end]
            for head, tail in permutations(inside, 2):
                if not self._near(document.text, head, tail) or (tail.id, head.id) in joined:
                    continue
                for label in labels.allowed(head.label, tail.label):
                    if head.concept and tail.concept and self._graph.is_true(head.concept, label, tail.concept):
                        id = f"R{len(out) + 1}"
                        out.append(Relation(id, label, head.id, tail.id, 1.0, (start, end), provenance))
                        joined.add((head.id, tail.id))
                        break
        return out

    def _near(self, text: str, head: Entity, tail: Entity) -> bool:
        left, right = sorted((head, tail), key=lambda entity: entity.start)
        return left.end <= right.start and len(text[left.end : right.start].split()) <= MAX_TOKENS_BETWEEN

    def _lookup(self, label_set: str) -> Lookup:
        if label_set not in self._lookups:
            self._lookups[label_set] = Lookup(self._graph, labels=GRAPH_LABELS[label_set])
        return self._lookups[label_set]


@cache
def load() -> DictionaryExtractor:
    """The dictionary over the project's own graph; its name carries a hash of the tables."""
    digest = hashlib.sha256()
    for table in ("concepts", "surfaces", "facts"):
        digest.update((KNOWLEDGE_FOLDER / f"{table}.tsv").read_bytes())
    return DictionaryExtractor(load_graph(), f"dictionary@{digest.hexdigest()[:8]}")


def _extended(match: Match, text: str) -> Match:
    """The match with the modifiers before it."""
    if match.concept.label not in EXTENDED:
        return match
    before = MODIFIERS.search(text, max(0, match.start - 60), match.start)
    return replace(match, start=before.start()) if before else match


def _entity(match: Match, number: int, names: dict[str, str], provenance: Provenance) -> Entity:
    concept = match.concept
    return Entity(
        id=f"T{number}",
        label=names[concept.label],
        start=match.start,
        end=match.end,
        concept=concept.id,
        score=1.0,
        provenance=provenance,
    )
