"""The notes that were written and annotated for training: whole, allowed, and nothing of a dev set in them."""

from pathlib import Path

import pytest

from odin.corpora import jsonl
from odin.corpora.catalog import load
from odin.corpora.leaks import leaks
from odin.labels import load_label_set
from odin.schema import ASSERTIONS

FOLDER = Path(__file__).parents[1] / "data" / "written_notes"


@pytest.fixture(scope="module")
def notes():
    return [note for path in sorted(FOLDER.glob("*.jsonl.gz")) for note in jsonl.read(path)]


def test_every_mention_and_relation_is_one_that_the_label_set_knows(notes):
    labels = load_label_set("clinical")
    assert len(notes) > 500
    for note in notes:
        entities = note.entity_by_id
        assert {entity.label for entity in note.entities} <= set(labels.entity_labels)
        assert {entity.assertion for entity in note.entities} <= set(ASSERTIONS)
        for relation in note.relations:
            ends = entities[relation.head].label, entities[relation.tail].label
            assert relation.label in labels.allowed(*ends), note.id


def test_no_note_is_twice_there_and_none_stands_in_a_dev_set(notes, corpora):
    assert len({note.text for note in notes}) == len(notes)
    held = [note for split in ("dev", "written_dev") for note in load("clinical_notes", split, corpora)]
    assert not leaks(notes, held, threshold=0.2)
