import pytest
from hypothesis import given
from markup import document
from strategies import documents

from odin.errors import AnnotationError
from odin.schema import ConceptRelation, Document, Entity, ReadReport, Relation

TEXT = "Aspirin treats headache."
DRUG = Entity("T1", "Drug", 0, 7)
SYMPTOM = Entity("T2", "Symptom", 15, 23)


@given(documents())
def test_the_native_form_holds_everything(doc):
    assert Document.from_json(doc.to_json()) == doc


def test_documents_are_hashable_and_compare_by_value():
    one, other = (document("[Aspirin](Drug) treats [headache](Symptom).") for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("entities", "relations", "message"),
    [
        ([Entity("T1", "Drug", 0, 99)], [], "0-99 is not a span of a text of 24 characters"),
        ([Entity("T1", "Drug", 3, 3)], [], "3-3 is not a span"),
        ([Entity("T1", "Drug", -1, 3)], [], "-1-3 is not a span"),
        ([DRUG, Entity("T1", "Symptom", 15, 23)], [], "this id is used twice"),
        ([DRUG, Entity("T9", "Drug", 0, 7)], [], "T9 repeats T1"),
        ([Entity("T1", "", 0, 7)], [], "has no label"),
        ([Entity("T1", "Drug", 0, 7, assertion="maybe")], [], "assertion 'maybe' is not one of present"),
        ([Entity("T1", "Drug", 0, 7, score=1.2)], [], "score 1.2 is not between 0 and 1"),
        ([Entity("T1", "Drug", 0, 7, fragments=((0, 3), (2, 7)))], [], "must be two or more, in order, apart"),
        ([DRUG], [Relation("R1", "treats", "T1", "T9")], "refers to unknown entity T9"),
        ([DRUG], [Relation("R1", "treats", "T1", "T1")], "joins T1 to itself"),
        ([Entity("T1", "Drug", 0, 7, cue=(8, 99))], [], "its cue 8-99 is not a span of a text of 24 characters"),
        ([DRUG, SYMPTOM], [Relation("R1", "", "T1", "T2")], "relation R1 has no label"),
        ([DRUG, SYMPTOM], [Relation("R1", "treats", "T1", "T2", score=3)], "score 3 is not between 0 and 1"),
        ([DRUG, SYMPTOM], [Relation("R1", "treats", "T1", "T2", evidence=(9, 8))], "its evidence 9-8 is not a span"),
    ],
)
def test_what_cannot_be_says_where_and_why(entities, relations, message):
    with pytest.raises(AnnotationError, match="document d1: ") as caught:
        Document("d1", TEXT, tuple(entities), tuple(relations))
    assert message in str(caught.value)


def test_nested_and_crossing_mentions_may_be():
    Document("d1", TEXT, (DRUG, Entity("T2", "Disease", 0, 14), Entity("T3", "Symptom", 8, 23)))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "must be a JSON object"),
        ({"text": "x"}, 'needs "id"'),
        ({"id": "a", "text": 3}, '"text" must be a string'),
        ({"id": "a", "text": "abc", "entities": [{"id": "T1", "label": "L", "start": 0}]}, "the key 'end' is missing"),
        ({"id": "a", "text": "abc", "entities": [{"id": "T1", "label": "L", "start": "0", "end": 1}]}, "whole number"),
        (
            {"id": "a", "text": "abc", "entities": [{"id": "T1", "label": "L", "start": 0, "end": 2, "text": "bc"}]},
            "says its text is 'bc', but characters 0-2 are 'ab'",
        ),
        ({"id": None, "text": "x"}, 'the "id" of a document: an id or a label must be a string, not None'),
        ({"id": "a", "text": "abc", "entities": [{"id": "T1", "label": [], "start": 0, "end": 1}]}, "not []"),
        (
            {"id": "a", "text": "abc", "entities": [{"id": "T1", "label": "L", "start": 0, "end": 1, "cue": [1]}]},
            "not in the native format",
        ),
        (
            {"id": "a", "text": "abc", "concept_relations": [{"label": "", "head": "D1", "tail": "D2"}]},
            "concept relation 1 has no label",
        ),
        (
            {"id": "a", "text": "abc", "concept_relations": [{"label": "CID", "head": "1", "tail": "2", "score": 9}]},
            "concept relation 1: score 9 is not between 0 and 1",
        ),
    ],
)
def test_json_that_is_no_document_says_what_is_wrong(value, message):
    with pytest.raises(AnnotationError) as caught:
        Document.from_json(value)
    assert message in str(caught.value)


def test_numbers_are_read_as_ids():
    entity = {"id": 1, "label": "GeneOrGeneProduct", "start": 0, "end": 5, "concept": 672}
    read = Document.from_json({"id": 10021369, "text": "BRCA1", "entities": [entity]})
    assert (read.id, read.entities[0].id, read.entities[0].concept) == ("10021369", "1", "672")


def test_a_report_counts_what_was_lost_by_reason():
    report = ReadReport()
    report.keep(Document("d1", TEXT, (DRUG, SYMPTOM), concept_relations=(ConceptRelation("CID", "a", "b"),)))
    report.drop("d1", "entity T3", "crosses another")
    assert not report.lossless
    assert report.summary().splitlines() == [
        "1 documents, 2 entities, 0 relations, 1 concept relations kept",
        "1 dropped (25.0 %)",
        "  1: crosses another (first: d1 entity T3)",
    ]
