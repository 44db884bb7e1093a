"""A short note with exactly so many entities and relations.

A statement with h heads and t tails has h + t entities and h * t relations; the note is a sum of such statements, and
single mentions fill up the entities.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random

from odin.errors import InputError
from odin.knowledge.graph import Concept
from odin.schema import Document, Provenance
from odin.synthesis.grammar import Template, TemplateBook
from odin.synthesis.patient import draw_patient
from odin.synthesis.realise import Term
from odin.synthesis.vocabulary import Vocabulary
from odin.synthesis.writer import Writer

MOST_ENTITIES, MOST_RELATIONS = 200, 400
_WIDEST = 6
"""The most heads or tails in one statement."""

_LINKS = (
    ("treats", "{H*} <for|to treat|given for> {T*}."),
    ("treats", "$He <takes|is taking|uses> {H*} for {T*}."),
    ("treats", "{T*} <treated with|managed with|controlled on> {H*}."),
    ("causes", "{T*} <due to|secondary to|from> {H*}."),
    ("causes", "{H*} <causing|with resulting|has caused> {T*}."),
)
"""Statements that take any number of heads and tails."""


def compact_note(
    vocabulary: Vocabulary, book: TemplateBook, rng: Random, id: str, entities: int, relations: int, *, seed: int
) -> Document:
    """The note. Raises InputError where the numbers cannot be met."""
    if not (0 <= entities <= MOST_ENTITIES and 0 <= relations <= MOST_RELATIONS):
        raise InputError(
            f"{entities} entities and {relations} relations: give 0 to {MOST_ENTITIES} and 0 to {MOST_RELATIONS}"
        )
    shapes = _shapes(entities, relations)
    if shapes is None:
        raise InputError(
            f"{relations} relations do not fit {entities} entities; at most {_most(entities)} do: ask for more entities"
        )
    writer = Writer(vocabulary, book, draw_patient(vocabulary, rng), rng, "p", Counter())
    spare = entities - sum(heads + tails for heads, tails in shapes)
    writer.say("hpi.quiet")
    for heads, tails in sorted(shapes, key=lambda _: rng.random()):
        _link(writer, heads, tails)
        if rng.random() < 0.4:
            writer.say("hpi.quiet")
    for _ in range(spare):
        _single(writer)
    writer.builder.trim()
    return writer.builder.document(
        id,
        meta={"note_type": "compact", "templates": [item.template for item in writer.builder.statements]},
        provenance=Provenance("generator", "odin.synthesis", seed=seed),
    )


@cache
def _shapes(entities: int, relations: int) -> tuple[tuple[int, int], ...] | None:
    """Statement shapes (heads, tails) with that many relations and at most so many entities; prefers single pairs."""
    best: dict[int, tuple[int, tuple[tuple[int, int], ...]]] = {0: (0, ())}
    shapes = [(heads, tails) for heads in range(1, _WIDEST + 1) for tails in range(1, _WIDEST + 1)]
    for count in range(1, relations + 1):
        options = []
        for heads, tails in shapes:
            if heads * tails <= count:
                cost, chosen = best[count - heads * tails]
                options.append((cost + heads + tails, (*chosen, (heads, tails))))
        best[count] = min(options, key=lambda item: (item[0], len(item[1]), item[1]))
    if 2 * relations <= entities:
        return ((1, 1),) * relations
    loose = 0
    for pairs in range(relations, -1, -1):
        cost, chosen = best[relations - pairs]
        if cost + 2 * pairs <= entities:
            return (*chosen, *((1, 1),) * pairs)
        loose = pairs
    return None if loose == 0 else best[relations][1]


def _most(entities: int) -> int:
    count = 0
    while count < MOST_RELATIONS and _shapes(entities, count + 1) is not None:
        count += 1
    return count


def _link(writer: Writer, heads: int, tails: int) -> None:
    """A statement that joins each of its heads to each of its tails."""
    rng, vocabulary = writer.rng, writer.vocabulary
    if heads == tails == 1:
        problem = vocabulary.draw_disease(rng, writer.patient.sex, writer.patient.age)
        for relation, label, kind in rng.sample(_KINDS, len(_KINDS)):
            options = writer.fitting(vocabulary.heads.get((relation, problem.id, label), ()))
            if options and _said(writer, kind, rng.choice(options), problem):
                return
    relation = rng.choice(("treats", "causes"))
    found = _block(writer, relation, heads, tails) or _block(
        writer, "treats" if relation == "causes" else "causes", heads, tails
    )
    if found is None:
        raise InputError(
            f"the knowledge graph has no {heads} concepts that share {tails} others; ask for fewer relations"
        )
    relation, left, right = found
    from odin.synthesis.grammar import RelationPattern, parse

    source = rng.choice([text for name, text in _LINKS if name == relation])
    template = Template(
        f"compact.{relation}", "compact", "p", parse(source), (RelationPattern(relation, "H", "T"),), frozenset("HT")
    )
    writer.builder.write(" " if writer.builder.pieces else "")
    writer.builder.say(template, {"H": _preferred(left), "T": _preferred(right)})


def _said(writer: Writer, kind: str, head: Concept, tail: Concept) -> bool:
    """True where a template with exactly one head and one tail states it."""
    return writer.say(kind, H=writer.tested(head, tail) if kind == "indicates.lab" else head, T=tail) is not None


def _block(writer: Writer, relation: str, heads: int, tails: int) -> tuple[str, list[Concept], list[Concept]] | None:
    """Concepts of which each head has the relation to each tail."""
    vocabulary, rng = writer.vocabulary, writer.rng
    for _ in range(400):
        first = vocabulary.draw_disease(rng, writer.patient.sex, writer.patient.age)
        if relation == "treats":
            pool = writer.fitting(vocabulary.heads.get(("treats", first.id, "Drug"), ()))
            reach = [
                {item.id for item in vocabulary.tails.get(("treats", drug.id, "Disease"), ())}
                | {item.id for item in vocabulary.tails.get(("treats", drug.id, "Symptom"), ())}
                for drug in pool
            ]
        else:
            pool = [*writer.fitting(vocabulary.heads.get(("causes", first.id, "Disease"), ())), first]
            reach = [{item.id for item in vocabulary.tails.get(("causes", cause.id, "Symptom"), ())} for cause in pool]
        chosen = rng.sample(range(len(pool)), min(heads, len(pool)))
        shared = set.intersection(*(reach[at] for at in chosen)) if len(chosen) == heads else set()
        shared -= {pool[at].id for at in chosen}
        ordered = [id for id in sorted(shared) if writer.fitting([vocabulary.graph.concept[id]])]
        if len(ordered) >= tails:
            picked = rng.sample(ordered, tails)
            return relation, [pool[at] for at in chosen], [vocabulary.graph.concept[id] for id in picked]
    return None


def _preferred(concepts: list[Concept]) -> list[Term]:
    return [Term(concept.label, concept.name, concept.id) for concept in concepts]


def _single(writer: Writer) -> None:
    """A sentence with one mention and no relation."""
    rng, patient = writer.rng, writer.patient
    said = None
    while said is None:
        kind, slot, label = rng.choice(_SINGLES)
        concept = writer.draw(label)
        if concept is None:
            concept = writer.vocabulary.draw_disease(rng, patient.sex, patient.age)
            kind, slot = "history.D", "D"
        said = writer.say(kind, **{slot: [concept]})


_KINDS = (
    ("treats", "Drug", "treats.drug.one"),
    ("treats", "Procedure", "treats.proc.one"),
    ("indicates", "Lab_Test", "indicates.lab"),
    ("indicates", "Procedure", "indicates.proc"),
    ("causes", "Disease", "causes.dz.D"),
    ("prevents", "Drug", "prevents.rx"),
)
_SINGLES = (
    ("deny", "S", "Symptom"),
    ("endorse", "S", "Symptom"),
    ("history.D", "D", "Disease"),
    ("family", "D", "Disease"),
    ("history.P", "P", "Procedure"),
    ("meds", "R", "Drug"),
    ("plan.lab", "X", "Lab_Test"),
)
