"""Kinds of errors, the confusion matrix, sections and slices: each case by hand."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from markup import document
from test_scores import annotated

from odin.evaluation.errors import (
    ENTITY_KINDS,
    NOTHING,
    RELATION_KINDS,
    confusion_matrix,
    judge_entities,
    judge_relations,
)
from odin.evaluation.scores import Counts
from odin.evaluation.scoring import score_documents
from odin.evaluation.sections import section_of, section_starts
from odin.evaluation.slices import (
    ENTITY_SLICES,
    RELATION_SLICES,
    UNKNOWN,
    Place,
    Training,
    score_band,
    slice_entities,
    slice_relations,
)
from odin.schema import Document, Provenance, Relation


def entity_kinds(gold: str, predicted: str) -> Counter[str | None]:
    return Counter(one.kind for one in judge_entities(document(gold), document(predicted)))


@pytest.mark.parametrize(
    ("gold", "predicted", "kinds"),
    [
        ("[flu](Disease)", "[flu](Disease)", {None: 1}),
        ("[flu](Disease)", "[flu](Symptom)", {"label": 1}),
        ("[bad flu](Disease)", "bad [flu](Disease)", {"boundary": 1}),
        ("[bad flu](Disease)", "bad [flu](Symptom)", {"both": 1}),
        ("[flu](Disease)", "flu", {"missing": 1}),
        ("flu", "[flu](Disease)", {"spurious": 1}),
        ("[bad](Symptom) [flu](Disease)", "[bad flu](Disease)", {"boundary": 1, "missing": 1}),
        ("[[penicillin](Drug) allergy](Disease)", "[penicillin allergy](Drug)", {"label": 1, "missing": 1}),
    ],
)
def test_a_wrong_mention_is_of_one_kind(gold: str, predicted: str, kinds: dict) -> None:
    assert entity_kinds(gold, predicted) == kinds


NOTE = "[Metformin](Drug) for [diabetes](Disease), not [acne](Disease). [Cough](Symptom) today."
GOLD = document(NOTE, ("treats", "Metformin", "diabetes"))


@pytest.mark.parametrize(
    ("relations", "kinds"),
    [
        ([("treats", "Metformin", "diabetes")], {None: 1}),
        ([("treats", "diabetes", "Metformin")], {"direction": 1}),
        ([("causes", "Metformin", "diabetes")], {"label": 1}),
        ([("causes", "diabetes", "Metformin")], {"label": 1}),
        ([("treats", "Metformin", "acne")], {"endpoint": 1}),
        ([("causes", "acne", "diabetes")], {"missing": 1, "spurious on co-occurrence": 1}),
        ([("causes", "acne", "Cough")], {"missing": 1, "spurious": 1}),
        ([], {"missing": 1}),
    ],
)
def test_a_wrong_relation_is_of_one_kind(relations: list[tuple[str, str, str]], kinds: dict) -> None:
    assert Counter(one.kind for one in judge_relations(GOLD, document(NOTE, *relations), ())) == kinds


def test_an_overlapping_endpoint_is_a_wrong_endpoint() -> None:
    gold = document("[bad pills](Drug) for [old flu](Disease)", ("treats", "bad pills", "old flu"))
    predicted = document("bad [pills](Drug) for old [flu](Disease)", ("treats", "pills", "flu"))
    assert [one.kind for one in judge_relations(gold, predicted, ())] == ["endpoint"]


def test_a_relation_with_a_mention_that_gold_does_not_have_is_spurious_but_not_on_co_occurrence() -> None:
    predicted = document(NOTE.replace("today", "[today](Symptom)"), ("causes", "Cough", "today"))
    assert [one.kind for one in judge_relations(GOLD, predicted, ())] == ["missing", "spurious"]


def test_a_label_without_direction_is_right_either_way_round() -> None:
    gold = document(NOTE, ("Bind", "diabetes", "acne"))
    turned = document(NOTE, ("Bind", "acne", "diabetes"))
    assert [one.kind for one in judge_relations(gold, turned, {"Bind"})] == [None]


@given(annotated(), annotated())
def test_every_annotation_is_judged_once_and_the_right_ones_are_those_that_scores_count(
    gold: Document, predicted: Document
) -> None:
    scores = score_documents([gold], [predicted], symmetric={"Bind"})
    for judged, counts, kinds in (
        (judge_entities(gold, predicted), scores.entities["exact"].micro, ENTITY_KINDS),
        (judge_relations(gold, predicted, {"Bind"}), scores.relations["strict"].micro, RELATION_KINDS),
    ):
        assert sum(one.kind is None for one in judged) == counts.true_positives
        assert sum(one.gold is not None for one in judged) == counts.support
        assert sum(one.predicted is not None for one in judged) == counts.true_positives + counts.false_positives
        assert {one.kind for one in judged} <= {None, *kinds}


def test_the_confusion_matrix_is_about_labels() -> None:
    gold = document("[bad flu](Disease), [rash](Symptom), [zinc](Drug)")
    predicted = document("bad [flu](Disease), [rash](Disease), zinc, [x](Drug)".replace(", [x](Drug)", ""))
    assert confusion_matrix(judge_entities(gold, predicted)) == {
        ("Disease", "Disease"): 1,
        ("Symptom", "Disease"): 1,
        ("Drug", NOTHING): 1,
    }


SECTIONED = "CHIEF COMPLAINT\ncough\n\nHistory of Present Illness: fever for days\nPlan: rest\nShe is well."


def test_sections_begin_at_their_headings() -> None:
    starts = section_starts(SECTIONED)
    assert [title for _, title in starts] == ["CHIEF COMPLAINT", "HISTORY OF PRESENT ILLNESS", "PLAN"]
    for word, title in (
        ("cough", "CHIEF COMPLAINT"),
        ("fever", "HISTORY OF PRESENT ILLNESS"),
        ("rest", "PLAN"),
        ("well", "PLAN"),
    ):
        assert section_of(starts, SECTIONED.index(word)) == title
    assert section_of(section_starts("no heading"), 3) == "(no section)"


@pytest.mark.parametrize(
    ("score", "band"), [(0, "0.0-0.1"), (0.3, "0.3-0.4"), (0.83, "0.8-0.9"), (1, "0.9-1.0"), (None, UNKNOWN)]
)
def test_a_score_is_in_its_tenth(score: float | None, band: str) -> None:
    assert score_band(score) == band


def entity_slices(one: Document, training: Training | None = None) -> list[dict[str, str]]:
    place = Place(one, training)
    return [{name: value(place, entity) for name, value in ENTITY_SLICES.items()} for entity in one.entities]


def test_a_mention_is_sliced_by_what_is_known_of_it() -> None:
    note = document("Plan: no [right knee pain](Symptom|negated). [Flu](Disease) shot.")
    note = replace(note, meta={"note_type": "SOAP", "source": "clinic"}, provenance=Provenance("generator"))
    training = Training.of([document("[flu](Disease) [flu](Disease)", id=str(i)) for i in range(3)])
    pain, flu = entity_slices(note, training)
    assert pain == {
        "label": "Symptom",
        "assertion": "negated",
        "section": "PLAN",
        "mention length": "3 words",
        "seen in training": "unseen",
        "frequency in training": "unseen",
        "score band": UNKNOWN,
        "note type": "SOAP",
        "source": "clinic",
        "synthetic or real": "synthetic",
    }
    assert (flu["seen in training"], flu["frequency in training"], flu["mention length"]) == (
        "seen",
        "common",
        "1 word",
    )
    assert entity_slices(note)[1]["seen in training"] == UNKNOWN
    assert entity_slices(replace(note, provenance=None))[0]["synthetic or real"] == "real"


def test_a_relation_is_sliced_by_its_ends_and_how_far_apart_they_are() -> None:
    text = "[Metformin](Drug) taken. Daily. For [diabetes](Disease|negated)."
    one = document(text, ("treats", "Metformin", "diabetes"))
    values = {name: value(Place(one), one.relations[0]) for name, value in RELATION_SLICES.items()}
    assert values["pair"] == "Drug -> Disease"
    assert values["assertion"] == "present -> negated"
    assert values["sentence distance"] == "2-4 sentences"


def test_scores_of_slices_put_missed_under_gold_and_spurious_under_predicted() -> None:
    gold = document("[no fever](Symptom|negated) [cough](Symptom) [flu](Disease)")
    predicted = document("no [fever](Symptom|negated) [cough](Symptom) flu")
    judged = [(gold, predicted, judge_entities(gold, predicted))]
    assert slice_entities("mention length", judged).per_label == {"1 word": Counts(1, 1, 1), "2 words": Counts(0, 0, 1)}
    assert slice_entities("label", judged).micro == score_documents([gold], [predicted]).entities["exact"].micro


def test_relations_are_sliced_by_pair() -> None:
    predicted = document(NOTE, ("treats", "Metformin", "diabetes"), ("causes", "acne", "diabetes"))
    judged = [(GOLD, predicted, judge_relations(GOLD, predicted, ()))]
    assert slice_relations("pair", judged).per_label == {
        "Drug -> Disease": Counts(1, 0, 0),
        "Disease -> Disease": Counts(0, 1, 0),
    }


def test_score_bands_are_those_of_the_prediction() -> None:
    gold = document("[flu](Disease) [cough](Symptom)")
    predicted = replace(gold, entities=(replace(gold.entities[0], score=0.75),))
    judged = [(gold, predicted, judge_entities(gold, predicted))]
    assert slice_entities("score band", judged).per_label == {"0.7-0.8": Counts(1, 0, 0), UNKNOWN: Counts(0, 0, 1)}


def test_relations_that_the_text_denies_are_not_judged() -> None:
    denied = replace(GOLD, relations=(Relation("R1", "treats", "T1", "T2", attributes={"negated": True}),))
    assert judge_relations(denied, denied, ()) == []
