"""The patient behind a note: who they are, what they have, what is done for it. The note only reports this state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from odin.knowledge.graph import Concept, Surface
from odin.synthesis.labs import Vitals, draw_labs, draw_vitals
from odin.synthesis.vocabulary import Injury, Vocabulary, pick

INJURY_SHARE = 0.22
"""How many patients come for an injury or a joint; half of the visits in the reference notes do."""


@dataclass(frozen=True)
class Problem:
    """A disease of the patient with what belongs to it."""

    disease: Concept
    drugs: tuple[Concept, ...] = ()
    procedures: tuple[Concept, ...] = ()
    symptoms: tuple[Concept, ...] = ()
    """Present, and caused by the disease."""
    absent: tuple[Concept, ...] = ()
    labs: tuple[Concept, ...] = ()
    studies: tuple[Concept, ...] = ()
    signs: tuple[Concept, ...] = ()
    """Findings that are evidence for it."""
    complications: tuple[Concept, ...] = ()
    injury: bool = False


@dataclass(frozen=True)
class Patient:
    """Everything that a note may report. `problems` starts with the reason for the visit."""

    sex: str
    age: int
    problems: tuple[Problem, ...]
    resolved: tuple[Problem, ...]
    """Diseases that are over, with what was done for them."""
    family: tuple[Concept, ...]
    allergies: tuple[tuple[Concept, Concept], ...]
    """(drug, reaction)."""
    reactions: tuple[tuple[Concept, Concept], ...]
    """(drug or procedure, adverse effect), of what the patient gets."""
    preventions: tuple[tuple[Concept, Concept], ...]
    """(drug or procedure, what it prevents)."""
    doubts: tuple[Concept, ...]
    """Diseases that are considered and not found."""
    vitals: Vitals
    labs: dict[str, str]
    side: str
    joint: str

    @property
    def drugs(self) -> tuple[Concept, ...]:
        """The medication list, each drug once."""
        found = {drug.name: drug for problem in self.problems for drug in problem.drugs}
        return tuple(found.values())


def draw_patient(vocabulary: Vocabulary, rng: Random) -> Patient:
    """A patient; equal generators give equal patients."""
    sex = rng.choice(("female", "male"))
    age = _age(rng)
    side = rng.choice(("right", "left"))
    injury = rng.choice(vocabulary.injuries)
    problems: list[Problem] = []
    if rng.random() < INJURY_SHARE and age >= 12:
        problems.append(draw_injury(vocabulary, injury, side, sex, age, rng))
    taken: list[str] = []
    wanted = len(problems) + rng.choices((1, 2, 3, 4, 5), (22, 30, 24, 15, 9))[0]
    while len(problems) < wanted:
        disease = vocabulary.draw_disease(rng, sex, age, taken)
        taken.append(disease.id)
        problems.append(draw_problem(vocabulary, disease, sex, age, rng))
    resolved = []
    for _ in range(rng.choice((0, 1, 1, 2))):
        disease = vocabulary.draw_disease(rng, sex, age, taken)
        taken.append(disease.id)
        resolved.append(draw_problem(vocabulary, disease, sex, age, rng))
    names = " ".join(problem.disease.name.lower() for problem in problems)
    allergies = _allergies(vocabulary, problems, sex, age, rng)
    banned = {drug.id for drug, _ in allergies if drug.id}
    problems = _one_of_a_class([_without(problem, banned) for problem in problems])
    return Patient(
        sex=sex,
        age=age,
        problems=tuple(problems),
        resolved=tuple(resolved),
        family=tuple(_others(vocabulary, taken, 3, rng)),
        allergies=allergies,
        reactions=_reactions(vocabulary, problems, sex, age, rng),
        preventions=_preventions(vocabulary, problems, banned, sex, age, rng),
        doubts=tuple(item for item in _others(vocabulary, taken, 3, rng) if item.suits(sex, age)),
        vitals=draw_vitals(rng, names, age),
        labs=draw_labs(rng, sex, age, names),
        side=side,
        joint=injury.site,
    )


def draw_problem(vocabulary: Vocabulary, disease: Concept, sex: str, age: int, rng: Random) -> Problem:
    """A disease with a plausible part of what the graph knows of it."""
    heads, tails = vocabulary.heads, vocabulary.tails
    fits = lambda items: [item for item in items if item.suits(sex, age)]  # noqa: E731
    symptoms = fits(tails.get(("causes", disease.id, "Symptom"), ()))
    chosen = pick(rng, symptoms, 6)
    cut = rng.randint(1, 3)
    known = fits(heads.get(("treats", disease.id, "Drug"), ()))
    dosed = [drug for drug in known if drug.name.lower() in vocabulary.doses]
    drugs = pick(rng, dosed if len(dosed) > 2 and rng.random() < 0.7 else known, rng.choice((1, 1, 2, 2, 3)))
    return Problem(
        disease=disease,
        drugs=tuple(drugs),
        procedures=tuple(pick(rng, fits(heads.get(("treats", disease.id, "Procedure"), ())), rng.choice((1, 1, 2)))),
        symptoms=tuple(chosen[:cut]),
        absent=tuple(chosen[cut:]),
        labs=tuple(pick(rng, fits(heads.get(("indicates", disease.id, "Lab_Test"), ())), 2)),
        studies=tuple(pick(rng, fits(heads.get(("indicates", disease.id, "Procedure"), ())), 2)),
        signs=tuple(pick(rng, fits(heads.get(("indicates", disease.id, "Symptom"), ())), 2)),
        complications=tuple(pick(rng, fits(tails.get(("causes", disease.id, "Disease"), ())), 1)),
    )


def draw_injury(vocabulary: Vocabulary, injury: Injury, side: str, sex: str, age: int, rng: Random) -> Problem:
    """A condition of a body site, written with its side."""
    his = "his" if sex == "male" else "her"

    conditions = [_sided(vocabulary, item, "Disease", side, his) for item in injury.conditions]
    disease = rng.choice([item for item in conditions if item.suits(sex, age)] or conditions)

    def named(items: Sequence[str], label: str, count: int, relation: str) -> tuple[Concept, ...]:
        found = [_sided(vocabulary, item, label, side, his) for item in items]
        stated = [item for item in found if _holds(vocabulary, item, relation, disease)]
        return tuple(rng.sample(stated, min(count, len(stated))))

    complaints = named(injury.complaints, "Symptom", 4, "causes")
    return Problem(
        disease=disease,
        drugs=named(injury.drugs, "Drug", rng.choice((1, 1, 2)), "treats"),
        procedures=named(injury.procedures, "Procedure", rng.choice((1, 2, 3)), "treats"),
        symptoms=complaints[:2],
        absent=complaints[2:],
        studies=named(injury.imaging, "Procedure", 1, "indicates"),
        signs=(vocabulary.named(f"tenderness over the {rng.choice(injury.areas)}", "Symptom"),),
        injury=True,
    )


def _holds(vocabulary: Vocabulary, item: Concept, relation: str, disease: Concept) -> bool:
    """True where the graph states it, or knows one of the two only by its words: then `injuries.tsv` vouches for it."""
    if not (item.id and disease.id):
        return True
    head, tail = (disease, item) if relation == "causes" else (item, disease)
    return vocabulary.graph.is_true(head.id, relation, tail.id)


def _sided(vocabulary: Vocabulary, text: str, label: str, side: str, his: str) -> Concept:
    base = vocabulary.named(" ".join(text.replace("{side}", "").replace("{his}", "").split()), label)
    written = text.replace("{side}", side).replace("{his}", his)
    if label == "Drug" and base.id:
        return vocabulary.graph.concept[base.id]
    return replace(base, name=written, surfaces=(Surface(written, "preferred"),))


def _age(rng: Random) -> int:
    low, high = rng.choices(((1, 12), (13, 17), (18, 39), (40, 64), (65, 92)), (6, 5, 24, 35, 30))[0]
    return rng.randint(low, high)


def _others(vocabulary: Vocabulary, taken: Sequence[str], count: int, rng: Random) -> list[Concept]:
    found: dict[str, Concept] = {}
    for _ in range(count):
        disease = vocabulary.draw_disease(rng, rng.choice(("female", "male")), 55, taken)
        found[disease.id] = disease
    return list(found.values())


def _allergies(
    vocabulary: Vocabulary, problems: Sequence[Problem], sex: str, age: int, rng: Random
) -> tuple[tuple[Concept, Concept], ...]:
    """Drugs the patient does not take, each with a reaction that the graph knows."""
    if rng.random() < 0.5:
        return ()
    given = {drug.id for problem in problems for drug in problem.drugs}
    pairs = [
        pair
        for pair in vocabulary.reactions
        if pair[0].label == "Drug" and pair[0].id not in given and _suit(pair, sex, age)
    ]
    return tuple(rng.sample(pairs, min(len(pairs), rng.choice((1, 1, 2)))))


def drug_class(drug: Concept) -> str | None:
    """The class of which a patient takes one, such as `-statin`; None where two may go together."""
    found = _CLASS.search(drug.name.lower())
    return "NSAID" if drug.name.lower() in _NSAIDS else found and found[0]


_CLASS = re.compile(r"(?:statin|prazole|pril|sartan|olol|xaban|gliptin|gliflozin|triptan|tidine|setron|azepam)$")
_NSAIDS = frozenset(
    (
        "celecoxib", "diclofenac", "etodolac", "ibuprofen", "indomethacin", "ketorolac", "meloxicam", "nabumetone",
        "naproxen", "oxaprozin", "piroxicam", "sulindac",
    )
)  # fmt: skip


def _one_of_a_class(problems: Sequence[Problem]) -> list[Problem]:
    """The problems with no second drug of a class."""
    taken: dict[str, str] = {}
    return [
        replace(
            problem,
            drugs=tuple(
                drug for drug in problem.drugs if taken.setdefault(drug_class(drug) or drug.id, drug.id) == drug.id
            ),
        )
        for problem in problems
    ]


def _without(problem: Problem, banned: set[str]) -> Problem:
    if not any(drug.id in banned for drug in problem.drugs):
        return problem
    return replace(problem, drugs=tuple(drug for drug in problem.drugs if drug.id not in banned))


def _reactions(
    vocabulary: Vocabulary, problems: Sequence[Problem], sex: str, age: int, rng: Random
) -> tuple[tuple[Concept, Concept], ...]:
    pairs = []
    for problem in problems:
        for cause in (*problem.drugs, *problem.procedures):
            effects = [
                effect
                for label in ("Symptom", "Disease")
                for effect in vocabulary.tails.get(("causes", cause.id, label), ())
                if effect.suits(sex, age)
            ]
            pairs += [(cause, effect) for effect in pick(rng, effects, 2)]
    rng.shuffle(pairs)
    if not pairs and vocabulary.reactions:
        suited = [pair for pair in vocabulary.reactions if _suit(pair, sex, age)]
        pairs = rng.sample(suited, min(2, len(suited)))
    return tuple(pairs[:3])


def _preventions(
    vocabulary: Vocabulary, problems: Sequence[Problem], banned: set[str], sex: str, age: int, rng: Random
) -> tuple[tuple[Concept, Concept], ...]:
    given = {drug.id for problem in problems for drug in problem.drugs}
    have = [concept for problem in problems for concept in (problem.disease, *problem.complications)]
    tails = {tail.id: tail for _, tail in vocabulary.preventions}
    present = {tail.id for tail in tails.values() if any(_kin(tail, own) for own in have)}
    suited = [
        (head, tail)
        for head, tail in vocabulary.preventions
        if head.id not in banned and tail.id not in present and _suit((head, tail), sex, age)
    ]
    own = [pair for pair in suited if pair[0].id in given]
    chosen = pick_pairs(rng, own, 2) + pick_pairs(rng, suited, 3)
    return tuple(dict.fromkeys(chosen))[:3]


def _kin(one: Concept, other: Concept) -> bool:
    """Whether the name of one is in the other's, as that of diabetes is in that of its second type."""
    names = one.name.lower(), other.name.lower()
    return one.id == other.id or names[0] in names[1] or names[1] in names[0]


def _suit(pair: tuple[Concept, Concept], sex: str, age: int) -> bool:
    return pair[0].suits(sex, age) and pair[1].suits(sex, age)


def pick_pairs(rng: Random, pairs: Sequence[tuple[Concept, Concept]], count: int) -> list[tuple[Concept, Concept]]:
    """Up to `count` different pairs."""
    return rng.sample(list(pairs), min(count, len(pairs)))
