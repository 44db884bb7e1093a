"""Co-occurrence false positives, the all-pairs baseline and the sentences both need."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document

from odin.evaluation.cooccurrence import all_concept_pairs, all_pairs, candidate_pairs, false_positive_rate
from odin.evaluation.scores import Accuracy, Counts
from odin.evaluation.scoring import score_documents
from odin.labels import load_label_set
from odin.schema import ConceptRelation, Document, Entity
from odin.sentences import sentence_of, sentence_starts

CLINICAL = load_label_set("clinical")
TWO_DRUGS = "[Metformin](Drug) for [diabetes](Disease), also takes [aspirin](Drug). [Cough](Symptom) today."


def test_an_unrelated_pair_of_a_sentence_that_is_related_in_the_prediction_is_a_false_positive() -> None:
    gold = document(TWO_DRUGS, ("treats", "Metformin", "diabetes"))
    predicted = document(TWO_DRUGS, ("treats", "Metformin", "diabetes"), ("treats", "aspirin", "diabetes"))
    assert false_positive_rate([(gold, predicted)], CLINICAL) == Accuracy(1, 1)
    assert false_positive_rate([(gold, gold)], CLINICAL) == Accuracy(0, 1)


def test_pairs_of_two_sentences_and_mentions_that_were_not_found_are_not_asked_about() -> None:
    gold = document(TWO_DRUGS, ("treats", "Metformin", "diabetes"))
    across = document(TWO_DRUGS, ("treats", "aspirin", "Cough"))
    assert false_positive_rate([(gold, across)], CLINICAL) == Accuracy(0, 1)
    one_found = document(TWO_DRUGS.replace("[aspirin](Drug)", "aspirin"))
    assert false_positive_rate([(gold, one_found)], CLINICAL).value is None


def test_a_relation_that_gold_denies_leaves_the_pair_unrelated() -> None:
    gold = document("[Aspirin](Drug) did not help the [headache](Symptom).", ("treats", "Aspirin", "headache"))
    denied = replace(gold, relations=(replace(gold.relations[0], attributes={"negated": True}),))
    assert false_positive_rate([(denied, gold)], CLINICAL) == Accuracy(1, 1)
    assert false_positive_rate([(denied, denied)], CLINICAL) == Accuracy(0, 1)


def test_candidates_are_the_pairs_that_the_label_set_allows() -> None:
    note = document(TWO_DRUGS)
    within = [
        (h.text_in(note.text), t.text_in(note.text)) for h, t in candidate_pairs(note, CLINICAL, same_sentence=True)
    ]
    assert sorted(within) == [("Metformin", "diabetes"), ("aspirin", "diabetes")]
    anywhere = list(candidate_pairs(note, CLINICAL, same_sentence=False))
    assert len(anywhere) == 6  # and each drug with the cough, the disease and the cough, either way round


def test_relating_all_pairs_finds_everything_and_more() -> None:
    gold = document(TWO_DRUGS, ("treats", "Metformin", "diabetes"))
    (baseline,) = all_pairs([gold], CLINICAL, same_sentence=True)
    assert score_documents([gold], [baseline]).relations["strict"].micro == Counts(1, 1, 0)
    assert {relation.label for relation in baseline.relations} == {"treats"}


def test_on_ade_relating_all_pairs_is_nearly_right_already(corpora) -> None:
    from itertools import islice

    from odin.corpora import jsonl

    gold = list(islice(jsonl.read(corpora / "ade" / "reference" / "dev.jsonl"), 300))
    baseline = all_pairs(gold, load_label_set("ade"), same_sentence=False)
    assert score_documents(gold, baseline).relations["strict"].micro.f1 > 0.97


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("Dr. Lee saw her. No fever.", [0, 17]),
        ("HPI:\ncough\n\nPlan: rest", [0, 5, 12]),
        ("Temp 38.5 today. BP 120/80.", [0, 17]),
        ("Is it? Yes! (Sure.) Done", [0, 7, 12, 20]),
        ("seen by J. Smith vs. Jones", [0]),
        ("", [0]),
        ("End. ", [0]),
    ],
)
def test_sentences_begin_where_a_reader_would_say(text: str, starts: list[int]) -> None:
    assert sentence_starts(text) == starts


@given(st.text(alphabet="aB. \n?(", max_size=40), st.integers(0, 39))
def test_every_character_is_in_one_sentence(text: str, offset: int) -> None:
    starts = sentence_starts(text)
    assert starts == sorted(set(starts))
    place = sentence_of(starts, offset)
    assert starts[place] <= offset
    assert place + 1 == len(starts) or offset < starts[place + 1]


def test_the_concept_baseline_relates_every_allowed_pair_of_concepts_once() -> None:
    names = (("Chemical", "C1"), ("Chemical", "C2"), ("Disease", "D1|D2"), ("Disease", "-"))
    mentions = tuple(Entity(f"T{i}", label, i, i + 1, concept=concept) for i, (label, concept) in enumerate(names))
    gold = Document("d", "x" * 9, mentions, concept_relations=(ConceptRelation("CID", "C1", "D1"),))
    (found,) = all_concept_pairs([gold], load_label_set("bc5cdr"))
    assert {(one.head, one.tail) for one in found.concept_relations} == {
        (head, tail) for head in ("C1", "C2") for tail in ("D1", "D2")
    }
    assert score_documents([gold], [found]).concept_relations.micro == Counts(1, 3, 0)


def test_the_concept_baseline_takes_the_usual_label_of_two_kinds_in_either_order() -> None:
    names = (("ChemicalEntity", "C1"), ("DiseaseOrPhenotypicFeature", "D1"), ("OrganismTaxon", "9606"))
    mentions = tuple(Entity(f"T{i}", label, i, i + 1, concept=concept) for i, (label, concept) in enumerate(names))
    stated = tuple(ConceptRelation(label, "D1", "C1") for label in ("Positive_Correlation",))
    gold = Document("d", "x" * 9, mentions, concept_relations=stated)
    (found,) = all_concept_pairs([gold], load_label_set("biored"))
    assert score_documents([gold], [found]).concept_relations.micro == Counts(1, 0, 0)
