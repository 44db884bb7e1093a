"""Projects: what is in them, who gets which note, and what comes next and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document
from review_labels import CLINICAL

from annotation.editing import edits as e
from annotation.review.queue import review_queue
from annotation.review.sampling import stratified_sample
from annotation.store import Store
from annotation.store.projects import (
    ProjectSettings,
    add_suggestions,
    assign,
    blind_documents,
    create_project,
    load_project,
    preannotate,
    progress,
    project_documents,
    project_names,
    suggestions,
)
from annotation.store.reviews import DraftKey, apply, open_note
from annotation.store.versions import submit
from odin.errors import InputError
from odin.extraction import Extraction, ExtractionOptions
from odin.labels import LabelSet
from odin.schema import Document, Entity, ReadReport


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "odin.sqlite")
    yield opened
    opened.close()


def notes(count: int) -> list[Document]:
    return [Document(f"n{number}", f"Aspirin for headache number {number}.") for number in range(count)]


class WordExtractor:
    """Finds the words it is given, each with its score: a real, small extractor."""

    name = "words@1"

    def __init__(self, scores: dict[str, tuple[str, float]]) -> None:
        self.scores = scores

    def label_sets(self) -> tuple[str, ...]:
        return ("clinical",)

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions | None = None
    ) -> Iterator[Extraction]:
        for note in documents:
            found = [
                Entity(f"T{number}", label, note.text.index(word), note.text.index(word) + len(word), score=score)
                for number, (word, (label, score)) in enumerate(self.scores.items(), 1)
                if word in note.text
            ]
            report = ReadReport()
            if "unread" in note.text:
                report.drop(note.id, "characters 5-9", "not read")
            yield Extraction(note.with_annotations(found), report)


def test_what_the_notes_have_annotated_becomes_suggestions(store: Store) -> None:
    note = replace(document("[Aspirin](Drug)"), meta={"split": "train"})
    project = create_project(store, "p", CLINICAL, [note, *notes(1)], created_by="ann")
    assert project == load_project(store, "p")
    assert (project.labels, project.guideline) == (CLINICAL, 1)
    assert suggestions(store, "p") == {"d1": note}
    assert project_documents(store, "p")[0] == replace(note, entities=())
    assert project_names(store) == ("p",)


@pytest.mark.parametrize(
    ("name", "documents", "message"),
    [
        ("p", notes(1), "'p' already"),
        (" ", notes(1), "needs a name"),
        ("q", [], "at least one note"),
        ("q", notes(1) * 2, "two notes have the id 'n0'"),
    ],
)
def test_a_project_that_cannot_be_is_refused(store: Store, name: str, documents: list[Document], message: str) -> None:
    create_project(store, "p", CLINICAL, notes(1), created_by="ann")
    with pytest.raises(InputError, match=message):
        create_project(store, name, CLINICAL, documents, created_by="ann")


def test_an_unknown_project_is_answered_with_those_there_are(store: Store) -> None:
    create_project(store, "p", CLINICAL, notes(1), created_by="ann")
    with pytest.raises(InputError, match="no project 'q'; projects: p"):
        load_project(store, "q")


def test_a_model_suggests_on_every_note_and_reports_what_it_did_not_read(store: Store) -> None:
    create_project(store, "p", CLINICAL, [*notes(2), Document("u", "unread")], created_by="ann")
    seen: list[tuple[int, int]] = []
    model = WordExtractor({"Aspirin": ("Drug", 0.9)})
    report = preannotate(store, "p", model, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert (report.documents, report.entities, report.dropped) == (3, 2, [("u", "characters 5-9", "not read")])
    assert [len(note.entities) for note in suggestions(store, "p").values()] == [1, 1, 0]
    with pytest.raises(InputError, match="has another text"):
        add_suggestions(store, "p", [Document("n0", "other")], source="x")


def test_the_blind_share_is_kept_and_is_the_same_for_the_same_seed(store: Store) -> None:
    chosen = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        settings = ProjectSettings(blind_share=0.25, seed=seed)
        create_project(store, name, CLINICAL, notes(40), created_by="ann", settings=settings)
        chosen.append(blind_documents(store, name))
    assert [len(ids) for ids in chosen] == [10, 10, 10]
    assert chosen[0] == chosen[1] != chosen[2]


def test_notes_are_assigned_with_overlap_and_evenly(store: Store) -> None:
    create_project(store, "p", CLINICAL, notes(30), created_by="ann")
    counts = assign(store, "p", ["ann", "ben", "cyd"], overlap=2, overlap_share=0.5)
    assert counts == {"ann": 15, "ben": 15, "cyd": 15}
    rows = store.rows("SELECT document, reviewer FROM assignments")
    assert sorted(Counter(Counter(row["document"] for row in rows).values()).items()) == [(1, 15), (2, 15)]
    assert [(p.reviewer, p.assigned, p.submitted, p.left) for p in progress(store, "p")] == [
        ("ann", 15, 0, 15),
        ("ben", 15, 0, 15),
        ("cyd", 15, 0, 15),
    ]
    for reviewers, overlap in ((["ann"], 2), (["ann", "ann"], 2), ([], 1)):
        with pytest.raises(InputError, match="different reviewers"):
            assign(store, "p", reviewers, overlap=overlap)


def test_progress_counts_and_estimates_the_time_left(store: Store, monkeypatch) -> None:
    create_project(store, "p", CLINICAL, notes(4), created_by="ann")
    assign(store, "p", ["ann"], overlap=1)
    key = DraftKey("p", "n0", "ann")

    def set_clock(minute: int) -> None:
        for module in ("reviews", "versions"):
            monkeypatch.setattr(f"annotation.store.{module}.utc_now", lambda: f"2026-01-01T10:0{minute}:00.000Z")

    set_clock(0)
    open_note(store, key)
    set_clock(1)
    submit(store, key, apply(store, key, e.AddEntity("Drug", 0, 7), 0).version)
    open_note(store, DraftKey("p", "n1", "ann"))
    (mine,) = progress(store, "p")
    assert (mine.assigned, mine.started, mine.submitted, mine.left) == (4, 2, 1, 3)
    assert mine.seconds_left == pytest.approx(180)


def test_the_queue_puts_unsure_notes_first_and_says_why(store: Store) -> None:
    texts = {"sure": "Aspirin.", "unsure": "Maybe.", "bare": "Nothing."}
    documents = [Document(name, text) for name, text in texts.items()]
    create_project(store, "p", CLINICAL, documents, created_by="ann", settings=ProjectSettings(random_share=0))
    assign(store, "p", ["ann"], overlap=1)
    preannotate(store, "p", WordExtractor({"Aspirin": ("Drug", 0.99), "Maybe": ("Drug", 0.5)}))
    queue = review_queue(store, "p", "ann")
    assert [queued.document for queued in queue] == ["unsure", "sure", "bare"]
    assert queue[0].reason == "the model is unsure of 1 mention"
    submit(store, DraftKey("p", "bare", "ann"), open_note(store, DraftKey("p", "bare", "ann")).version)
    assert [queued.document for queued in review_queue(store, "p", "ann")] == ["unsure", "sure"]


def test_the_queue_learns_where_reviewers_correct_the_model_and_favours_rare_labels(store: Store) -> None:
    documents = [
        Document(f"{word}{number}", f"{word} {number}") for word in ("drug", "pain", "test") for number in "123"
    ]
    create_project(store, "p", CLINICAL, documents[:-2], created_by="ann", settings=ProjectSettings(random_share=0))
    assign(store, "p", ["ann", "ben"], overlap=2)
    model = WordExtractor({"drug": ("Drug", 1.0), "pain": ("Symptom", 1.0), "test": ("Lab_Test", 1.0)})
    preannotate(store, "p", model)
    first = review_queue(store, "p", "ann")[0]
    assert (first.document, first.reason) == ("test1", "it may hold a rare label, Lab_Test")
    for name, edit in (("drug1", e.Reject("T1")), ("pain1", e.Accept("T2")), ("test1", e.Accept("T3"))):
        key = DraftKey("p", name, "ben")
        open_note(store, key)
        submit(store, key, apply(store, key, edit, 0).version)
    queue = {queued.document: queued for queued in review_queue(store, "p", "ann")}
    assert queue["drug2"].reason == "reviewers often correct the model on Drug (67% so far)"
    assert queue["drug2"].score > queue["pain2"].score


def test_a_fixed_random_share_is_spread_through_the_queue_and_the_same_for_all(store: Store) -> None:
    create_project(store, "p", CLINICAL, notes(40), created_by="ann", settings=ProjectSettings(random_share=0.25))
    assign(store, "p", ["ann", "ben"], overlap=2)
    ann, ben = (review_queue(store, "p", reviewer) for reviewer in ("ann", "ben"))
    assert ann == ben
    assert sorted(queued.document for queued in ann) == sorted(note.id for note in notes(40))
    places = [place for place, queued in enumerate(ann) if queued.random]
    assert places == list(range(3, 40, 4))
    assert {ann[place].reason for place in places} == {
        "it is part of the random share, which keeps the figures unbiased"
    }


def test_the_queue_does_not_tell_what_a_blind_note_was_suggested(store: Store) -> None:
    settings = ProjectSettings(blind_share=1, random_share=0)
    create_project(store, "p", CLINICAL, notes(2), created_by="ann", settings=settings)
    preannotate(store, "p", WordExtractor({"Aspirin": ("Drug", 0.5)}))
    assign(store, "p", ["ann"], overlap=1)
    assert {queued.reason for queued in review_queue(store, "p", "ann")} == {
        "it comes without suggestions, to measure what suggestions change"
    }


annotated = st.lists(
    st.tuples(st.sampled_from([*CLINICAL.entity_labels, ""]), st.integers(1, 60)), min_size=1, max_size=60
)


@given(annotated, st.data())
def test_a_stratified_sample_has_the_size_asked_for_in_order_without_repeats(found, data: st.DataObject) -> None:
    documents = [
        Document(str(place), "x" * length, (Entity("T1", label, 0, 1),) if label else ())
        for place, (label, length) in enumerate(found)
    ]
    count = data.draw(st.integers(1, len(documents)))
    sample = stratified_sample(documents, count, seed=1)
    places = [int(note.id) for note in sample]
    assert len(places) == count
    assert places == sorted(set(places))


def test_a_stratified_sample_keeps_rare_labels_and_the_shares_of_common_ones() -> None:
    documents = [
        Document(
            str(place),
            "x" * 9,
            (Entity("T1", "Lab_Test" if place == 500 else "Drug" if place % 4 else "Disease", 0, 1),),
        )
        for place in range(1000)
    ]
    counts = Counter(note.entities[0].label for note in stratified_sample(documents, 100, seed=3))
    assert counts["Lab_Test"] == 1
    assert abs(counts["Drug"] - 75) <= 2
    assert stratified_sample(documents, 100, seed=3) == stratified_sample(documents, 100, seed=3)
    assert stratified_sample(documents, 100, seed=3) != stratified_sample(documents, 100, seed=4)
    with pytest.raises(InputError, match="a sample of 9 cannot be drawn from 2"):
        stratified_sample(documents[:2], 9, seed=1)
