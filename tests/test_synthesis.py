"""Synthetic notes: templates, offsets, determinism, balance, numbers that fit, agreement with the graph."""

import json
import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notes_graph import notes_graph

from odin.__main__ import main
from odin.errors import FormatError, InputError
from odin.knowledge.tables import load_graph
from odin.labels import load_label_set
from odin.synthesis.abstracts import generate_abstracts
from odin.synthesis.consistency import contradictions
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.synthesis.grammar import TEMPLATE_FOLDER, Template, Value, load_templates, parse
from odin.synthesis.holdout import held_out_surfaces, held_out_templates
from odin.synthesis.noise import NO_NOISE, NoiseRates, add_noise
from odin.synthesis.patient import draw_patient
from odin.synthesis.plan import NOTE_TYPES
from odin.synthesis.realise import NoteBuilder, Piece, Term
from odin.synthesis.vocabulary import Vocabulary
from odin.synthesis.writer import Writer

VOCABULARY = Vocabulary(notes_graph())


def notes(count, seed=1, **options):
    return list(
        MedicalTextGenerator(options=GenerationOptions(seed=seed, **options), vocabulary=VOCABULARY).documents(count)
    )


def template(line, *relations):
    from odin.synthesis.grammar import RelationPattern, _slots

    nodes = parse(line)
    patterns = tuple(RelationPattern(label, head, tail) for label, head, tail in relations)
    return Template("test", "test", "p", nodes, patterns, frozenset(_slots(nodes)), line)


def said(line, *relations, **terms):
    builder = NoteBuilder(Random(1), lambda name: f"<{name}>")
    builder.say(template(line, *relations), {slot: list(items) for slot, items in terms.items()})
    return builder.document("d")


def test_a_template_gives_mentions_relations_and_cues_with_their_offsets():
    document = said(
        "$He ~denies~ {S*/n}, but {H} helps [S:T|pain].", ("treats", "H", "T"),
        S=[Term("Symptom", "fever"), Term("Symptom", "chills")], H=[Term("Drug", "aspirin", "RX:1")],
    )  # fmt: skip
    assert document.text == "<He> denies fever or chills, but aspirin helps pain."
    found = [(document.text[e.start : e.end], e.label, e.assertion) for e in document.entities]
    assert found == [
        ("fever", "Symptom", "negated"),
        ("chills", "Symptom", "negated"),
        ("aspirin", "Drug", "present"),
        ("pain", "Symptom", "present"),
    ]
    cue = document.entities[0].cue
    assert document.text[slice(*cue)] == "denies"
    assert document.entities[2].cue is None
    assert [(r.label, r.head, r.tail) for r in document.relations] == [("treats", "T3", "T4")]


def test_a_mention_may_hold_another():
    document = said("[D|{H} allergy] noted.", H=[Term("Drug", "penicillin")])
    assert [(document.text[e.start : e.end], e.label) for e in document.entities] == [
        ("Penicillin allergy", "Disease"),
        ("Penicillin", "Drug"),
    ]


@pytest.mark.parametrize("line", ["{bad}", "[X|rash]", "<a|b", "~no", "[S|rash"])
def test_a_template_that_does_not_parse_names_its_line(line):
    with pytest.raises(FormatError, match=r"template|slot|mention|column"):
        parse(line)


def test_every_template_asks_only_for_values_that_a_note_has():
    writer = Writer(VOCABULARY, load_templates(), draw_patient(VOCABULARY, Random(1)), Random(1), "p", Counter())

    def values(nodes):
        for node in nodes:
            if isinstance(node, Value) and node.slot is None:
                yield node.name
            for children in getattr(node, "options", ()):
                yield from values(children)
            yield from values(getattr(node, "children", ()))

    for name in sorted({name for item in load_templates().all() for name in values(item.nodes)} - {"a", "A"}):
        assert writer.value(name)


def test_every_template_states_its_relations_between_labels_that_may_be_joined():
    allowed = {item.label: set(item.pairs) for item in load_label_set("clinical").relations}
    for document in notes(200):
        for relation in document.relations:
            pair = tuple(document.entity_by_id[end].label for end in (relation.head, relation.tail))
            assert pair in allowed[relation.label], document.id


def test_equal_seeds_give_equal_bytes_with_any_number_of_processes():
    def lines(seed, **more):
        generator = MedicalTextGenerator(options=GenerationOptions(seed=seed), vocabulary=VOCABULARY)
        return [json.dumps(item.to_json()) for item in generator.documents(120, **more)]

    assert lines(5) == lines(5)
    assert lines(5) != lines(6)
    assert lines(5)[60:70] == [
        json.dumps(d.to_json()) for d in MedicalTextGenerator(5, vocabulary=VOCABULARY).documents(10, start=60)
    ]


