"""Abstracts under the project's annotations: whole, allowed, of the texts that they were made of, and of no dev set."""

import gzip
import hashlib
import json
from functools import partial
from pathlib import Path

import pytest

from odin.corpora import abstracts, annotated
from odin.corpora.catalog import CORPORA, as_label_set, layout_in, load
from odin.corpora.leaks import held_back_by_id, leaks
from odin.errors import FormatError
from odin.extraction.groups import concept_ids
from odin.labels import LabelSet, joins, load_label_set
from odin.schema import ASSERTIONS, Document, ReadReport

SOURCES = {"train": "ncbi_disease/brat/train", "train.json": "phee/train.json", "ade": "ade"}
"""Files of the corpus whose names do not say which other corpus they are of."""


def published(file: str, corpora: Path) -> Path | None:
    """Where a file of the corpus stands in the folder of the corpus that it is of."""
    places = [corpora / SOURCES[file]] if file in SOURCES else [corpora / name / file for name in ("aioner", "bc5cdr")]
    places.append(corpora.resolve().parent / "pretraining" / file)
    return next((place.resolve() for place in places if place.exists()), None)


@pytest.fixture(scope="module")
def folder(corpora: Path, tmp_path_factory) -> Path:
    """A folder of corpora with links to the files that are at hand."""
    home = tmp_path_factory.mktemp("corpora") / abstracts.NAME
    home.mkdir()
    for file in {file for files in abstracts.READERS.values() for _, file in files}:
        place = published(file, corpora)
        if place is not None:
            (home / file).symlink_to(place)
    return home.parent


