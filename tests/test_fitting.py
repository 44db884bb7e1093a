"""What a synthetic note says fits what it says it of, over many notes."""

import re
from collections import Counter
from functools import cache

import pytest

from odin.knowledge.tables import load_graph
from odin.schema import Document, Entity
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.synthesis.realise import Term, is_plural
from odin.synthesis.vocabulary import NOT_NOUNS, load_vocabulary


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
    told = 0
    for document in many():
        ends = re.findall(r"was discharged [a-z ]+|cleared to go home|dc'd \w+", document.text)
        assert len(ends) <= 1, (document.id, ends)
        told += len(ends)
    assert told > 10


def test_a_test_comes_out_one_way_in_a_note():
    said = re.compile(r"(?::| is| was| of| at| came back at| returned at| =| \()? ?(\d+(?:\.\d+)?)(?! ?(?:wk|w|/|\d))")
    told = 0
    for document in many():
        values: dict[str, set[str]] = {}
        for entity in document.entities:
            found = said.match(document.text, entity.end)
            if entity.label == "Lab_Test" and entity.concept and found:
                values.setdefault(entity.concept, set()).add(found[1])
        assert all(len(found) == 1 for found in values.values()), (document.id, values)
        told += len(values)
    assert told > 500


def test_a_study_that_was_read_is_not_awaited():
    told = Counter()
    for document in many():
        awaited, read = set(), set()
        for entity in document.entities:
            if entity.label in ("Procedure", "Lab_Test"):
                after = document.text[entity.end :]
                if re.match(r" (has not been done|is scheduled|is pending|pend)", after):
                    awaited.add(entity.concept)
                elif re.match(r" (shows|showed|reveals|revealed|confirmed|was consistent|demonstrate)", after):
                    read.add(entity.concept)
        assert not awaited & read, document.id
        told.update(awaited=len(awaited), read=len(read))
    assert min(told.values()) > 20


def test_a_slot_for_a_noun_is_filled_with_a_noun():
    found = following(r"[Tt]he|His|Her|his|her|complains of|complaining of|presents with|develop(?:ed)?", "Symptom")
    assert len(found) > 200
    for words, entity, document in found:
        assert entity.text_in(document.text).lower() not in NOT_NOUNS, (document.id, words, entity)


def test_only_what_is_taken_when_it_is_needed_is_taken_as_needed():
    told = 0
    for document in many():
        for entity in document.entities:
            after = document.text[entity.end : entity.end + 15]
            concept = load_graph().concept.get(str(entity.concept))
            if entity.label == "Drug" and concept and re.match(r" (as needed|PRN|prn) ", after):
                assert load_vocabulary().as_needed(Term("Drug", concept.name, concept.id)), (document.id, concept.name)
                told += 1
    assert told > 3


def test_relief_and_a_scale_of_ten_are_of_what_is_felt():
    assert following("[Rr]elief of the", "Symptom")
    found = following("[Rr]elief of the", "Disease")
    found += [
        ("", entity, document)
        for document in many()
        for entity in document.entities
        if entity.label == "Disease" and re.match(r" has gone from a \d+ to", document.text[entity.end :])
    ]
    assert not found


@pytest.mark.parametrize(
    ("words", "plural"),
    [
        ("night sweats", True),
        ("NSAIDs", True),
        ("esophageal varices", True),
        ("antibiotics", True),
        ("swelling of the legs", False),
        ("pain in her legs", False),
        ("diabetes", False),
        ("AIDS", False),
        ("Graves'", False),
        ("Eliquis", False),
        ("hearing voices", False),
    ],
)
def test_what_takes_a_verb_in_the_plural(words, plural):
    assert is_plural(words) is plural


def test_a_subject_and_its_verb_agree():
    seen = 0
    for document in many():
        for entity in document.entities:
            surface, before = entity.text_in(document.text), document.text[: entity.start]
            verb = re.match(r" (is|was|has|are|were|have) ", document.text[entity.end :])
            if verb and re.search(r"(^|[.\n] ?)(The |His |Her )?$", before) and is_plural(surface):
                assert verb[1] in ("are", "were", "have"), (document.id, surface, verb[1])
                seen += 1
        assert not re.search(r"for \d+-year-old", document.text), document.id
    assert seen > 8


def test_what_helped_is_not_said_not_to_have_helped():
    for document in many():
        said: dict[tuple[str, str, str], set[bool]] = {}
        for relation in document.relations:
            ends = [document.entity_by_id[id] for id in (relation.head, relation.tail)]
            head, tail = (end.concept or end.text_in(document.text) for end in ends)
            said.setdefault((relation.label, head, tail), set()).add(relation.negated)
        assert all(len(negated) == 1 for negated in said.values()), (document.id, said)