def test_every_mention_is_where_it_says_and_no_relation_is_stated_twice():
    for document in notes(150):
        keys = [(r.label, r.head, r.tail) for r in document.relations]
        assert len(keys) == len(set(keys))
        for entity in document.entities:
            surface = document.text[entity.start : entity.end]
            assert surface, (document.id, entity)
            assert surface == surface.strip(), (document.id, entity)
            assert (entity.cue is None) or entity.assertion != "present"


def test_notes_agree_with_the_graph_and_with_themselves():
    graph = notes_graph()
    documents = notes(200)
    assert contradictions(documents, graph) == ()
    for document in documents:
        for relation in document.relations:
            head, tail = (document.entity_by_id[end].concept for end in (relation.head, relation.tail))
            if head and tail and not relation.negated:
                assert graph.is_true(head, relation.label, tail), (document.id, head, relation.label, tail)


@pytest.mark.parametrize(
    ("word", "article"),
    [("UTI", "A"), ("MRI", "An"), ("abscess", "An"), ("84-year-old", "An"), ("18", "An"), ("48", "A"), ("ulcer", "An")],
)
def test_the_article_agrees_with_what_follows(word, article):
    assert said("a {S} was seen.", S=[Term("Disease", word)]).text == f"{article} {word} was seen."


def test_what_is_no_number_stands_in_no_place_of_one():
    patient = draw_patient(VOCABULARY, Random(1))
    writer = Writer(VOCABULARY, load_templates(), patient, Random(1), "p", Counter())
    culture = Term("Lab_Test", "wound culture", values={"val": "positive", "norm": "negative", "abn": "a", "Abn": "A"})
    for _ in range(200):
        writer.say("indicates.lab", H=culture, T=patient.problems[0].disease)
        writer.line()
    text = "".join(piece.text for piece in writer.builder.pieces)
    assert "culture positive" in text
    assert not re.search(r"\b(of|[Aa]t) (positive|negative)", text)


def test_the_address_of_a_letter_stands_on_a_line_of_its_own():
    texts = [d.text for d in notes(40, note_types=("referral letter",))]
    assert any(re.search(r"Dear (Dr\. \w+|Colleague),?\n", text) for text in texts)
    assert not any(",." in text for text in texts)


def test_templates_leave_no_blank_before_a_mark_and_count_one_week_as_one():
    texts = " ".join(d.text for d in notes(300))
    assert not re.search(r"\w [.,;](?:\s|$)|\bin 1 (weeks|months)\b|\bthe the\b", texts)


def test_no_item_of_a_list_is_empty():
    empty = re.compile(r"^[ ]*(?:[-•*#]|\d+\.)[ ]*$", re.M)
    assert not [d.id for d in notes(200, balance=True) + notes(200, seed=2) if empty.search(d.text)]


def test_balance_keeps_every_label_and_relation_above_fifteen_percent():
    documents = notes(200, balance=True)
    labels = Counter(e.label for d in documents for e in d.entities)
    relations = Counter(r.label for d in documents for r in d.relations if not r.negated)
    assert len(labels) == 5
    assert min(labels.values()) >= 0.15 * sum(labels.values())
    assert len(relations) == 4
    assert min(relations.values()) >= 0.15 * sum(relations.values())


def test_bounds_hold_for_every_note():
    for document in notes(40, min_entities=4, max_entities=30, min_relations=1, max_relations=12, max_words=200):
        assert 4 <= len(document.entities) <= 30
        assert 1 <= len(document.relations) <= 12
        assert len(document.text.split()) <= 200


def test_the_command_writes_to_standard_output(tmp_path, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)
    call = ["generate", "--count", "3", "--workers", "1", "--output"]
    assert main([*call, "-"]) == 0
    printed = capfdbinary.readouterr().out
    assert not list(tmp_path.iterdir())
    assert main([*call, "notes.jsonl"]) == 0
    assert printed == (tmp_path / "notes.jsonl").read_bytes()
    assert main([*call, "-", "--llm-url", "http://127.0.0.1:9", "--llm-model", "m"]) == 2
    assert b"give a path, not -" in capfdbinary.readouterr().err


@pytest.mark.parametrize("option", ["--workers=0", "--llm-share=5"])
def test_the_command_refuses_a_number_that_cannot_be(option, tmp_path):
    with pytest.raises(SystemExit) as exit_:
        main(["generate", "--count", "1", "--output", str(tmp_path / "n.jsonl"), option])
    assert exit_.value.code == 2


def test_the_command_tells_of_bounds_that_cannot_be_in_its_own_words(tmp_path, capsys):
    call = ["generate", "--count", "1", "--output", str(tmp_path / "n.jsonl"), "--max-relations"]
    assert main([*call, "-2"]) == 2
    assert "--min-relations 0 and --max-relations -2: give 0 or more" in capsys.readouterr().err
    assert not (tmp_path / "n.jsonl").exists()


