"""A graph from a terminology that the user holds a licence for: kept apart from the project's, marked unshippable."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from odin.errors import InputError
from odin.knowledge.graph import ALLOWED_PAIRS
from odin.knowledge.tables import (
    CONCEPT_COLUMNS,
    FACT_COLUMNS,
    KNOWLEDGE_FOLDER,
    RANGE_COLUMNS,
    SOURCE_COLUMNS,
    SURFACE_COLUMNS,
    write_table,
)


@dataclass
class LicensedConcept:
    """A concept with its names: text -> kind."""

    id: str
    label: str
    name: str
    codes: list[str] = field(default_factory=list)
    surfaces: dict[str, str] = field(default_factory=dict)


@dataclass
class LicensedGraph:
    """What one terminology holds; facts of pairs that no label set allows are counted, not kept."""

    key: str
    name: str
    licence: str
    url: str
    concepts: dict[str, LicensedConcept] = field(default_factory=dict)
    facts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    dropped: int = 0

    def state(self, subject: str, relation: str, object: str, place: str) -> None:
        """Add a fact, unless an end is unknown or the pair of labels is not allowed."""
        head, tail = self.concepts.get(subject), self.concepts.get(object)
        if head is None or tail is None or subject == object or (head.label, tail.label) not in ALLOWED_PAIRS[relation]:
            self.dropped += 1
        else:
            self.facts[subject, relation, object] = f"{self.key}:{place}"


def write_licensed(graph: LicensedGraph, target: Path) -> Counter[str]:
    """Write the tables and return counts. Raises InputError where `target` is the project's own folder."""
    if target.resolve() == KNOWLEDGE_FOLDER.resolve():
        raise InputError(f"{target} is the graph that ships; a licensed terminology needs a folder of its own")
    counts = Counter(concept.label for concept in graph.concepts.values())
    concept_rows: list[tuple[object, ...]] = []
    surface_rows: list[tuple[object, ...]] = []
    for concept in graph.concepts.values():
        codes = tuple(dict.fromkeys(concept.codes))
        concept_rows.append((concept.id, concept.label, concept.name, codes, 1, "", "", "", graph.key))
        surface_rows.append((concept.id, concept.name, "preferred", 1, "", graph.key))
        others = [(text, kind) for text, kind in concept.surfaces.items() if text != concept.name]
        surface_rows += [(concept.id, text, kind, 0.5, "", graph.key) for text, kind in others]
    facts = [(*place, "true", "B", source, graph.licence) for place, source in graph.facts.items()]
    for _, relation, _ in graph.facts:
        counts[relation] += 1
    if graph.dropped:
        counts["relations left out (an end or the pair of labels is not of the graph)"] = graph.dropped
    source_row = (graph.key, graph.name, "the user's release", graph.licence, "no", graph.url, "Not for distribution.")
    write_table(target / "concepts.tsv", CONCEPT_COLUMNS, concept_rows)
    write_table(target / "surfaces.tsv", SURFACE_COLUMNS, surface_rows)
    write_table(target / "facts.tsv", FACT_COLUMNS, facts)
    write_table(target / "ranges.tsv", RANGE_COLUMNS, [])
    write_table(target / "sources.tsv", SOURCE_COLUMNS, [source_row])
    return counts
