"""What the generator draws from: the knowledge graph by what a patient needs, doses, and injuries with a side.

Only concepts of positive weight and facts that hold are drawn. Raises InputError where the graph has no disease.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from math import sqrt
from pathlib import Path
from random import Random

from odin.errors import InputError
from odin.knowledge.graph import Concept, KnowledgeGraph, Surface
from odin.knowledge.tables import load_graph, read_table
from odin.synthesis.grammar import TEMPLATE_FOLDER
from odin.synthesis.labs import NAMES
from odin.synthesis.realise import Term

KIND_WEIGHTS = {
    "p": {"preferred": 40, "synonym": 22, "abbreviation": 10, "brand": 14, "class": 3, "lay": 11},
    "s": {"preferred": 30, "synonym": 14, "abbreviation": 42, "brand": 12, "class": 3, "lay": 3},
}
"""How often a surface of each kind is written, in prose and in shorthand, where a concept has it."""

NOT_NOUNS = frozenset(
    (
        "agitated", "always cold", "always hungry", "always thirsty", "anxious", "blacked out", "bruises easily",
        "can't sleep", "can't smell", "can't urinate", "confused", "coronary", "cranky", "depressed",
        "difficult to breathe", "dizzy", "drowsy", "easily confused", "exhausted", "fainted", "febrile", "feverish",
        "fidgety", "forgetful", "fussy", "hard of hearing", "impulsive", "irritable", "itchy", "lethargic",
        "lightheaded", "lights bother eyes", "lost smell", "lost taste", "manic", "mixed up", "nauseated", "nervous",
        "not hungry", "not peeing much", "pale", "passed out", "short of breath", "sleepy", "stops breathing",
        "sweaty", "swollen", "tender", "thirsty", "threw up", "tired", "unsteady on feet", "unwell", "vomited",
        "warm to touch", "weak", "wheezy", "worn out",
    )
)  # fmt: skip
"""Surfaces that no slot of a template takes, since a noun belongs there; they are only read, not written."""

AS_NEEDED_CLASSES = frozenset(
    (
        "NSAID", "analgesic", "antacid", "antiemetic", "antihistamine", "cough medicine", "decongestant", "emollient",
        "inhaled bronchodilator", "laxative", "muscle relaxant", "opioid", "triptan", "menthol topical", "sunscreen",
    )
)  # fmt: skip
"""Drugs without a schedule in `doses.tsv` that are taken when they are needed."""

_AS_NEEDED = re.compile(r"as needed|\bprn\b")

AMBIGUOUS_SHARE = 0.25
"""How much of its weight an ambiguous surface keeps."""


@dataclass(frozen=True)
class Dose:
    """How a drug is usually given: any of the amounts in any of the schedules."""

    amounts: tuple[str, ...]
    schedules: tuple[str, ...]


@dataclass(frozen=True)
class Injury:
    """A condition of a body site: everything that is said of it, with `{side}` and `{his}` to fill."""

    site: str
    paired: bool
    conditions: tuple[str, ...]
    complaints: tuple[str, ...]
    imaging: tuple[str, ...]
    procedures: tuple[str, ...]
    drugs: tuple[str, ...]
    areas: tuple[str, ...]


class Vocabulary:
    """Look-ups over a knowledge graph for drawing patients and writing terms. Read-only once made."""

    def __init__(
        self, graph: KnowledgeGraph, folder: Path = TEMPLATE_FOLDER, *, without: frozenset[str] = frozenset()
    ) -> None:
        self.graph = graph
        self.without = without
        """Kinds of surfaces that no term is written with, where the concept has another."""
        self.doses = _doses(folder / "doses.tsv")
        self.injuries = _injuries(folder / "injuries.tsv")
        self._settings = _settings(folder / "drug_settings.tsv")
        self.heads: dict[tuple[str, str, str], tuple[Concept, ...]] = _index(graph, of_tail=True)
        """(relation, tail id, head label) -> heads."""
        self.tails: dict[tuple[str, str, str], tuple[Concept, ...]] = _index(graph, of_tail=False)
        """(relation, head id, tail label) -> tails."""
        self._by_surface = _surfaces(graph)
        self._pools: dict[str, tuple[tuple[Concept, ...], list[float]]] = {}
        self.analytes = {self.named(text, "Lab_Test").id: name for name, texts in NAMES.items() for text in texts}
        """The names in `draw_labs` of the tests that panels have, by their ids."""
        self.diseases = tuple(
            disease for disease in graph.concepts("Disease", generated=True) if self._has_story(disease)
        )
        if not self.diseases:
            raise InputError("the knowledge graph has no disease with treatments or symptoms to write notes about")
        self._disease_weights = _cumulated(self.diseases)
        self.preventions = tuple(
            (graph.concept[fact.subject], graph.concept[fact.object])
            for fact in graph.facts_of("prevents")
            if _drawn(graph, fact.subject) and _drawn(graph, fact.object)
        )
        self.reactions = tuple(
            (graph.concept[fact.subject], graph.concept[fact.object])
            for fact in graph.facts_of("causes")
            if _drawn(graph, fact.subject)
            and _drawn(graph, fact.object)
            and graph.concept[fact.subject].label in ("Drug", "Procedure")
        )

    def draw_disease(self, rng: Random, sex: str, age: int, taken: Sequence[str] = ()) -> Concept:
        """A disease that suits sex and age, by the square root of its weight."""
        for _ in range(60):
            disease = rng.choices(self.diseases, cum_weights=self._disease_weights)[0]
            if disease.suits(sex, age) and disease.id not in taken:
                return disease
        suited = [disease for disease in self.diseases if disease.suits(sex, age)]
        return rng.choice(suited or list(self.diseases))

    def draw(self, rng: Random, label: str) -> Concept | None:
        """Any concept of a label, by the square root of its weight; None where the graph has none."""
        if label not in self._pools:
            pool = self.graph.concepts(label, generated=True)
            self._pools[label] = pool, _cumulated(pool)
        pool, weights = self._pools[label]
        return rng.choices(pool, cum_weights=weights)[0] if pool else None

    def named(self, text: str, label: str) -> Concept:
        """The concept with that surface, or one without id where the graph has none."""
        found = self._by_surface.get((label, text.lower()))
        if found is None:
            return Concept("", label, text, surfaces=(Surface(text, "preferred"),))
        return replace(found, name=text, surfaces=(Surface(text, "preferred"),))

    def term(self, concept: Concept, rng: Random, register: str, values: dict[str, str] | None = None) -> Term:
        """A surface of a concept for a register, with a dose for a drug."""
        surface = _surface(concept, rng, register, self.without)
        dose = ""
        if concept.label == "Drug" and surface.kind != "class":
            dose = self._dose(concept, rng, register)
        return Term(concept.label, surface.text, concept.id or None, dose, values or {})

    def over_the_counter(self, drug: Term | Concept) -> bool:
        """Whether it is sold without a prescription under that name."""
        setting, others = self._setting(drug)
        return setting == "counter" and not (isinstance(drug, Term) and drug.surface in others)

    def given_by_staff(self, drug: Term | Concept) -> bool:
        """Whether it is given where patients are treated, as an infusion is, and not taken at home."""
        return self._setting(drug)[0] == "clinic"

    def as_needed(self, drug: Term) -> bool:
        """Whether it is taken when it is needed, as its schedules in `doses.tsv` or its class say."""
        name = self.graph.concept[drug.concept].name if drug.concept in self.graph.concept else drug.surface
        schedules = [schedule for dose in self.doses.get(name.lower(), ()) for schedule in dose.schedules]
        return name in AS_NEEDED_CLASSES or any(_AS_NEEDED.search(schedule) for schedule in schedules)

    def _setting(self, drug: Term | Concept) -> tuple[str, tuple[str, ...]]:
        id = drug.concept if isinstance(drug, Term) else drug.id
        return self._settings.get(self.graph.concept[id].name, ("", ())) if id in self.graph.concept else ("", ())

    def _dose(self, concept: Concept, rng: Random, register: str) -> str:
        known = self.doses.get(concept.name.lower())
        if known is None or rng.random() < 0.15:
            return ""
        dose = rng.choice(known)
        amount, schedule = rng.choice(dose.amounts), rng.choice(dose.schedules)
        if register == "s":
            short = amount.removesuffix(" mg") if rng.random() < 0.5 else amount.replace(" mg", "mg")
            return short if rng.random() < 0.4 else f"{short} {schedule}"
        return amount if rng.random() < 0.2 else f"{amount} {schedule}"

    def _has_story(self, disease: Concept) -> bool:
        treated = any(self.heads.get(("treats", disease.id, label)) for label in ("Drug", "Procedure"))
        return treated or bool(self.tails.get(("causes", disease.id, "Symptom")))


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary of the project's own knowledge graph."""
    return Vocabulary(load_graph())