def test_bounds_that_no_note_meets_are_an_error_that_says_so():
    with pytest.raises(InputError, match="widen them"):
        notes(1, note_types=("social history",), min_relations=5)
    with pytest.raises(InputError, match="min_words"):
        GenerationOptions(min_words=9, max_words=3)
    with pytest.raises(InputError, match="unknown note type 'poem'"):
        GenerationOptions(note_types=("poem",))


@pytest.mark.parametrize("name", sorted(NOTE_TYPES))
def test_every_note_type_can_be_written(name):
    assert all(document.meta["note_type"] == name and document.text for document in notes(3, note_types=(name,)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 8), st.integers(0, 4), st.integers(0, 10**6))
def test_a_short_note_has_exactly_as_many_entities_and_relations_as_asked(spare, relations, seed):
    document = MedicalTextGenerator(seed, vocabulary=VOCABULARY).generate_clinical_note(
        2 * relations + spare, relations
    )
    assert (len(document.entities), len(document.relations)) == (2 * relations + spare, relations)


def test_the_default_short_note_shares_an_entity_between_relations():
    document = MedicalTextGenerator(42, vocabulary=VOCABULARY).generate_clinical_note(num_entities=5, num_relations=3)
    assert (len(document.entities), len(document.relations)) == (5, 3)


def test_relations_that_do_not_fit_the_entities_are_refused_with_the_most_that_do():
    with pytest.raises(InputError, match="at most 2 do"):
        MedicalTextGenerator(1, vocabulary=VOCABULARY).generate_clinical_note(num_entities=3, num_relations=5)


def test_a_data_set_comes_back_from_its_file(tmp_path):
    generator = MedicalTextGenerator(3, vocabulary=VOCABULARY)
    generator.generate_dataset(n=30, output_path=tmp_path / "notes.jsonl")
    assert generator.load_dataset(tmp_path / "notes.jsonl") == generator.generate_dataset(n=30)


def test_no_template_is_above_one_percent_of_the_statements():
    counts = Counter(name for d in notes(300) for name in d.meta["templates"] if not name.startswith("bare."))
    assert max(counts.values()) < 0.01 * sum(counts.values())


def test_noise_alters_words_but_not_the_marks():
    pieces = [
        Piece("open", key="0"),
        Piece("text", "hypertension"),
        Piece("close", key="0"),
        Piece("text", " is worsening."),
    ]
    noisy = add_noise(pieces, NoiseRates(misspelling=1.0), Random(2))
    assert [piece.kind for piece in noisy] == [piece.kind for piece in pieces]
    assert noisy[1].text != "hypertension"
    assert add_noise(pieces, NO_NOISE, Random(2)) == pieces


def test_abstracts_have_concept_relations_between_concepts_that_they_name():
    labels = load_label_set("biored")
    pairs = {item.label: item.pairs for item in labels.concept_relations}
    for document in generate_abstracts(30, 4, VOCABULARY):
        assert not document.relations
        assert document.concept_relations
        label_of = {entity.concept: entity.label for entity in document.entities}
        assert {entity.label for entity in document.entities} <= set(labels.entity_labels)
        stated = Counter()
        for relation in document.concept_relations:
            found = label_of[relation.head], label_of[relation.tail]
            assert found in pairs[relation.label] or found[::-1] in pairs[relation.label], (relation, found)
            stated[relation.head, relation.tail] += 1
        assert max(stated.values()) == 1


def test_every_template_has_an_id_of_its_own():
    lines = [line for path in TEMPLATE_FOLDER.glob("*.txt") for line in path.read_text(encoding="utf-8").split("\n")]
    assert len(load_templates().all()) == sum(bool(line) and not line.startswith(("# ", "@")) for line in lines)


def test_what_is_held_out_for_test_notes_never_stands_in_training_notes():
    held, variants = held_out_templates(load_templates()), held_out_surfaces(load_graph())
    assert 0.06 < len(held) / len(load_templates().all()) < 0.16
    assert len(variants) > 100

    def used(split):
        generator = MedicalTextGenerator(options=GenerationOptions(seed=4, split=split))
        documents = list(generator.documents(60))
        templates = [name for document in documents for name in document.meta["templates"]]
        surfaces = [(e.concept, e.text_in(document.text).lower()) for document in documents for e in document.entities]
        return documents, templates, surfaces

    lower = {(id, text.lower()) for id, text in variants}
    train, templates, surfaces = used("train")
    assert not held & set(templates)
    assert not lower & set(surfaces)
    test, templates, surfaces = used("test")
    assert sum(name in held for name in templates) / sum(not name.startswith("bare.") for name in templates) > 0.3
    assert sum(pair in lower for pair in surfaces) > 20
    assert contradictions(test, load_graph()) == ()
    assert not {item.id for item in train} & {item.id for item in test}


def test_an_unknown_split_is_refused():
    with pytest.raises(InputError, match="train or test"):
        GenerationOptions(split="dev")
