"""Differences between two versions, and the gold that decisions on them make."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document
from review_labels import CLINICAL, SYMMETRIC
from sqlite_utils import Database

from annotation.agreement.adjudication import adjudicate, is_correcting, promote, save_decision, saved_decisions
from annotation.agreement.correction import begin_correction, finish_correction
from annotation.agreement.differences import differences
from annotation.agreement.lineup import Lineup, line_up
from annotation.agreement.merging import Decision, merge
from annotation.editing import edits as e
from annotation.editing.performing import apply_edit
from annotation.review.corrections import count_corrections, error_rates
from annotation.store import Store
from annotation.store.projects import assign, create_project
from annotation.store.reviews import DraftKey, StaleDraftError, apply, open_note, undo
from annotation.store.schema import migrate
from annotation.store.versions import gold_versions, reopen, submit
from odin.errors import AnnotationError, ConflictError, InputError
from odin.schema import Document, Relation

TEXT = "[Aspirin](Drug) for [bad headache](Symptom) due to [flu](Disease); no [fever](Symptom|negated)."
LEFT = document(TEXT, ("treats", "Aspirin", "bad headache"), ("causes", "flu", "bad headache"))


def kinds(left: Document, right: Document, labels=CLINICAL) -> list[tuple[str, str, str]]:
    def say(item, note: Document) -> str:
        if item is None:
            return ""
        if isinstance(item, Relation):
            ends = [note.entity_by_id[end].text_in(note.text) for end in (item.head, item.tail)]
            return f"{ends[0]} {item.label} {ends[1]}"
        return f"{item.label} {item.text_in(note.text)}"

    return [(d.kind, say(d.left, left), say(d.right, right)) for d in differences(left, right, labels)]


def edited(note: Document, *edits: e.Edit) -> Document:
    for edit in edits:
        note = apply_edit(note, edit, CLINICAL, by="ben")
    return note


def test_each_kind_of_difference_is_named() -> None:
    right = edited(
        LEFT,
        e.DeleteRelation("R1"),
        e.MoveBoundary("T2", 16, 24),
        e.RelabelEntity("T3", "Symptom", drop_relations=True),
        e.SetAssertion("T4", "present"),
        e.AddEntity("Symptom", 12, 15),
    )
    assert kinds(LEFT, right) == [
        ("extra", "", "Symptom bad"),
        ("boundary", "Symptom bad headache", "Symptom headache"),
        ("label", "Disease flu", "Symptom flu"),
        ("assertion", "Symptom fever", "Symptom fever"),
        ("missing", "Aspirin treats bad headache", ""),
        ("missing", "flu causes bad headache", ""),
    ]


def test_relations_differ_in_label_direction_and_denial() -> None:
    text = "[flu](Disease) with [pneumonia](Disease) and [aspirin](Drug)"
    left = document(
        text, ("causes", "flu", "pneumonia"), ("treats", "aspirin", "flu"), ("treats", "aspirin", "pneumonia")
    )
    right = document(
        text, ("causes", "pneumonia", "flu"), ("prevents", "aspirin", "flu"), ("treats", "aspirin", "pneumonia")
    )
    right = edited(right, e.NegateRelation("R3"))
    assert sorted(kinds(left, right)) == sorted(
        [
            ("direction", "flu causes pneumonia", "pneumonia causes flu"),
            ("label", "aspirin treats flu", "aspirin prevents flu"),
            ("assertion", "aspirin treats pneumonia", "aspirin treats pneumonia"),
        ]
    )


def test_a_moved_boundary_is_one_difference_and_not_one_a_relation() -> None:
    assert [kind for kind, *_ in kinds(LEFT, edited(LEFT, e.MoveBoundary("T2", 16, 24)))] == ["boundary"]


def test_a_symmetric_relation_has_no_direction_to_differ_in() -> None:
    text = "[warfarin](Drug) [aspirin](Drug)"
    left, right = (document(text, ("interacts", *ends)) for ends in (("warfarin", "aspirin"), ("aspirin", "warfarin")))
    assert kinds(left, right, SYMMETRIC) == []


def test_nested_mentions_pair_with_their_own_kind() -> None:
    both = document("[[penicillin](Drug) allergy](Disease)")
    inner = edited(both, e.DeleteEntity(next(x.id for x in both.entities if x.label == "Disease")))
    assert kinds(both, inner) == [("missing", "Disease penicillin allergy", "")]


labels = st.sampled_from(CLINICAL.entity_labels)


@st.composite
def versions_of_a_note(draw) -> Document:
    note = Document("d", "abcdefghij")
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, 9))
        edit = e.AddEntity(draw(labels), start, draw(st.integers(start + 1, 10)))
        note = note if any(x.key == (edit.label, ((start, edit.end),)) for x in note.entities) else edited(note, edit)
    for head in note.entities:
        for tail in note.entities:
            allowed = CLINICAL.allowed(head.label, tail.label)
            if head != tail and allowed and draw(st.booleans()):
                note = edited(note, e.AddRelation(draw(st.sampled_from(allowed)), head.id, tail.id))
    return note


MIRROR = {"missing": "extra", "extra": "missing"}


@given(versions_of_a_note(), versions_of_a_note())
def test_differences_are_none_to_itself_and_mirror_when_sides_are_swapped(left: Document, right: Document) -> None:
    assert differences(left, left, CLINICAL) == ()
    there, back = (differences(*sides, CLINICAL) for sides in ((left, right), (right, left)))
    for one_way, other in ((there, back), (back, there)):
        entities = sorted(MIRROR.get(d.kind, d.kind) for d in one_way if d.is_entity)
        assert entities == sorted(d.kind for d in other if d.is_entity)


several = st.lists(versions_of_a_note(), min_size=2, max_size=4)
NAMES = ("ann", "ben", "cy", "dee")


def lined_up(*documents: Document) -> Lineup:
    return line_up(list(zip(NAMES, documents, strict=False)), CLINICAL)


@given(versions_of_a_note(), versions_of_a_note())
def test_two_versions_lined_up_differ_as_they_do_compared(left: Document, right: Document) -> None:
    places = lined_up(left, right).differences
    found = {(place.kind, *place.items) for place in places}
    assert found == {(x.kind, x.left, x.right) for x in differences(left, right, CLINICAL)}


@given(several)
def test_each_annotation_of_each_version_stands_in_one_place(documents: list[Document]) -> None:
    lineup = lined_up(*documents)
    for number, note in enumerate(documents):
        held = [place.items[number].id for place in lineup.places if place.items[number]]
        assert sorted(held) == sorted(x.id for x in (*note.entities, *note.relations))
    for place in lineup.places:
        assert sorted(n for variant in place.variants for n in variant) == list(range(len(documents)))
        assert (place.kind is None) == (len(place.variants) == 1)


@given(several)
def test_keeping_one_reviewer_everywhere_gives_their_version(documents: list[Document]) -> None:
    lineup = lined_up(*documents)
    for name, wanted in zip(lineup.reviewers, documents, strict=True):
        decisions = {place.id: Decision(place.id, (name,)) for place in lineup.differences}
        gold, dropped = merge(lineup, decisions, CLINICAL, adjudicator="chief")
        assert dropped == []
        assert differences(gold, wanted, CLINICAL) == ()


@given(several, st.data())
def test_any_decisions_give_a_valid_document_or_a_reason(documents: list[Document], data: st.DataObject) -> None:
    lineup = lined_up(*documents)
    kept = st.sets(st.sampled_from(lineup.reviewers)).map(lambda names: tuple(sorted(names)))
    decisions = {x.id: Decision(x.id, data.draw(kept)) for x in lineup.differences}
    try:
        gold, _ = merge(lineup, decisions, CLINICAL, adjudicator="chief")
    except AnnotationError as err:
        gold, reason = None, str(err)
    if gold is None:
        assert "relation" in reason or "cannot lead" in reason
    else:
        assert {x.provenance.action for x in (*gold.entities, *gold.relations)} <= {"agreed", "adjudicated"}
        places = [(x.start, x.end) for x in gold.entities]
        assert places == sorted(places)


def test_of_three_versions_each_reading_says_who_has_it() -> None:
    ann = edited(LEFT, e.DeleteEntity("T4"))
    ben = edited(LEFT, e.MoveBoundary("T2", 16, 24), e.RelabelRelation("R1", "prevents"))
    cy = edited(LEFT, e.MoveBoundary("T2", 16, 24), e.SetAssertion("T4", "present"))
    boundary, fever, treats = lined_up(ann, ben, cy).differences
    assert (boundary.kind, boundary.variants) == ("boundary", ((0,), (1, 2)))
    assert (fever.kind, fever.variants) == ("extra", ((0,), (1,), (2,)))
    assert (treats.kind, treats.variants) == ("label", ((0, 2), (1,)))


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "odin.sqlite")
    create_project(opened, "p", CLINICAL, [replace(LEFT, entities=(), relations=())], created_by="ann")
    assign(opened, "p", ["ann", "ben"])
    yield opened
    opened.close()


def reviewed(store: Store, reviewer: str, *edits: e.Edit):
    key = DraftKey("p", "d1", reviewer)
    version = open_note(store, key).version
    for edit in edits:
        version = apply(store, key, edit, version).version
    return submit(store, key, version)


def two_reviews(store: Store):
    ann = reviewed(
        store, "ann", e.AddEntity("Drug", 0, 7), e.AddEntity("Symptom", 12, 24), e.AddRelation("treats", "T1", "T2")
    )
    ben = reviewed(
        store,
        "ben",
        e.AddEntity("Drug", 0, 7),
        e.AddEntity("Symptom", 16, 24),
        e.AddRelation("prevents", "T1", "T2"),
        e.Comment("T1", "sure"),
    )
    return ann, ben


CHIEF = DraftKey("p", "d1", "chief")


def test_gold_holds_the_decisions_with_their_reasons_and_names_who_agreed(store: Store) -> None:
    ann, ben = two_reviews(store)
    with pytest.raises(AnnotationError, match="2 differences are undecided"):
        adjudicate(store, CHIEF, (ann, ben))
    save_decision(store, CHIEF, (ann, ben), Decision("E:T2:T2", ("ben",), "severity is left out"))
    save_decision(store, CHIEF, (ann, ben), Decision("R:R1:R1", ("ben",)))
    save_decision(store, CHIEF, (ann, ben), Decision("R:R1:R1", ("ann",), "it is given now"))
    gold = adjudicate(store, CHIEF, (ann, ben), reason="meeting of Monday")
    note = gold.document
    assert [(x.label, x.text_in(note.text), x.provenance.name, x.provenance.action) for x in note.entities] == [
        ("Drug", "Aspirin", "ann, ben", "agreed"),
        ("Symptom", "headache", "chief", "adjudicated"),
    ]
    assert [x.label for x in note.relations] == ["treats"]
    assert note.entities[0].attributes == {}
    assert gold.details["reason"] == "meeting of Monday"
    assert [x["reason"] for x in gold.details["decisions"]] == ["severity is left out", "it is given now"]
    assert gold.details["kinds"] == {"E:T2:T2": "boundary", "R:R1:R1": "label"}
    assert gold.details["versions"] == [ann.id, ben.id]
    assert gold_versions(store, "p") == (gold,)


def test_decisions_survive_a_restart(store: Store) -> None:
    ann, ben = two_reviews(store)
    save_decision(store, CHIEF, (ann, ben), Decision("E:T2:T2", ("ann", "ben")))
    store.close()
    again = Store(store.path)
    assert saved_decisions(again, CHIEF, (ann, ben))["E:T2:T2"].keep == ("ann", "ben")
    again.close()


def all_of_ann(store: Store, reviewed):
    for name in ("E:T2:T2", "R:R1:R1"):
        save_decision(store, CHIEF, reviewed, Decision(name, ("ann",)))


def test_what_no_reviewer_had_is_corrected_in_the_merged_note_before_it_is_gold(store: Store) -> None:
    reviewed = two_reviews(store)
    all_of_ann(store, reviewed)
    draft = begin_correction(store, CHIEF, reviewed, reason="Monday")
    assert gold_versions(store, "p") == ()
    draft = apply(store, CHIEF.gold, e.AddEntity("Disease", 32, 35), draft.version)
    draft = undo(store, CHIEF.gold, apply(store, CHIEF.gold, e.DeleteEntity("T1"), draft.version).version)
    gold = finish_correction(store, CHIEF.gold, draft.version)
    assert [(x.text_in(gold.document.text), x.provenance.name) for x in gold.document.entities] == [
        ("Aspirin", "ann, ben"),
        ("bad headache", "chief"),
        ("flu", "chief"),
    ]
    assert gold.details["edits"] == [{"edit": "add_entity", "label": "Disease", "start": 32, "end": 35}]
    assert (gold.reviewer, gold.details["reason"], len(gold.details["decisions"])) == ("chief", "Monday", 2)
    again = reopen(store, CHIEF.gold, open_note(store, CHIEF.gold).version)
    assert finish_correction(store, CHIEF.gold, again.version).details["gold"] == 2


def test_what_is_being_corrected_is_not_decided_anew_until_it_is_gold(store: Store) -> None:
    reviewed = two_reviews(store)
    all_of_ann(store, reviewed)
    first = begin_correction(store, CHIEF, reviewed)
    assert is_correcting(store, CHIEF)
    for act in (all_of_ann, lambda *_: adjudicate(store, CHIEF, reviewed)):
        with pytest.raises(AnnotationError, match="open in the editor"):
            act(store, reviewed)
    other = CHIEF._replace(reviewer="other")
    promote(store, other, reviewed[0], reason="enough")
    with pytest.raises(ConflictError, match="gold version 1 was saved"):
        finish_correction(store, CHIEF.gold, first.version)
    assert not open_note(store, CHIEF.gold).submitted


def test_a_correction_starts_again_from_the_decisions_once_it_is_gold(store: Store) -> None:
    reviewed = two_reviews(store)
    all_of_ann(store, reviewed)
    draft = begin_correction(store, CHIEF, reviewed)
    finish_correction(store, CHIEF.gold, apply(store, CHIEF.gold, e.DeleteEntity("T2"), draft.version).version)
    again = begin_correction(store, CHIEF, reviewed, expected_gold=1)
    assert [x.id for x in again.document.entities] == ["T1", "T2"]
    assert not again.can_undo
    with pytest.raises(StaleDraftError) as caught:
        apply(store, CHIEF.gold, e.DeleteEntity("T1"), draft.version)
    assert caught.value.seen == draft.document


def test_decisions_on_two_versions_are_kept_when_a_store_of_before_is_opened(store: Store) -> None:
    ann, ben = two_reviews(store)
    path = store.path.with_name("old.sqlite")
    database = Database(path)
    migrate(database, stop_before="adjudication_of_several")
    for table in ("projects", "guideline_versions", "documents", "versions"):
        database[table].insert_all(store.rows(f"SELECT * FROM {table}"))
    choices = {"a": "left", "b": "right", "c": "both", "d": "neither"}
    same = {**CHIEF._asdict(), "left_version": ann.id, "right_version": ben.id, "reason": "", "time": "t"}
    database["decisions"].insert_all({**same, "difference": name, "choice": x} for name, x in choices.items())
    database.close()
    opened = Store(path)
    kept = {name: decision.keep for name, decision in saved_decisions(opened, CHIEF, (ann, ben)).items()}
    assert kept == {"a": ("ann",), "b": ("ben",), "c": ("ann", "ben"), "d": ()}
    opened.close()


def test_a_second_adjudicator_is_warned_and_overwrites_nothing(store: Store) -> None:
    ann, ben = two_reviews(store)
    all_of_ann(store, (ann, ben))
    first = adjudicate(store, CHIEF, (ann, ben))
    with pytest.raises(ConflictError, match="gold version 1 was saved"):
        adjudicate(store, CHIEF, (ann, ben))
    with pytest.raises(ConflictError):
        promote(store, DraftKey("p", "d1", "other"), ben, reason="I like it")
    second = adjudicate(store, CHIEF, (ann, ben), expected_gold=1)
    assert gold_versions(store, "p") == (second,)
    assert first.document == second.document or first.id != second.id


def test_a_decision_on_what_is_no_difference_is_refused(store: Store) -> None:
    ann, ben = two_reviews(store)
    for decision in (Decision("E:T1:T1", ("ann",)), Decision("E:T2:T2", ("eve",))):
        with pytest.raises(AnnotationError, match="differences: E:T2:T2, R:R1:R1"):
            save_decision(store, CHIEF, (ann, ben), decision)


def test_a_reviewer_must_submit_before_adjudicating(store: Store) -> None:
    ann = reviewed(store, "ann")
    with pytest.raises(InputError, match="ben must submit"):
        promote(store, DraftKey("p", "d1", "ben"), ann, reason="fine")
    assert promote(store, DraftKey("p", "d1", "ann"), ann, reason="only one reviewer").kind == "gold"
    with pytest.raises(InputError, match="say why"):
        promote(store, CHIEF, ann, reason=" ")


def test_a_chosen_relation_needs_its_mentions() -> None:
    lineup = lined_up(LEFT, Document("d1", LEFT.text))
    decisions = {x.id: Decision(x.id, ("ben",) if x.is_entity else ("ann",)) for x in lineup.differences}
    with pytest.raises(AnnotationError, match="one of its mentions was not"):
        merge(lineup, decisions, CLINICAL, adjudicator="chief")


def test_corrections_are_counted_by_label_and_outcome() -> None:
    corrected = edited(
        LEFT, e.MoveBoundary("T2", 16, 24), e.DeleteEntity("T4"), e.DeleteRelation("R1"), e.AddEntity("Drug", 12, 15)
    )
    found = count_corrections([(LEFT, corrected)], CLINICAL)
    assert (found["Drug"].kept, found["Drug"].added) == (1, 1)
    assert (found["Symptom"].kept, found["Symptom"].changed, found["Symptom"].rejected) == (0, {"boundary": 1}, 1)
    assert (found["treats"].rejected, found["treats"].share_kept) == (1, 0.0)
    assert (found["causes"].kept, found["causes"].share_kept) == (1, 1.0)
    assert error_rates(found)["Symptom"] == pytest.approx(3 / 4)