def pick(rng: Random, items: Sequence[Concept], count: int) -> list[Concept]:
    """Up to `count` different items."""
    return rng.sample(list(items), min(count, len(items)))


def _surface(concept: Concept, rng: Random, register: str, without: frozenset[str]) -> Surface:
    if not concept.surfaces:
        return Surface(concept.name, "preferred")
    if len(concept.surfaces) == 1:
        return concept.surfaces[0]
    shares = KIND_WEIGHTS[register]
    kinds: dict[str, list[Surface]] = {}
    for surface in concept.surfaces:
        if surface.text.startswith("the ") or surface.text in NOT_NOUNS:
            continue  # a mention is a noun without its article
        kinds.setdefault(surface.kind, []).append(surface)
    left = {name: shares.get(name, 5) for name in kinds if name not in without} or dict.fromkeys(kinds, 1)
    kind = rng.choices(list(left), list(left.values()))[0]
    weights = [max(item.weight, 0.05) * (AMBIGUOUS_SHARE if item.ambiguous else 1) for item in kinds[kind]]
    return rng.choices(kinds[kind], weights)[0]


def _cumulated(concepts: Sequence[Concept]) -> list[float]:
    top = max((concept.weight for concept in concepts), default=1.0)
    return list(accumulate(sqrt(max(concept.weight, top * 0.002)) for concept in concepts))