@pytest.fixture(scope="module", params=sorted(abstracts.READERS))
def split(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def documents(split: str, folder: Path) -> list[Document]:
    absent = [file for _, file in abstracts.READERS[split] if not (folder / abstracts.NAME / file).exists()]
    if absent:
        pytest.skip(f"{absent[0]} is absent")
    report = ReadReport()
    found = load(abstracts.NAME, split, folder, report=report)
    assert not report.dropped
    return found


def labels_of(split: str) -> LabelSet:
    names = ("clinical", "biored", "bc5cdr", "ncbi_disease", "ade", "phee", "chemprot")
    [name] = [name for name in names if split.startswith(name)]
    return load_label_set(name)


def test_every_annotation_has_its_text_and_only_what_the_label_set_knows(split: str, documents: list[Document]) -> None:
    labels = labels_of(split)
    made = annotated.by_text(abstracts.FOLDER / f"{split}.jsonl.gz")
    assert len(documents) == sum(map(len, made.values())) > 100
    for document in documents:
        entities = document.entity_by_id
        assert {entity.label for entity in document.entities} <= set(labels.entity_labels)
        assert {entity.assertion for entity in document.entities} <= set(ASSERTIONS if labels.assertions else (None,))
        assert all(e.text_in(document.text) == e.text_in(document.text).strip() for e in document.entities)
        for relation in document.relations:
            ends = entities[relation.head].label, entities[relation.tail].label
            assert relation.label in labels.allowed(*ends), document.id


def test_what_is_learnt_of_a_split_is_all_that_is_annotated(split: str, documents: list[Document]) -> None:
    for document in documents:
        read = as_label_set(document, labels_of(split).name)
        assert [e.key for e in read.entities] == [e.key for e in document.entities], document.id
        assert len(read.relations) == len(document.relations)
        assert len(read.concept_relations) == len(document.concept_relations)


def test_without_reports_of_trials_or_cases_the_rest_can_be_read(tmp_path: Path) -> None:
    home = tmp_path / abstracts.NAME
    home.mkdir()
    files = {file for own in abstracts.READERS.values() for _, file in own}
    for file in files:
        (home / file).touch()
    for absent in abstracts.REPORTS:
        (home / absent).unlink()
        found = layout_in(CORPORA[abstracts.NAME], home)
        assert set(found) == {s for s, own in abstracts.READERS.items() if absent not in {file for _, file in own}}
        (home / absent).touch()


def test_concepts_are_related_once_and_as_the_label_set_allows(split: str, documents: list[Document]) -> None:
    labels = labels_of(split)
    known = {relation.label: relation for relation in labels.concept_relations}
    pairs = 0
    for document in documents:
        kinds: dict[str, set[str]] = {}
        for entity in document.entities:
            for concept in concept_ids(entity.concept):
                kinds.setdefault(concept, set()).add(entity.label)
        seen = {frozenset((relation.head, relation.tail)) for relation in document.concept_relations}
        assert len(seen) == len(document.concept_relations), document.id
        for relation in document.concept_relations:
            ends = kinds[relation.head], kinds[relation.tail]
            assert relation.head != relation.tail
            assert any(joins(known[relation.label], a, b) for a in ends[0] for b in ends[1]), document.id
        pairs += len(seen)
    assert bool(pairs) == bool(known)


def test_the_labels_that_a_split_is_said_to_have_are_those_it_has(split: str, documents: list[Document]) -> None:
    found = {entity.label for document in documents for entity in document.entities}
    if split in abstracts.LABELS:
        assert set(abstracts.LABELS[split]) <= found
    elif split.startswith("biored_"):
        assert found | {"CellLine"} == set(load_label_set("biored").entity_labels)


def test_no_annotated_text_stands_in_a_dev_set(documents: list[Document], corpora: Path) -> None:
    assert not held_back_by_id(documents, corpora)
    for name in ("biored", "bc5cdr", "ncbi_disease", "ade", "phee", "chemprot", "maccrobat2020", "clinical_notes"):
        assert not leaks(documents, list(load(name, "dev", corpora))), name


def test_every_split_says_which_corpora_it_follows() -> None:
    corpus = CORPORA[abstracts.NAME]
    assert set(corpus.derived) == set(abstracts.READERS)
    assert {name for names in corpus.derived.values() for name in names} <= set(CORPORA)


def test_headings_of_a_report_are_those_of_an_abstract() -> None:
    report = "TITLE: \nAspirin in gout\n\nABSTRACT.METHODS:\nWe gave it.\n\nBODY.ABSTRACT:\nIt helped.\n\nBODY:\nEnd."
    assert abstracts.laid_out(report) == "Aspirin in gout\nMETHODS: We gave it.\nIt helped.\nEnd."


def test_a_report_that_is_not_in_its_form_is_refused_or_reported(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text('{"id": "a", "text": "TITLE: A"}\n{"id": "b", "text": null}\n')
    with pytest.raises(FormatError, match=r"2: a report is an object with an id and a text"):
        list(abstracts.reports(path, ReadReport(), True))
    report = ReadReport()
    assert list(abstracts.reports(path, report, False)) == [("a", "A")]
    assert len(report.dropped) == 1


def test_the_annotations_of_one_split_alone_are_held() -> None:
    for split in ("ade", "phee"):
        assert annotated.by_text(abstracts.FOLDER / f"{split}.jsonl.gz")
    assert annotated.by_text.cache_info().currsize == 1


def test_a_text_that_is_another_than_was_annotated_or_absent_is_refused_or_reported(tmp_path: Path) -> None:
    made, path = tmp_path / "made.jsonl.gz", tmp_path / "set.PubTator"
    annotation = {"of": "set/7", "start": 3, "length": 12, "entities": []}
    right = {**annotation, "id": "a", "sha256": hashlib.sha256(b"gave aspirin").hexdigest()}
    lines = [right, {**right, "id": "b", "start": 4}, {**right, "id": "c", "of": "set/9"}, {**right, "of": "other/7"}]
    made.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    path.write_text("7|t|We gave aspirin.\n8|t|Of no annotation.\n")
    reading = partial(annotated.read, texts=abstracts.texts, made=made)
    with pytest.raises(FormatError, match="the text of b is not the one that was annotated"):
        list(reading(path))
    report = ReadReport()
    assert [document.text for document in reading(path, report, strict=False)] == ["gave aspirin"]
    assert [why for *_, why in report.dropped][1:] == ["the text of c is not in the file"]
