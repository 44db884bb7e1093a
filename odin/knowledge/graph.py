"""The knowledge graph: concepts, the surfaces that name them, and facts that hold or are known not to hold.

It is read from four tab-separated tables in `data/knowledge/` (`odin.knowledge.tables`), which `python -m odin
knowledge build` makes. A fact that is absent is unknown, never false.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

LABELS = ("Disease", "Symptom", "Drug", "Procedure", "Lab_Test", "Gene", "Protein", "Chemical")
SURFACE_KINDS = ("preferred", "synonym", "abbreviation", "lay", "brand", "class")
TIERS = ("A", "B", "C")

ALLOWED_PAIRS: dict[str, frozenset[tuple[str, str]]] = {
    "treats": frozenset((head, tail) for head in ("Drug", "Procedure") for tail in ("Disease", "Symptom")),
    "causes": frozenset((head, tail) for head in ("Disease", "Drug", "Procedure") for tail in ("Disease", "Symptom")),
    "indicates": frozenset((head, "Disease") for head in ("Symptom", "Lab_Test", "Procedure")),
    "prevents": frozenset((head, tail) for head in ("Drug", "Procedure") for tail in ("Disease", "Symptom")),
    "is_a": frozenset((label, label) for label in LABELS),
    "associated_with": frozenset(
        [("Gene", "Disease"), ("Protein", "Disease"), ("Chemical", "Gene"), ("Chemical", "Protein")]
    ),
    "encodes": frozenset([("Gene", "Protein")]),
    "inhibits": frozenset((head, tail) for head in ("Drug", "Chemical") for tail in ("Gene", "Protein")),
    "activates": frozenset((head, tail) for head in ("Drug", "Chemical") for tail in ("Gene", "Protein")),
}
"""The (subject, object) labels that each relation may join. The first four are those of the label set `clinical`."""


@dataclass(frozen=True)
class Surface:
    """A way to write a concept; `weight` is relative within the concept and kind, `ambiguous`: it has other senses."""

    text: str
    kind: str
    """One of SURFACE_KINDS."""
    weight: float = 1.0
    ambiguous: bool = False


@dataclass(frozen=True)
class Concept:
    """A disease, symptom, drug, procedure, laboratory test, gene, protein or chemical."""

    id: str
    """The primary code as a CURIE, such as `DOID:9352`, or `ODIN:` and a slug where no open code exists."""
    label: str
    """One of LABELS."""
    name: str
    """The preferred name, in lower case but for proper names."""
    codes: tuple[str, ...] = ()
    """CURIEs: DOID, ICD10CM, MESH, UMLS, HP, SYMP, RXNORM, ATC, ICD9PCS, LOINC, CHEBI, NCBIGENE, SNOMEDCT."""
    weight: float = 0.0
    """How often notes speak of it, relative within its label; 0 is known to the look-up and never generated."""
    sex: str | None = None
    """`female` or `male` where only they can have it."""
    min_age: int = 0
    max_age: int = 120
    """Years, both inclusive."""
    surfaces: tuple[Surface, ...] = ()
    """Those that notes use, the preferred one first."""
    recognised: tuple[Surface, ...] = ()
    """Further ones that the look-up knows and nobody would write (weight 0 in the table)."""

    def suits(self, sex: str, age: float) -> bool:
        """True where a patient of that sex (`female`, `male`) and age in years can have it."""
        return self.sex in (None, sex) and self.min_age <= age <= self.max_age


@dataclass(frozen=True)
class Fact:
    """A statement and where it comes from. `polarity` False: judged not to hold, or contraindicated."""

    subject: str
    relation: str
    object: str
    polarity: bool = True
    sources: tuple[str, ...] = ()
    """Keys of data/knowledge/sources.tsv, with `:` and the place within the source where there is one."""
    licence: str = ""
    tier: str = "B"
    """A reviewed or two independent sources, B one curated source, C text-mined (never emitted)."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What is stated, whether it holds or not."""
        return self.subject, self.relation, self.object


@dataclass(frozen=True)
class ReferenceRange:
    """The normal range of a laboratory test in adults; None is no bound on that side."""

    concept: str
    unit: str
    low: float | None
    high: float | None
    specimen: str = "blood"
    sex: str | None = None
    decimals: int = 0
    panic_low: float | None = None
    panic_high: float | None = None
    """The most extreme values that a plausible note reports."""