def _drawn(graph: KnowledgeGraph, id: str) -> bool:
    return id in graph.concept and graph.concept[id].weight > 0


def _index(graph: KnowledgeGraph, *, of_tail: bool) -> dict[tuple[str, str, str], tuple[Concept, ...]]:
    found: dict[tuple[str, str, str], list[Concept]] = defaultdict(list)
    for relation in ("treats", "causes", "indicates", "prevents"):
        for fact in graph.facts_of(relation):
            if not (_drawn(graph, fact.subject) and _drawn(graph, fact.object)):
                continue
            other, key = (fact.subject, fact.object) if of_tail else (fact.object, fact.subject)
            concept = graph.concept[other]
            found[relation, key, concept.label].append(concept)
    return {key: tuple(concepts) for key, concepts in found.items()}


def _surfaces(graph: KnowledgeGraph) -> dict[tuple[str, str], Concept]:
    found: dict[tuple[str, str], Concept] = {}
    for concept in graph.concepts():
        for surface in concept.surfaces:
            if not surface.ambiguous:
                found.setdefault((concept.label, surface.text.lower()), concept)
    return found


def _doses(path: Path) -> dict[str, tuple[Dose, ...]]:
    """The doses of each drug; each row holds amounts that go with each of its schedules."""
    found: dict[str, tuple[Dose, ...]] = {}
    for row in read_table(path, ("drug", "doses", "sig")):
        dose = Dose(tuple(row["doses"].split("|")), tuple(row["sig"].split("|")))
        found[row["drug"]] = (*found.get(row["drug"], ()), dose)
    return found


def _settings(path: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """`counter` for a drug that is sold without a prescription, `clinic` where staff give it; names to leave out."""
    rows = read_table(path, ("drug", "setting", "except"))
    return {row["drug"]: (row["setting"], tuple(row["except"].split("|"))) for row in rows}


def _injuries(path: Path) -> tuple[Injury, ...]:
    lists = ("conditions", "complaints", "imaging", "procedures", "drugs", "areas")
    return tuple(
        Injury(row["site"], row["paired"] == "1", *(tuple(row[name].split("|")) for name in lists))
        for row in read_table(path, ("site", "paired", *lists))
    )
