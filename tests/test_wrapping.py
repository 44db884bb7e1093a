"""Line breaks that only wrap a line are read as spaces, and no others."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odin.extraction.catalog import load_extractor
from odin.extraction.windows import split_words
from odin.labels import load_label_set
from odin.schema import Document
from odin.wrapping import unwrapped

PROSE = (
    "This is a 64 year old woman with long-standing and poorly controlled type 2 diabetes, hypertension and CKD who "
    "was sent in by her family doctor for three days of fever. She had been started on metformin and lisinopril by Dr. "
    "Adams. CT of the chest showed no pulmonary embolism. She denies chest pain."
)
LISTS = (
    "Medications:\nmetformin 500 mg twice daily with breakfast and with dinner\nlisinopril 10 mg daily\naspirin\n\n"
    "PLAN: continue all of the above and recheck the creatinine in a week\n1. Diabetes: metformin\n- call if worse\n"
)

WITHIN = 75
"""A width at which a mention of PROSE is wrapped."""


def wrapped(text, width):
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


@pytest.mark.parametrize("width", [50, 72, 80, 120])
def test_wrapped_prose_is_read_as_what_was_wrapped(width):
    assert "\n" in wrapped(PROSE, width)
    assert unwrapped(wrapped(PROSE, width)) == PROSE


def test_paragraphs_headings_and_items_stay_apart():
    note = f"HISTORY\n{wrapped(PROSE, 72)}\n\nPLAN:\n- metformin\n- lisinopril\n{wrapped(f'Follow-up: {PROSE}', 72)}"
    assert unwrapped(note) == f"HISTORY\n{PROSE}\n\nPLAN:\n- metformin\n- lisinopril\nFollow-up: {PROSE}"


def test_windows_line_ends_and_indented_lines_are_unwrapped_in_place():
    note = wrapped(PROSE, 72).replace("\n", " \r\n\t")
    assert unwrapped(note) == note.replace("\r", " ").replace("\n", " ")


@pytest.mark.parametrize(
    "text",
    [
        LISTS,
        PROSE,
        "",
        "\n\n",
        "Itching wakes him at night, bleeding where he has scratched\nAveeno helps\nno fever at home or since\ncold",
        "eczema\nasthma\nhay fever",
        PROSE.replace(". ", ".\n"),
    ],
)
def test_lines_that_mean_something_stay(text):
    assert unwrapped(text) == text


@given(st.text(st.sampled_from("ab cD1.:-\n\r\t"), max_size=400))
def test_every_other_character_keeps_its_place(text):
    read = unwrapped(text)
    assert len(read) == len(text)
    assert all(one == other or (one in "\r\n" and other == " ") for one, other in zip(text, read, strict=True))
    assert not any(word.line_breaks and "\n" not in read[word.start : word.end] for word in split_words(text))


@pytest.mark.parametrize("name", ["odin-mini", "dictionary"])
def test_the_same_is_found_in_a_note_that_was_wrapped(name):
    extractor, labels = load_extractor(name), load_label_set("clinical")
    plain, narrow = extractor.extract([Document("n", text) for text in (PROSE, wrapped(PROSE, WITHIN))], labels)

    def found(document):
        relations = {(relation.label, relation.head, relation.tail) for relation in document.relations}
        return [(e.id, e.label, e.start, e.end, e.assertion, e.concept) for e in document.entities], relations

    assert found(plain.document) == found(narrow.document)
    assert any("\n" in narrow.document.text[entity.start : entity.end] for entity in narrow.document.entities)


def test_mentions_stand_where_they_are_in_a_text_that_would_be_unwrapped_once_more():
    lines = (
        "given aspirin was given with the the nausea was with metformin",
        "daily She and with fever with fever ongoing",
        "ongoing for given cough for chest pain and given daily because was",
        "pain cough given was with ongoing for chest nausea because chest",
        "with pain for and because metformin fever with",
    )
    text = "\n".join(lines)
    assert unwrapped(unwrapped(text)) != unwrapped(text)
    (found,) = load_extractor("odin-mini").extract([Document("n", text)], load_label_set("clinical"))
    mentions = {text[entity.start : entity.end] for entity in found.document.entities}
    assert {"aspirin", "fever", "metformin"} <= mentions
    assert not mentions & {"with", "for", "and", "because", "given"}
