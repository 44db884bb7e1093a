"""A project from the form: where its notes come from, and what is asked before anything is stored."""

from dataclasses import replace
from pathlib import Path

import pytest
from markup import document
from word_extractor import WordExtractor

from annotation.review.project_creation import NewProject, Question, assign_notes, make_project
from annotation.review.project_sources import CORPUS, FILES, SYNTHETIC, Wanted
from annotation.store import Store
from annotation.store.projects import blind_documents, progress, project_documents, project_names, suggestions
from annotation.store.users import add_user
from odin.corpora import jsonl
from odin.errors import InputError, LabelError
from odin.labels import load_label_set

LABELS = load_label_set("clinical")


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "odin.sqlite")
    for name in ("ann", "ben"):
        add_user(opened, name, "long enough")
    yield opened
    opened.close()


def form_of(tmp_path: Path, *notes, **fields) -> NewProject:
    path = tmp_path / "notes.jsonl"
    jsonl.write(notes, path)
    return NewProject("p", Wanted(FILES, LABELS, files=[str(path)]), ["ann", "ben"], **fields)


def test_nothing_is_stored_before_the_question_about_identifiers_is_answered_with_yes(store, tmp_path) -> None:
    form = form_of(tmp_path, document("Call 617-555-0123 about [fever](Symptom).", id="n1"))
    question = make_project(store, form, None, by="lead")
    assert isinstance(question, Question)
    assert "1 phone number" in question.words
    assert question.places == ("n1: phone number “617-555-0123”",)
    assert "not de-identification" in question.detail
    assert project_names(store) == ()
    said = make_project(store, replace(form, may_store_identifiers=True), None, by="lead")
    assert "1 of 1 notes" in said
    assert project_names(store) == ("p",)


def test_the_sample_is_assigned_to_two_reviewers_with_a_blind_arm_and_pre_annotated(store, tmp_path) -> None:
    notes = [document(f"Aspirin treats headache number {n}.", id=f"n{n}") for n in range(20)]
    form = form_of(tmp_path, *notes, overlap_share=0.5, blind_share=0.2)
    form = replace(form, notes=replace(form.notes, count=10))
    said = make_project(store, form, WordExtractor("words"), by="lead")
    assert "10 of 20 notes. Assigned: ann 8, ben 7." in said
    assert "words suggests 20 mentions and 10 relations" in said
    assert "Nothing in them looks like an identifier" in said
    assert len(blind_documents(store, "p")) == 2
    assert [one.assigned for one in progress(store, "p")] == [8, 7]
    assert len(suggestions(store, "p")) == 10


def test_the_project_is_there_only_when_its_suggestions_are(store, tmp_path) -> None:
    form = form_of(tmp_path, *(document("[Aspirin](Drug)!", id=f"n{n}") for n in range(3)))
    seen = []
    told = make_project(
        store,
        form,
        WordExtractor("words"),
        by="lead",
        progress=lambda *done: seen.append((*done, project_names(store))),
    )
    assert seen == [(1, 3, ()), (2, 3, ()), (3, 3, ())]
    assert "words suggests 3 mentions" in told
    assert {note.provenance and note.provenance.source for note in suggestions(store, "p").values()} != {"given"}
    assert store.row("SELECT DISTINCT name FROM suggestions")["name"] == "words"


def test_the_form_says_how_many_reviewers_do_a_shared_note(store, tmp_path) -> None:
    add_user(store, "cy", "long enough")
    form = form_of(tmp_path, *(document("No complaints.", id=f"n{n}") for n in range(4)), overlap_share=0.5)
    said = make_project(store, replace(form, reviewers=["ann", "ben", "cy"], shared_by=3), None, by="lead")
    assert "Assigned: ann 3, ben 3, cy 2." in said


def test_synthetic_notes_need_no_question_and_bring_their_annotations(store) -> None:
    form = NewProject("p", Wanted(SYNTHETIC, LABELS, count=5, seed=1), ["ann"])
    assert "5 of 25 notes" in make_project(store, form, None, by="lead")
    labels = {entity.label for found in suggestions(store, "p").values() for entity in found.entities}
    assert labels
    assert labels <= set(LABELS.entity_labels)


def test_a_corpus_is_taken_under_the_label_set_and_losses_are_said(store, tmp_path, monkeypatch) -> None:
    note = document("[Aspirin](Chemical) for [pain](Disease), [imatinib](Gene).", id="1")
    (tmp_path / "bc5cdr").mkdir()
    for split in ("train", "dev"):
        jsonl.write([note], tmp_path / "bc5cdr" / f"{split}.jsonl")
    monkeypatch.setenv("ODIN_CORPORA", str(tmp_path))
    form = NewProject("p", Wanted(CORPUS, LABELS, corpus="bc5cdr"), ["ann"])
    said = make_project(store, form, None, by="lead")
    assert "Left out: 1 × not in the label set clinical." in said
    assert [x.label for x in suggestions(store, "p")["1"].entities] == ["Drug", "Disease"]


def test_what_cannot_be_is_refused_before_anything_is_stored(store, tmp_path) -> None:
    form = form_of(tmp_path, document("No complaints.", id="n1"))
    for wrong, message in (
        (replace(form, reviewers=[]), "at least one reviewer; there are accounts of ann, ben"),
        (replace(form, reviewers=["eve"]), "'eve' could not log in.*reviewers add eve"),
        (replace(form, notes=replace(form.notes, count=0)), "at least one note"),
        (replace(form, notes=replace(form.notes, files=())), "choose the files"),
        (replace(form, notes=replace(form.notes, source=CORPUS)), "files, synthetic notes or a corpus"),
        (replace(form, name=" "), "needs a name"),
        (replace(form, blind_share=2), "blind_share must be 0 to 1"),
        (replace(form, shared_by=3), "an overlap of 3 needs that many different reviewers"),
    ):
        with pytest.raises(InputError, match=message):
            make_project(store, wrong, None, by="lead")
    other = replace(form, notes=replace(form.notes, labels=load_label_set("ade")))
    with pytest.raises(LabelError, match="cannot answer with the label set 'ade'"):
        make_project(store, other, WordExtractor("words"), by="lead")
    assert project_names(store) == ()


def test_reviewers_can_be_added_later(store, tmp_path) -> None:
    form = form_of(tmp_path, document("No complaints.", id="n1"))
    make_project(store, replace(form, reviewers=["ann"]), None, by="lead")
    assert assign_notes(store, "p", ["ben"], 1.0) == "Assigned: ben 1."
    assert [one.reviewer for one in progress(store, "p")] == ["ann", "ben"]
    assert len(project_documents(store, "p")) == 1
