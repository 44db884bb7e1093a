"""Edits: what each does, what each refuses, and that undo goes back exactly."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document
from review_labels import CLINICAL, SYMMETRIC

from annotation.editing import edits as e
from annotation.editing.changes import apply_change, change_between, change_from_json, change_to_json, exchange
from annotation.editing.edit_json import EDITS, edit_from_json, edit_to_json
from annotation.editing.performing import apply_edit
from annotation.editing.suggestions import as_suggestions, identical_spans, undecided
from odin.errors import AnnotationError
from odin.schema import ASSERTIONS, Document, Provenance

NOTE = document(
    "[Aspirin](Drug) for [headache](Symptom). Headache due to [flu](Disease); no [fever](Symptom|negated). aspirin 😀",
    ("treats", "Aspirin", "headache"),
    ("causes", "flu", "headache"),
)
BY = {"by": "ann", "time": "2026-01-02T03:04:05Z"}


def edited(note: Document, *edits: e.Edit, labels=CLINICAL) -> Document:
    for edit in edits:
        note = apply_edit(note, edit, labels, **BY)
    return note


def surfaces(note: Document) -> list[tuple[str, str]]:
    return [(entity.label, entity.text_in(note.text)) for entity in note.entities]


def triples(note: Document) -> list[tuple[str, str, str]]:
    at = {entity.id: entity.text_in(note.text) for entity in note.entities}
    return [(at[r.head], r.label, at[r.tail]) for r in note.relations]


def suggested() -> Document:
    model = Provenance("model", name="odin-mini@1")
    return as_suggestions(replace(NOTE, entities=tuple(replace(x, provenance=model, score=0.5) for x in NOTE.entities)))


def test_an_added_mention_names_the_person_and_the_time() -> None:
    after = edited(NOTE, e.AddEntity("Symptom", 22, 30))
    added = after.entities[-1]
    assert (added.id, added.text_in(after.text)) == ("T5", "Headache")
    assert added.provenance == Provenance("human", name="ann", action="added", time="2026-01-02T03:04:05Z")


def test_a_mention_that_is_there_already_is_refused_in_plain_words() -> None:
    with pytest.raises(AnnotationError, match=r"Drug 'Aspirin' is marked here already"):
        edited(NOTE, e.AddEntity("Drug", 0, 7))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (e.AddEntity("Gene", 0, 7), "'Gene' is not a label of clinical; choose one of Disease, Symptom"),
        (e.AddEntity("Drug", 5, 5), "5-5 is not a stretch"),
        (e.AddEntity("Drug", 0, 9999), "0-9999 is not a stretch"),
        (e.AddEntity("Drug", 7, 8), "only blanks"),
        (e.AddEntity("Drug", 0, 12, ((0, 5),)), "fragments"),
        (e.RelabelEntity("T9", "Drug"), "has no mention 'T9'"),
        (e.RelabelEntity("T1", "Drug"), "has that label already"),
        (e.RelabelEntity("T1", "Lab_Test"), "cannot become Lab_Test, for then 'Aspirin treats headache'"),
        (e.MoveBoundary("T1", 0, 7), "has that extent already"),
        (e.SetAssertion("T1", "maybe"), "'maybe' is not an assertion"),
        (e.SetAssertion("T1", None, (0, 2)), "a cue needs the assertion"),
        (e.SetAssertion("T1", "negated", (5, 2)), "5-2 is not a stretch"),
        (e.AddRelation("treats", "T2", "T1"), "'treats' cannot lead from Symptom 'headache' to Drug 'Aspirin'"),
        (e.AddRelation("treats", "T1", "T2"), "'Aspirin treats headache' is there already"),
        (e.AddRelation("treats", "T1", "T1"), "head and tail are the same one"),
        (e.FlipRelation("R1"), "'treats' cannot lead from Symptom"),
        (e.RelabelRelation("R1", "indicates"), "allowed: treats, causes, prevents"),
        (e.DeleteRelation("R9"), "has no relation 'R9'"),
        (e.Accept("T1"), "T1 is decided already"),
        (e.MarkIdentical("T3"), "stands nowhere else unmarked"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(edit: e.Edit, message: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        edited(NOTE, edit)
    assert message in str(caught.value)


def test_deleting_a_mention_takes_its_relations_with_it() -> None:
    after = edited(NOTE, e.DeleteEntity("T2"))
    assert ("Symptom", "headache") not in surfaces(after)
    assert triples(after) == []


def test_relabelling_drops_relations_that_are_no_longer_allowed_only_when_told() -> None:
    after = edited(NOTE, e.RelabelEntity("T1", "Lab_Test", drop_relations=True))
    assert after.entities[0].label == "Lab_Test"
    assert triples(after) == [("flu", "causes", "headache")]


def test_a_boundary_moves_and_keeps_the_relations() -> None:
    after = edited(NOTE, e.MoveBoundary("T2", 8, 20))
    assert surfaces(after)[1] == ("Symptom", "for headache")
    assert triples(after)[0] == ("Aspirin", "treats", "for headache")


def test_assertion_and_cue_are_set_and_cleared() -> None:
    cue = NOTE.text.index("no ")
    after = edited(NOTE, e.SetAssertion("T4", "negated", (cue, cue + 2)))
    assert (after.entities[3].assertion, after.entities[3].cue) == ("negated", (cue, cue + 2))
    cleared = edited(after, e.SetAssertion("T4", None)).entities[3]
    assert (cleared.assertion, cleared.cue) == (None, None)


def test_relations_are_added_relabelled_negated_flipped_and_deleted() -> None:
    assert triples(edited(NOTE, e.AddRelation("treats", "T1", "T4")))[-1] == ("Aspirin", "treats", "fever")
    assert triples(edited(NOTE, e.RelabelRelation("R1", "prevents")))[0] == ("Aspirin", "prevents", "headache")
    assert edited(NOTE, e.NegateRelation("R1")).relations[0].negated
    assert not edited(NOTE, e.NegateRelation("R1"), e.NegateRelation("R1", negated=False)).relations[0].negated
    diseases = document("[flu](Disease) and [pneumonia](Disease)", ("causes", "flu", "pneumonia"))
    assert triples(edited(diseases, e.FlipRelation("R1"))) == [("pneumonia", "causes", "flu")]
    assert triples(edited(NOTE, e.DeleteRelation("R1"))) == [("flu", "causes", "headache")]


def test_the_evidence_of_an_added_relation_is_the_sentences_of_its_mentions() -> None:
    both = edited(NOTE, e.AddRelation("treats", "T1", "T3"), e.AddRelation("causes", "T3", "T4")).relations[2:]
    assert [NOTE.text[slice(*x.evidence)] for x in both] == [NOTE.text, "Headache due to flu; no fever. aspirin 😀"]
    chosen = edited(NOTE, e.AddRelation("treats", "T1", "T4", evidence=(0, 7))).relations[-1]
    assert chosen.evidence == (0, 7)


def test_a_symmetric_relation_is_stored_in_text_order_and_has_nothing_to_flip() -> None:
    drugs = document("[warfarin](Drug) with [aspirin](Drug)")
    after = edited(drugs, e.AddRelation("interacts", "T2", "T1"), labels=SYMMETRIC)
    assert triples(after) == [("warfarin", "interacts", "aspirin")]
    with pytest.raises(AnnotationError, match="holds both ways"):
        edited(after, e.FlipRelation("R1"), labels=SYMMETRIC)


def test_accepting_a_relation_accepts_its_two_mentions() -> None:
    after = edited(suggested(), e.Accept("R1"))
    assert [item.id for item in undecided(after)] == ["T3", "T4", "R2"]
    assert after.entities[0].attributes == {"suggested_by": "odin-mini@1"}
    assert after.entities[0].provenance == Provenance("human", name="ann", action="accepted", time=BY["time"])
    assert after.entities[0].score == 0.5


def test_rejecting_a_mention_rejects_its_relations() -> None:
    after = edited(suggested(), e.Reject("T2"))
    assert [item.id for item in undecided(after)] == ["T1", "T3", "T4"]


def test_correcting_a_suggestion_decides_it_and_a_comment_does_not() -> None:
    after = edited(suggested(), e.MoveBoundary("T2", 8, 20), e.Comment("T3", "look"), e.MarkUnsure("T4"))
    assert [item.id for item in undecided(after)] == ["T1", "T3", "T4", "R1", "R2"]
    assert after.entities[1].score is None


def test_all_identical_mentions_are_previewed_marked_and_removed() -> None:
    assert [NOTE.text[start:end] for start, end in identical_spans(NOTE, "T1")] == ["aspirin"]
    after = edited(NOTE, e.MarkIdentical("T1"), e.MarkIdentical("T2"))
    assert surfaces(after)[4:] == [("Drug", "aspirin"), ("Symptom", "Headache")]
    assert surfaces(edited(after, e.RemoveIdentical("T6"))) == [
        ("Drug", "Aspirin"),
        ("Disease", "flu"),
        ("Symptom", "fever"),
        ("Drug", "aspirin"),
    ]


def test_part_of_a_word_is_no_identical_mention() -> None:
    note = document("[pain](Symptom) painful repaint pain")
    assert identical_spans(note, "T1") == ((21, 25),)


def test_comments_and_doubts_stand_on_mentions_relations_and_the_document() -> None:
    after = edited(NOTE, e.Comment("T1", " dose? "), e.MarkUnsure("R1"), e.Comment(None, "long"), e.MarkUnsure(None))
    assert after.entities[0].attributes == {"comment": "dose?"}
    assert after.relations[0].attributes == {"unsure": True}
    assert after.meta == {"comment": "long", "unsure": True}
    cleared = edited(after, e.Comment("T1", ""), e.MarkUnsure("R1", unsure=False), e.Comment(None, ""))
    assert (cleared.entities, cleared.relations, cleared.meta) == (NOTE.entities, NOTE.relations, {"unsure": True})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "must be a JSON object, not list"),
        ({"edit": "drop_table"}, "unknown edit 'drop_table'"),
        ({"edit": ["add_entity"]}, "unknown edit"),
        ({"edit": "add_entity", "label": "Drug", "start": 0}, '"end" is missing'),
        ({"edit": "add_entity", "label": "Drug", "start": True, "end": 2}, "whole number"),
        ({"edit": "add_entity", "label": "Drug", "start": "0", "end": 2}, "whole number"),
        ({"edit": "add_entity", "label": 3, "start": 0, "end": 2}, "must be text"),
        ({"edit": "accept", "target": "T1", "by": "root"}, "unknown field 'by'"),
        ({"edit": "set_assertion", "entity": "T1", "assertion": "negated", "cue": [1]}, "must be [start, end]"),
        ({"edit": "comment", "target": None, "text": "x" * 5000}, "5000 characters; 4000 are the most"),
    ],
)
def test_what_a_browser_sends_is_checked(value: object, message: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        edit_from_json(value)
    assert message in str(caught.value)


ids = st.sampled_from(["T1", "T2", "T3", "T4", "T5", "T6", "R1", "R2", "R3", "zzz"])
offsets = st.integers(-1, len(NOTE.text) + 1)
spans = st.tuples(offsets, offsets)
labels = st.sampled_from([*CLINICAL.entity_labels, "Gene"])
relation_labels = st.sampled_from([*CLINICAL.relation_labels, "cures"])
arguments = {
    e.AddEntity: (
        labels,
        offsets,
        offsets,
        st.lists(spans, max_size=2).map(tuple),
    ),
    e.RelabelEntity: (
        ids,
        labels,
        st.booleans(),
    ),
    e.MoveBoundary: (
        ids,
        offsets,
        offsets,
    ),
    e.DeleteEntity: (ids,),
    e.SetAssertion: (
        ids,
        st.sampled_from([*ASSERTIONS, None]),
        st.none() | spans,
    ),
    e.AddRelation: (
        relation_labels,
        ids,
        ids,
        st.none() | spans,
    ),
    e.RelabelRelation: (
        ids,
        relation_labels,
    ),
    e.FlipRelation: (ids,),
    e.NegateRelation: (
        ids,
        st.booleans(),
    ),
    e.DeleteRelation: (ids,),
    e.Accept: (ids,),
    e.Reject: (ids,),
    e.MarkIdentical: (ids,),
    e.RemoveIdentical: (ids,),
    e.Comment: (
        st.none() | ids,
        st.text(max_size=5),
    ),
    e.MarkUnsure: (
        st.none() | ids,
        st.booleans(),
    ),
}
any_edit = st.one_of(*(st.builds(edit, *values) for edit, values in arguments.items()))


def test_the_strategy_knows_every_edit() -> None:
    assert set(arguments) == set(EDITS.values())


@given(any_edit)
def test_the_json_form_of_an_edit_reads_back_as_the_edit(edit: e.Edit) -> None:
    assert edit_from_json(json.loads(json.dumps(edit_to_json(edit)))) == edit


@given(st.booleans(), st.lists(any_edit, max_size=12))
def test_any_edits_keep_the_document_valid_and_their_changes_lead_back_and_forth(
    pending: bool, edits: list[e.Edit]
) -> None:
    versions = [suggested() if pending else NOTE]
    changes = []
    for edit in edits:
        try:
            after = apply_edit(versions[-1], edit, CLINICAL, **BY)
        except AnnotationError:
            continue
        assert Document.from_json(json.loads(json.dumps(after.to_json()))) == after
        change = change_between(versions[-1], after)
        assert change_from_json(json.loads(json.dumps(change_to_json(change, after.text))), after.text) == change
        changes.append(change)
        versions.append(after)
    changes.append(exchange(versions[-1], versions[0]))
    versions.append(versions[0])
    for before, after, change in zip(versions, versions[1:], changes, strict=False):
        assert apply_change(before, change) == after
        assert apply_change(after, change.inverse()) == before


def test_a_change_is_not_applied_to_another_version() -> None:
    change = change_between(NOTE, edited(NOTE, e.DeleteRelation("R1")))
    with pytest.raises(AnnotationError, match="R1 is not what it was"):
        apply_change(edited(NOTE, e.NegateRelation("R1")), change)
