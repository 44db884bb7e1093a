"""MTSamples under the project's annotations: whole, allowed, of the texts that they were made of, and of no dev set."""

import gzip
import json
from pathlib import Path

import pytest

from odin.corpora import mtsamples
from odin.corpora.catalog import load
from odin.corpora.leaks import leaks
from odin.errors import FormatError
from odin.labels import load_label_set
from odin.schema import ASSERTIONS, Document, ReadReport

FILE = "mtsamples_subset.jsonl.gz"


@pytest.fixture(scope="module")
def notes(corpora: Path, tmp_path_factory) -> list[Document]:
    if (corpora / "mtsamples" / FILE).is_file():
        return list(load("mtsamples", "train", corpora))
    published = corpora.resolve().parent / "pretraining" / FILE
    if not published.is_file():
        pytest.skip(f"{corpora / 'mtsamples' / FILE} is absent")
    folder = tmp_path_factory.mktemp("corpora") / "mtsamples"
    folder.mkdir()
    (folder / FILE).symlink_to(published)
    return list(load("mtsamples", "train", folder.parent))


def test_every_annotated_report_has_its_text_and_only_what_the_label_set_knows(notes: list[Document]) -> None:
    labels = load_label_set("clinical")
    assert len(notes) == len(mtsamples.ANNOTATIONS.read_text().splitlines()) > 400
    for note in notes:
        entities = note.entity_by_id
        assert {entity.label for entity in note.entities} <= set(labels.entity_labels)
        assert {entity.assertion for entity in note.entities} <= set(ASSERTIONS)
        assert not any(note.text[it.start : it.end] != note.text[it.start : it.end].strip() for it in note.entities)
        for relation in note.relations:
            ends = entities[relation.head].label, entities[relation.tail].label
            assert relation.label in labels.allowed(*ends), note.id


def test_no_annotated_report_stands_in_a_dev_set(notes: list[Document], corpora: Path) -> None:
    held = [note for split in ("dev", "written_dev") for note in load("clinical_notes", split, corpora)]
    assert not leaks(notes, held, threshold=0.2)


def test_a_comma_that_stands_for_a_line_break_becomes_one() -> None:
    assert mtsamples.laid_out("PLAN:, Rest.,Return, if worse.,1. Ice.") == "PLAN:\nRest.\nReturn, if worse.\n1. Ice."


def test_a_report_that_is_not_the_annotated_one_is_refused_or_reported(tmp_path: Path) -> None:
    first = json.loads(mtsamples.ANNOTATIONS.read_text().splitlines()[0])["id"]
    path = tmp_path / FILE
    lines = [{"id": "other", "text": "No annotation."}, {"id": first, "text": "Another text."}, {"id": first}]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    with pytest.raises(FormatError, match=f"2: the text of {first} is not the one that was annotated"):
        list(mtsamples.read(path))
    report = ReadReport()
    assert list(mtsamples.read(path, report, strict=False)) == []
    assert [why for *_, why in report.dropped][1] == "a report is an object with an id and a text"
