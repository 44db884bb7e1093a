"""Documents as instruction records and back; locating what a model names."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markup import document
from strategies import documents

from odin.alignment import locate
from odin.errors import AnnotationError, InputError
from odin.schema import ReadReport
from odin.synthesis.instructions import STYLES, canonical, from_record, read_answer, split_of, to_record


@pytest.mark.parametrize(
    ("text", "surface", "near", "taken", "span"),
    [
        ("Chest pain, chest pain.", "chest pain", None, (), (12, 22)),
        ("Chest  pain.", "chest pain", None, (), (0, 11)),
        ("painful pain", "pain", None, (), (8, 12)),
        ("pain pain pain", "pain", 9, (), (10, 14)),
        ("pain pain", "pain", None, [(0, 4)], (5, 9)),
        ("no such word", "fever", None, (), None),
        ("anything", "  ", None, (), None),
        ("a+b (c)", "(c)", None, (), (4, 7)),
    ],
)
def test_a_surface_is_located_exactly_or_loosely_or_not_at_all(text, surface, near, taken, span):
    assert locate(text, surface, near, taken) == span


@given(st.text(max_size=60), st.text(min_size=1, max_size=8), st.integers(0, 60))
def test_what_is_located_reads_like_the_surface(text, surface, near):
    span = locate(text, surface, near)
    if span is None:
        assert not surface.strip() or surface not in text
    else:
        found = text[slice(*span)]
        assert found == surface or "".join(found.split()).casefold() == "".join(surface.split()).casefold()


def whole(value):
    """The document without what no record can hold."""
    kept = tuple(entity for entity in value.entities if not entity.fragments)
    ids = {entity.id for entity in kept}
    relations = {(r.label, r.head, r.tail): r for r in value.relations if r.head in ids and r.tail in ids}
    return replace(value, entities=kept, relations=tuple(relations.values()), concept_relations=())


@settings(max_examples=60, deadline=None)
@given(documents(), st.sampled_from(STYLES))
def test_a_record_gives_the_document_back(value, style):
    value = whole(value)
    report = ReadReport()
    record = json.loads(json.dumps(to_record(value, style)))
    assert from_record(record, report) == canonical(value)
    assert not report.dropped


def test_a_surface_that_stands_twice_is_counted():
    value = document("Pain. No [pain](Symptom|negated) now; [pain](Symptom) later.")
    assert from_record(to_record(value)) == canonical(value)


def test_what_a_model_invents_is_reported_and_what_it_writes_otherwise_is_located():
    answer = """Sure! ```json
    {"entities": [{"label": "Drug", "text": "ASPIRIN"}, {"label": "Disease", "text": "gout"},
                  {"label": "Symptom", "text": "headache", "assertion": "imagined"}],
     "relations": [{"label": "treats", "head": 1, "tail": 2}, {"label": "treats", "head": 1, "tail": 1}]} ```"""
    report = ReadReport()
    value = read_answer("Aspirin for headache.", answer, report=report)
    assert [(e.label, e.span) for e in value.entities] == [("Drug", (0, 7))]
    assert value.relations == ()
    assert len(report.dropped) == 4
    assert any("does not stand in the text" in why for _, _, why in report.dropped)
    assert any("located" in note for note in report.notes)


@pytest.mark.parametrize(
    "answer", ["", "no JSON", "{", "[1, 2]", '{"entities": 3}', '{"entities": [null, {"label": 1}]}']
)
def test_an_answer_that_is_none_gives_no_entity(answer):
    assert read_answer("Aspirin.", answer).entities == ()


def test_a_fragmented_mention_and_an_unknown_style_are_refused():
    value = document("[left and right arm pain](Symptom)")
    parts = replace(value.entities[0], fragments=((0, 4), (15, 24)))
    with pytest.raises(AnnotationError, match="fragments"):
        to_record(replace(value, entities=(parts,)))
    with pytest.raises(InputError, match="alpaca, chat"):
        to_record(value, "poem")
    with pytest.raises(InputError, match="needs input and output"):
        from_record({"id": "x"})


def test_splits_are_eighty_ten_ten_and_stay():
    names = [split_of(document("x", id=f"n{number}")) for number in range(4000)]
    assert 0.77 < names.count("train") / 4000 < 0.83
    assert 0.08 < names.count("dev") / 4000 < 0.12
    first = document("x", id="n1")
    assert split_of(first) == split_of(document("other text", id="n1"))
