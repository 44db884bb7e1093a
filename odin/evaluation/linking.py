"""How often a gold mention is given the right concept id, among those whose id the knowledge graph holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from odin.evaluation.scores import Accuracy
from odin.extraction.groups import concept_ids
from odin.knowledge.graph import KnowledgeGraph
from odin.knowledge.linking import corpus_ids, link
from odin.knowledge.lookup import Lookup
from odin.schema import Document


@dataclass(frozen=True)
class LinkingScores:
    """Of one label: how many mentions have an id, an id that the graph holds, any concept, and the right one."""

    mentions: int
    covered: int
    linked: int
    """Of the covered ones."""
    right: int

    @property
    def coverage(self) -> Accuracy:
        """Mentions whose gold id the graph holds, of all that have a gold id."""
        return Accuracy(self.covered, self.mentions)

    @property
    def accuracy(self) -> Accuracy:
        """Mentions linked to their gold id, of those whose gold id the graph holds: 8 of 10 is 0.8."""
        return Accuracy(self.right, self.covered)

    @property
    def precision(self) -> Accuracy:
        """Mentions linked to their gold id, of the covered ones that were linked at all."""
        return Accuracy(self.right, self.linked)


def score_linking(gold: Iterable[Document], lookup: Lookup) -> Mapping[str, LinkingScores]:
    """By label, over gold mentions with their ids taken away. A composite id counts where one part of it is found."""
    known = _known_ids(lookup.graph)
    counts: dict[str, Counter[str]] = {}
    for document in gold:
        bare = replace(document, entities=tuple(replace(entity, concept=None) for entity in document.entities))
        for entity, found in zip(document.entities, link(bare, lookup).entities, strict=True):
            ids = frozenset(part.removeprefix("MESH:") for part in concept_ids(entity.concept))
            if not ids:
                continue
            own = counts.setdefault(entity.label, Counter())
            own["mentions"] += 1
            if ids & known:
                answers = frozenset(corpus_ids(lookup.graph.concept[found.concept]) if found.concept else ())
                own["covered"] += 1
                own["linked"] += bool(answers)
                own["right"] += bool(answers & ids)
    return {
        label: LinkingScores(own["mentions"], own["covered"], own["linked"], own["right"])
        for label, own in sorted(counts.items())
    }


def _known_ids(graph: KnowledgeGraph) -> frozenset[str]:
    return frozenset(id for concept in graph.concept.values() for id in corpus_ids(concept))
