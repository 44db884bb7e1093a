"""What the build works on: concepts and facts that still grow, and the rules by which two sources agree on one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from odin.errors import FormatError
from odin.knowledge.graph import ALLOWED_PAIRS
from odin.knowledge.names import key, slug

KIND_ORDER = {"preferred": 0, "class": 1, "abbreviation": 2, "synonym": 3, "lay": 4, "brand": 5}


@dataclass
class DraftConcept:
    """A concept that still gathers codes and surfaces."""

    label: str
    name: str
    source: str
    weight: float = 0.0
    id: str = ""
    codes: list[str] = field(default_factory=list)
    sex: str = ""
    min_age: int = 0
    max_age: int = 120
    surfaces: dict[str, tuple[str, str, float, str]] = field(default_factory=dict)
    """Text -> (text, kind, weight, source); the first source to name a surface keeps it."""
    sources: list[str] = field(default_factory=list)

    def add(self, texts: Iterable[str], kind: str, source: str, weight: float = 1.0) -> None:
        """Add surfaces of one kind; each is half as frequent as the one before."""
        for raw in texts:
            lay = raw.startswith("~")
            text = " ".join(raw.lstrip("~").split())
            if text and text not in self.surfaces:
                self.surfaces[text] = (text, "lay" if lay else kind, max(weight, 0.05) if weight else 0.0, source)
                weight /= 2

    def cite(self, source: str) -> None:
        """Record that a source knows the concept."""
        if source not in self.sources:
            self.sources.append(source)


@dataclass
class DraftFact:
    """A statement with the sources that make it."""

    polarity: bool
    sources: list[str]
    inherited: bool = False
    """Stated of the class only; a direct statement overrides it."""


class Drafts:
    """The concepts and facts gathered so far."""

    def __init__(self) -> None:
        self.concepts: list[DraftConcept] = []
        self.by_name: dict[str, DraftConcept] = {}
        self.by_key: dict[tuple[str, str], DraftConcept] = {}
        self.by_id: dict[str, DraftConcept] = {}
        self.facts: dict[tuple[str, str, str], DraftFact] = {}

    def add(self, concept: DraftConcept) -> DraftConcept:
        """Enter a curated concept under its name. Raises FormatError where the name is taken."""
        if concept.name in self.by_name:
            raise FormatError(f"{concept.name!r} is defined twice in the curated tables ({concept.source})")
        self.concepts.append(concept)
        self.by_name[concept.name] = concept
        return concept

    def index(self) -> None:
        """Index names, synonyms, lay names and brands, so that the sources find the curated concepts."""
        for kinds in (("preferred", "class"), ("synonym",), ("brand", "lay")):
            for concept in self.concepts:
                for text, kind, _, _ in concept.surfaces.values():
                    if kind in kinds:
                        self.by_key.setdefault((concept.label, key(text)), concept)

    def find(self, label: str, *names: str) -> DraftConcept | None:
        """The concept of that label that one of the names denotes."""
        return next((found for name in names if (found := self.by_key.get((label, key(name))))), None)

    def identify(self, concept: DraftConcept, id: str | None) -> None:
        """Give a concept its id, or one of its own where there is none or another concept has it."""
        if not id or id in self.by_id:
            id = f"ODIN:{slug(concept.name)}"
            if id in self.by_id:
                id += f"-{concept.label.lower()}"
        concept.id = id
        self.by_id[id] = concept

    def state(
        self,
        subject: DraftConcept,
        relation: str,
        object: DraftConcept,
        source: str,
        *,
        polarity: bool = True,
        inherited: bool = False,
    ) -> None:
        """Add a statement, or a source to it; a direct statement beats an inherited one of the other polarity.

        Raises FormatError where two direct statements contradict, or the pair of labels is not allowed.
        """
        if subject is object:
            return
        if (subject.label, object.label) not in ALLOWED_PAIRS[relation]:
            raise FormatError(f"{source}: {relation} cannot lead from {subject.label} to {object.label}")
        place = (subject.name, relation, object.name)
        known = self.facts.get(place)
        if known is None or (known.inherited and not inherited and known.polarity != polarity):
            self.facts[place] = DraftFact(polarity, [source], inherited)
        elif known.polarity == polarity:
            known.inherited = known.inherited and inherited
            if source not in known.sources:
                known.sources.append(source)
        elif not inherited and source.startswith("odin") and known.sources[0].startswith("odin"):
            raise FormatError(f"{source}: {' '.join(place)} is stated both true and false")


def ambiguous_keys(concepts: Iterable[DraftConcept]) -> frozenset[str]:
    """The exact surfaces (case kept for short ones) that name more than one concept of the generated part."""
    owners: dict[str, set[str]] = defaultdict(set)
    for concept in concepts:
        for text in concept.surfaces:
            owners[surface_key(text)].add(concept.id)
    return frozenset(text for text, ids in owners.items() if len(ids) > 1)


def surface_key(text: str) -> str:
    """How surfaces are told apart: abbreviations with their case, all else without."""
    return text if text.isupper() and len(text) <= 6 else key(text)
