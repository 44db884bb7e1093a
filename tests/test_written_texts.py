"""Notes, abstracts and sentences that were written for training: whole, allowed, and nothing of a dev set in them."""

from pathlib import Path

import pytest

from odin.corpora import jsonl
from odin.corpora.catalog import load
from odin.corpora.leaks import leaks
from odin.extraction.groups import concept_ids
from odin.labels import joins, load_label_set
from odin.schema import ASSERTIONS, Document

DATA = Path(__file__).parents[1] / "data"
FILES = {
    "written_notes/notes": ("clinical", 4048),
    "written_notes/sections": ("clinical", 1294),
    "written_texts/ade": ("ade", 6272),
    "written_texts/biored": ("biored", 1399),
    "written_texts/chemprot": ("chemprot", 560),
    "written_texts/phee": ("phee", 5437),
}
"""Name to label set and number of texts, as the READMEs beside them say."""


@pytest.fixture(scope="module", params=FILES)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def documents(name: str) -> list[Document]:
    return list(jsonl.read(DATA / f"{name}.jsonl.gz"))


def test_every_file_is_known():
    assert {str(path.relative_to(DATA)) for path in DATA.glob("written_*/*.gz")} == {f"{it}.jsonl.gz" for it in FILES}


def test_every_mention_and_relation_is_one_that_the_label_set_knows(name, documents):
    labels, texts = load_label_set(FILES[name][0]), FILES[name][1]
    assert len(documents) == texts == len({document.text for document in documents})
    for document in documents:
        entities = document.entity_by_id
        assert {entity.label for entity in document.entities} <= set(labels.entity_labels)
        assert {entity.assertion for entity in document.entities} <= set(ASSERTIONS if labels.assertions else (None,))
        for relation in document.relations:
            ends = entities[relation.head].label, entities[relation.tail].label
            assert relation.label in labels.allowed(*ends), document.id


def test_concepts_are_related_as_the_label_set_allows(name, documents):
    known = {relation.label: relation for relation in load_label_set(FILES[name][0]).concept_relations}
    pairs = 0
    for document in documents:
        kinds = {concept: entity.label for entity in document.entities for concept in concept_ids(entity.concept)}
        for relation in document.concept_relations:
            assert joins(known[relation.label], kinds[relation.head], kinds[relation.tail]), document.id
            pairs += 1
    assert bool(pairs) == bool(known)


def test_nothing_written_stands_in_a_dev_set(name, documents, corpora):
    held = [note for split in ("dev", "written_dev") for note in load("clinical_notes", split, corpora)]
    assert not leaks(documents, held, threshold=0.2)
    for corpus in ("biored", "bc5cdr", "ncbi_disease", "ade", "phee", "chemprot"):
        assert not leaks(documents, list(load(corpus, "dev", corpora))), corpus
