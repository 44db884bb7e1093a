"""What the Generate tab does, without a browser."""

import json
import zipfile

import pytest

from annotation.generate import handlers
from annotation.generate.generating import (
    AUGMENTATIONS,
    FORMATS,
    Run,
    documents_of,
    new_augmentation,
    new_run,
    perform,
    perform_augmentation,
    send_to_review,
    write_file,
)
from annotation.store import Store
from annotation.store.projects import project_documents
from odin.corpora import bioc, brat, jsonl
from odin.errors import FormatError, InputError
from odin.synthesis.generator import GenerationOptions
from odin.synthesis.instructions import from_record


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = new_run(12, tmp_path_factory.mktemp("run"))
    for _ in perform(made, GenerationOptions(seed=3)):
        pass
    return made


def test_a_run_writes_its_notes_and_counts_them(run):
    documents = documents_of(run)
    assert (run.done, run.finished, len(documents)) == (12, True, 12)
    assert sum(run.entity_labels.values()) == sum(len(document.entities) for document in documents)
    assert "12 of 12 notes" in run.status()
    assert [item.id for item in run.newest] == [item.id for item in documents]


@pytest.mark.parametrize("kind", list(FORMATS))
def test_every_download_reads_back(run, kind, tmp_path):
    path, report = write_file(run, kind, tmp_path)
    assert report.documents == 12
    texts = sorted(document.text for document in documents_of(run))
    if kind == "Native":
        found = [document.text for document in jsonl.read(path)]
    elif kind == "BioC":
        found = [document.text for document in bioc.read(path)]
    elif kind == "brat":
        zipfile.ZipFile(path).extractall(tmp_path / "brat")
        found = [document.text for document in brat.read(tmp_path / "brat")]
    else:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.startswith("chat/")]
            lines = [line for name in names for line in archive.read(name).decode().splitlines()]
        found = [from_record(json.loads(line)).text for line in lines]
    assert sorted(found) == texts


def test_a_sample_becomes_a_review_project(run, tmp_path):
    said = send_to_review(run, " sample ", 5, tmp_path / "odin.sqlite")
    assert "5 of 12 notes" in said
    store = Store(tmp_path / "odin.sqlite")
    assert len(project_documents(store, "sample")) == 5
    store.close()
    with pytest.raises(InputError):
        send_to_review(run, "sample", 5, tmp_path / "odin.sqlite")


@pytest.mark.parametrize("count", [0, -1, 1.5, 10**9])
def test_a_count_that_is_none_is_refused(count, tmp_path):
    with pytest.raises(InputError, match="whole number"):
        new_run(count, tmp_path)


def test_without_notes_there_is_nothing_to_take_away(tmp_path):
    with pytest.raises(InputError, match="generate some first"):
        write_file(Run(tmp_path / "none.jsonl", 5), "Native", tmp_path)


def test_annotated_notes_are_made_more_of(run, tmp_path):
    names = [name for name, (_, by_model) in AUGMENTATIONS.items() if not by_model]
    assert len(names) == 2
    given = {item.id for item in documents_of(run)}
    for name in names:
        made, documents = new_augmentation(run.path, 2, tmp_path, "clinical")
        *_, now = perform_augmentation(made, documents, name, copies=2, seed=1, endpoint=None)
        new = documents_of(now)
        assert 0 < len(new) <= 24
        assert f"{len(new)} of at most 24 notes" in now.status()
        assert "done in" in now.status()
        assert {item.meta["augmented_from"] for item in new} <= given
        assert not {item.id for item in new} & given


def test_augmenting_says_what_it_lacks(run, tmp_path):
    made, documents = new_augmentation(run.path, 1, tmp_path, "clinical")
    with pytest.raises(InputError, match="address and the model"):
        list(
            perform_augmentation(made, documents, "Paraphrase, by the language model", copies=1, seed=1, endpoint=None)
        )
    with pytest.raises(InputError, match="whole number from 1 to 20"):
        new_augmentation(run.path, 0, tmp_path, "clinical")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(InputError, match="holds no document"):
        new_augmentation(tmp_path / "empty.jsonl", 1, tmp_path, "clinical")


def test_a_seed_that_no_page_can_hold_is_refused_before_the_notes_are_made(tmp_path):
    bounds = (0, 2000, 0, 200, 0, 100)
    for seed in (10**20, -(10**20)):
        with pytest.raises(InputError, match="at most 15 digits"):
            list(handlers.start(1, seed, "clinical", [], False, False, *bounds, False, "", "", "paraphrase", 1))
        with pytest.raises(InputError, match="at most 15 digits"):
            list(handlers.augment(str(tmp_path / "none"), "Relations in other words", 1, seed, "clinical", "", ""))


def test_bounds_that_cannot_be_are_told_in_the_words_of_the_page():
    rest = (False, "", "", "paraphrase", 1)
    with pytest.raises(InputError, match=r"^“Least words” 9 and “Most words” 3: give 0 or more"):
        list(handlers.start(1, 1, "clinical", [], False, False, 9, 3, 0, 200, 0, 100, *rest))
    with pytest.raises(InputError, match=r"^“Least relations” -1 and “Most relations” 100"):
        list(handlers.start(1, 1, "clinical", [], False, False, 0, 2000, 0, 200, -1, 100, *rest))


def test_an_empty_bound_bounds_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(handlers, "served_folder", lambda: tmp_path)
    bounds = (None, None) * 3
    *_, last = handlers.start(2, 1, "clinical", [], False, False, *bounds, False, "", "", "paraphrase", 1)
    assert last[0].done == 2


def test_a_run_that_ends_before_its_first_note_is_not_reported_as_the_one_before(run):
    assert handlers.finish(run)[3].startswith("12 of 12 notes")
    handlers.begin(run)
    assert handlers.finish(run)[3].startswith("No new note was made. The run before: 12 of 12 notes")
    handlers.begin(None)
    assert handlers.finish(None)[3] == "No note was made"


def test_a_bad_file_is_named_and_not_its_place_on_the_server(run, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text("nonsense\n")
    for read in (lambda: new_augmentation(bad, 1, tmp_path, "clinical"), lambda: handlers.quality_table(run, str(bad))):
        with pytest.raises(FormatError, match=r"^bad\.jsonl:1: ") as err:
            read()
        assert str(tmp_path) not in str(err.value)
