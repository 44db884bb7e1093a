"""What a synthetic note says fits what it says it of, over many notes."""

import re
from functools import cache

from odin.knowledge.tables import load_graph
from odin.schema import Document, Entity
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.synthesis.vocabulary import load_vocabulary


@cache
def many() -> tuple[Document, ...]:
    """Notes of every kind and several seeds."""
    seeds = range(4)
    return tuple(
        document for seed in seeds for document in MedicalTextGenerator(options=GenerationOptions(seed)).documents(200)
    )


def name_of(entity: Entity) -> str:
    concept = load_graph().concept.get(str(entity.concept))
    return concept.name if concept else ""


def following(pattern: str, label: str) -> list[tuple[str, Entity, Document]]:
    """The mentions of a label that stand right after a pattern, with what the pattern found."""
    found = []
    for document in many():
        for entity in document.entities:
            before = re.search(rf"(?:{pattern}) $", document.text[: entity.start])
            if entity.label == label and before:
                found.append((before.group(), entity, document))
    return found


def test_only_what_is_sold_without_a_prescription_is_taken_over_the_counter():
    found = following("over the counter", "Drug")
    assert found
    for _, entity, document in found:
        surface = entity.text_in(document.text)
        assert load_vocabulary().over_the_counter(load_graph().concept[str(entity.concept)]), (document.id, surface)
        assert surface not in ("Naprosyn", "Anaprox", "Ofirmev", "Solu-Cortef"), document.id


def test_what_staff_give_is_neither_taken_at_home_nor_refilled():
    found = following(r"takes|is taking|took|refill of the|Refill for|sent in|called in|prescribed", "Drug")
    assert len(found) > 50
    for words, entity, document in found:
        graph = load_graph()
        if entity.concept in graph.concept:
            at_home = not load_vocabulary().given_by_staff(graph.concept[entity.concept])
            assert at_home, (document.id, words, entity.text_in(document.text))


def test_what_a_note_says_is_there_it_does_not_deny():
    for document in many():
        said: dict[tuple[str, str], set[str]] = {}
        for entity in document.entities:
            surface = entity.text_in(document.text).lower()
            said.setdefault((entity.label, entity.concept or surface), set()).add(str(entity.assertion))
        both = [key for key, assertions in said.items() if {"present", "negated"} <= assertions]
        assert not both, (document.id, both)


def test_who_smokes_is_no_nonsmoker_and_who_is_retired_does_not_work():
    told = 0
    for document in many():
        smokes = re.search(r"is a smoker|smokes|packs? a day|ppd", document.text)
        never = re.search(r"never smoked|lifelong nonsmoker|Non-?\s?smoker|not smoke|No tob", document.text)
        assert not (smokes and never), document.id
        works = re.search(r"[Hh]e works|desk job|works as|employer|[Ww]ork note", document.text)
        assert not (works and re.search(r"[Rr]etired|unemployed", document.text)), document.id
        alone = re.search(r"lives? alone", document.text)
        assert not (alone and re.search(r"lives with|and lives at|Lives w", document.text)), document.id
        told += bool(smokes or never)
    assert told > 40


def test_a_patient_is_discharged_once():
    for document in many():
        ends = re.findall(r"was discharged [a-z ]+|cleared to go home|dc'd \w+", document.text)
        assert len(ends) <= 1, (document.id, ends)