class KnowledgeGraph:
    """Concepts and facts with the look-ups that generation and extraction need. Read-only once made."""

    def __init__(
        self, concepts: Iterable[Concept], facts: Iterable[Fact], ranges: Iterable[ReferenceRange] = ()
    ) -> None:
        self.concept: dict[str, Concept] = {concept.id: concept for concept in concepts}
        self.facts: tuple[Fact, ...] = tuple(fact for fact in facts if fact.tier != "C")
        self.ranges: tuple[ReferenceRange, ...] = tuple(ranges)

    def concepts(self, label: str | None = None, *, generated: bool = False) -> tuple[Concept, ...]:
        """The concepts of a label (of all labels: None); `generated` leaves out those of weight 0."""
        if label is None:
            chosen: Iterable[Concept] = self.concept.values()
        else:
            chosen = self._by_label.get(label, ())
        return tuple(concept for concept in chosen if concept.weight > 0 or not generated)

    def facts_of(self, relation: str, *, polarity: bool = True) -> tuple[Fact, ...]:
        """The facts of one relation that hold (or are known not to)."""
        return self._by_relation.get((relation, polarity), ())

    def outgoing(self, subject: str, relation: str | None = None, *, polarity: bool = True) -> tuple[Fact, ...]:
        """The facts with that subject."""
        facts = self._by_subject.get(subject, ())
        return tuple(fact for fact in facts if fact.polarity == polarity and relation in (None, fact.relation))

    def incoming(self, object: str, relation: str | None = None, *, polarity: bool = True) -> tuple[Fact, ...]:
        """The facts with that object."""
        facts = self._by_object.get(object, ())
        return tuple(fact for fact in facts if fact.polarity == polarity and relation in (None, fact.relation))

    def neighbours(self, concept: str, relation: str | None = None) -> tuple[str, ...]:
        """The ids joined to a concept by facts that hold, either way round, each once."""
        ids = [fact.object for fact in self.outgoing(concept, relation)]
        ids += [fact.subject for fact in self.incoming(concept, relation)]
        return tuple(dict.fromkeys(ids))

    def is_true(self, subject: str, relation: str, object: str) -> bool:
        """True where the graph states it."""
        return self._polarity.get((subject, relation, object)) is True

    def is_false(self, subject: str, relation: str, object: str) -> bool:
        """True where the graph states that it does not hold. Not the opposite of `is_true`: most pairs are unknown."""
        return self._polarity.get((subject, relation, object)) is False

    def reference_ranges(self, concept: str, sex: str | None = None) -> tuple[ReferenceRange, ...]:
        """The ranges of a laboratory test that apply to that sex (None: all of them)."""
        ranges = self._ranges_by_concept.get(concept, ())
        return tuple(item for item in ranges if sex is None or item.sex in (None, sex))

    @cached_property
    def by_code(self) -> dict[str, tuple[Concept, ...]]:
        """The concepts by their ids and codes (CURIEs)."""
        found: dict[str, list[Concept]] = defaultdict(list)
        for concept in self.concept.values():
            for code in dict.fromkeys((concept.id, *concept.codes)):
                found[code].append(concept)
        return {code: tuple(concepts) for code, concepts in found.items()}

    @cached_property
    def _by_label(self) -> dict[str, tuple[Concept, ...]]:
        return _grouped((concept.label, concept) for concept in self.concept.values())

    @cached_property
    def _by_relation(self) -> dict[tuple[str, bool], tuple[Fact, ...]]:
        return _grouped(((fact.relation, fact.polarity), fact) for fact in self.facts)

    @cached_property
    def _by_subject(self) -> dict[str, tuple[Fact, ...]]:
        return _grouped((fact.subject, fact) for fact in self.facts)

    @cached_property
    def _by_object(self) -> dict[str, tuple[Fact, ...]]:
        return _grouped((fact.object, fact) for fact in self.facts)

    @cached_property
    def _ranges_by_concept(self) -> dict[str, tuple[ReferenceRange, ...]]:
        return _grouped((item.concept, item) for item in self.ranges)

    @cached_property
    def _polarity(self) -> dict[tuple[str, str, str], bool]:
        return {fact.key: fact.polarity for fact in self.facts}


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}
