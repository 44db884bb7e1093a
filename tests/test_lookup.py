"""Look-up, linking and the dictionary extractor."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document

from odin.errors import LabelError
from odin.extraction import ExtractionOptions
from odin.extraction.dictionary import load
from odin.knowledge.graph import Concept, KnowledgeGraph, Surface
from odin.knowledge.linking import link
from odin.knowledge.lookup import Lookup, default_lookup
from odin.knowledge.names import fold, key, singular, uninverted
from odin.labels import load_label_set
from odin.schema import Document
from odin.sentences import sentence_spans


def concept(id: str, label: str, name: str, *others: tuple[str, str], weight: float = 1) -> Concept:
    surfaces = (Surface(name, "preferred"), *(Surface(text, kind) for text, kind in others))
    return Concept(id, label, name, weight=weight, surfaces=surfaces)


LOOKUP = Lookup(
    KnowledgeGraph(
        [
            concept("D1", "Disease", "heart failure", ("congestive heart failure", "synonym"), ("CHF", "abbreviation")),
            concept("D2", "Disease", "multiple sclerosis", ("MS", "abbreviation"), weight=5),
            concept("D3", "Disease", "mitral stenosis", ("MS", "abbreviation"), weight=1),
            concept("D4", "Disease", "Crohn's disease"),
            concept("D5", "Disease", "failure"),
            concept("P1", "Procedure", "physical therapy", ("PT", "abbreviation")),
            concept("R1", "Drug", "hydrochlorothiazide", ("HCTZ", "abbreviation")),
        ],
        [],
    )
)


def found(text: str, **options: bool) -> list[tuple[str, str]]:
    return [(text[match.start : match.end], match.concept.id) for match in LOOKUP.find(text, **options)]


def test_the_longest_surface_counts() -> None:
    assert found("Congestive heart failure today") == [("Congestive heart failure", "D1")]


def test_case_plural_and_possessive_do_not_matter() -> None:
    assert found("CROHN'S DISEASE, Crohn disease, heart failures") == [
        ("CROHN'S DISEASE", "D4"),
        ("Crohn disease", "D4"),
        ("heart failures", "D1"),
    ]


def test_an_abbreviation_counts_as_it_is_written_and_the_likelier_sense_comes_first() -> None:
    (match,) = LOOKUP.find("She has MS.")
    assert [item.id for item in match.concepts] == ["D2", "D3"]
    assert found("Ms. Jones, a pt of ours") == []


def test_the_document_explains_its_own_abbreviations() -> None:
    assert found("Mitral stenosis (MS) is severe. MS was known.")[1:] == [("MS", "D3"), ("MS", "D3")]


def test_a_surface_does_not_reach_over_punctuation_or_an_empty_line() -> None:
    assert found("heart. Failure") == [("Failure", "D5")]
    assert found("heart\n\nfailure") == [("failure", "D5")]
    assert found("heart\nfailure") == [("heart\nfailure", "D1")]


def test_what_nobody_would_write_is_recognised_all_the_same() -> None:
    rare = Concept("D9", "Disease", "gout", surfaces=(Surface("gout", "preferred"),), weight=1)
    graph = KnowledgeGraph([replace(rare, recognised=(Surface("podagra", "synonym", 0),))], [])
    assert [match.concept.id for match in Lookup(graph).find("Podagra")] == ["D9"]


def test_misspelt_long_words_are_found_only_when_asked_for() -> None:
    assert found("on hydrochlorthiazide") == []
    assert found("on hydrochlorthiazide", fuzzy=True) == [("hydrochlorthiazide", "R1")]


@given(st.text(max_size=80))
def test_matches_are_in_order_apart_and_within_the_text(text: str) -> None:
    last = 0
    for match in LOOKUP.find(text, fuzzy=True):
        assert last <= match.start < match.end <= len(text)
        last = match.end


@given(st.text(max_size=40))
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_keys_make_variants_equal() -> None:
    assert key("Crohn's Diseases") == key("crohn disease")
    assert key("Ménière's disease") == key("Meniere disease")
    assert [singular(word) for word in ("biopsies", "diagnosis", "masses", "illness", "calculus")] == [
        "biopsy", "diagnosis", "mass", "illness", "calculus",
    ]  # fmt: skip
    assert uninverted("Diabetes Mellitus, Type 2") == "Type 2 Diabetes Mellitus"


def test_linking_fills_the_concept_of_any_entity_but_leaves_what_is_there() -> None:
    linked = link(document("[HTN](Disease) and [metformin](Drug) and [gibberish](Disease)"))
    assert [entity.concept for entity in linked.entities] == ["DOID:10763", "RXNORM:6809", None]
    assert link(linked) == linked


def test_linking_prefers_the_label_of_the_entity() -> None:
    linked = link(document("[iron](Lab_Test) low; started [iron](Drug)"))
    labels = [default_lookup().graph.concept[entity.concept].label for entity in linked.entities if entity.concept]
    assert labels[-1] == "Drug"


def test_the_dictionary_finds_mentions_assertions_and_relations() -> None:
    text = "He denies chest pain. Lisinopril for hypertension. Right knee pain."
    (result,) = load().extract([Document("n1", text)], load_label_set("clinical"))
    made = result.document
    surfaces = {entity.text_in(text): (entity.label, entity.assertion) for entity in made.entities}
    assert surfaces == {
        "chest pain": ("Symptom", "negated"),
        "Lisinopril": ("Drug", "present"),
        "hypertension": ("Disease", "present"),
        "Right knee pain": ("Symptom", "present"),
    }
    (relation,) = made.relations
    assert relation.label == "treats"
    assert made.entity_by_id[relation.head].text_in(text) == "Lisinopril"
    assert text[slice(*relation.evidence)] == "Lisinopril for hypertension."


def test_given_entities_are_kept_as_they_are() -> None:
    gold = document("[Metformin](Drug) treats [type 2 diabetes](Disease) and [foo](Disease).")
    options = ExtractionOptions(given_entities=True)
    (result,) = load().extract([gold], load_label_set("clinical"), options)
    assert result.document.entities == gold.entities
    assert [(item.label, item.head, item.tail) for item in result.document.relations] == [("treats", "T1", "T2")]


def test_drugs_are_chemicals_in_the_label_set_bc5cdr() -> None:
    (result,) = load().extract([Document("n", "Warfarin caused bleeding.")], load_label_set("bc5cdr"))
    assert ("Warfarin", "Chemical") in {
        (entity.text_in(result.document.text), entity.label) for entity in result.document.entities
    }


def test_a_label_set_that_the_graph_does_not_cover_is_refused() -> None:
    with pytest.raises(LabelError, match="chemprot"):
        list(load().extract([Document("n", "x")], load_label_set("chemprot")))


def test_sentences_cover_the_text_without_overlap() -> None:
    text = "One. Two!\nThree"
    assert [text[start:end] for start, end in sentence_spans(text)] == ["One.", "Two!", "Three"]
