"""Concept ids of mentions: spelling, abbreviations of the document, misspellings; and how they are scored and used."""

from dataclasses import replace

import pytest
from markup import document

from odin.evaluation.linking import score_linking
from odin.extraction import Extraction, ExtractionOptions
from odin.extraction.concepts import extract_with_concepts
from odin.knowledge.linking import link
from odin.knowledge.lookup import default_lookup
from odin.labels import load_label_set
from odin.schema import ConceptRelation, Document, ReadReport


def names(markup: str) -> list[str | None]:
    """The names of the concepts that the mentions of a markup text are linked to."""
    concepts = default_lookup().graph.concept
    linked = link(document(markup))
    return [concepts[entity.concept].name if entity.concept else None for entity in linked.entities]


@pytest.mark.parametrize(
    ("markup", "same_as"),
    [
        ("[hypotensive](Disease)", "[hypotension](Disease)"),
        ("[diarrhoea](Symptom)", "[diarrhea](Symptom)"),
        ("[phenobarbitone](Drug)", "[phenobarbital](Drug)"),
        ("[hypertensoin](Disease)", "[hypertension](Disease)"),
        ("[severe asthma](Disease)", "[asthma](Disease)"),
        ("[IL-6](GeneOrGeneProduct)", "[IL6](GeneOrGeneProduct)"),
    ],
)
def test_another_way_to_write_a_name_is_the_same_concept(markup: str, same_as: str) -> None:
    assert names(markup) == names(same_as)
    assert names(same_as) != [None]


def test_an_abbreviation_is_what_the_document_says_it_is() -> None:
    first, short, later = names("[Severe hypotension](Disease) ([SHT](Disease)) came; [SHT](Disease) went.")
    assert first == short == later == "hypotension"


def test_opposites_and_other_numbers_are_not_misspellings() -> None:
    lookup = default_lookup()
    assert all("hyper" in concept.name for concept in lookup.nearest("hyperkalemai"))
    assert lookup.nearest("type 7 diabetes") == ()


def test_a_name_of_another_kind_is_not_taken() -> None:
    assert names("[asthma](Drug)") == [None]
    assert names("[asthma](Unheard)") == [None]


def test_a_concept_that_is_there_stays() -> None:
    made = document("[asthma](Disease)")
    made = replace(made, entities=(replace(made.entities[0], concept="X:1"),))
    assert link(made).entities[0].concept == "X:1"


def test_linking_is_scored_over_the_ids_that_the_graph_holds() -> None:
    made = document("[hypotension](Disease), [hypotension](Disease), [hypotension](Disease), [zzz](Disease).")
    ids = ("D007022", "D001249", "NOT-THERE", "D001249")
    gold = replace(made, entities=tuple(replace(e, concept=id) for e, id in zip(made.entities, ids, strict=True)))
    own = score_linking([gold], default_lookup())["Disease"]
    assert (own.mentions, own.covered, own.linked, own.right) == (4, 3, 2, 1)
    assert own.accuracy.value == pytest.approx(1 / 3)
    assert own.precision.value == pytest.approx(1 / 2)


class Reader:
    """Finds what it is told to; with given entities, relates the first two concepts."""

    name = "reader"

    def __init__(self, found: Document) -> None:
        self.found = found

    def label_sets(self) -> tuple[str, ...]:
        return ("bc5cdr", "clinical")

    def extract(self, documents, labels, options):
        for given in documents:
            if not options.given_entities:
                yield Extraction(self.found, ReadReport())
                continue
            head, tail, *_ = [entity.concept for entity in given.entities]
            yield Extraction(replace(given, concept_relations=(ConceptRelation("CID", head, tail, 0.9),)), ReadReport())


def extracted(markup: str, labels: str, *, given: bool = False) -> Document:
    """What comes of a text with the mentions of a markup, through `extract_with_concepts`."""
    found = document(markup)
    options = ExtractionOptions(given_entities=given)
    documents = [found if given else found.with_annotations(())]
    (extraction,) = extract_with_concepts(Reader(found), documents, load_label_set(labels), options)
    return extraction.document


def test_relations_between_concepts_are_found_without_gold_mentions() -> None:
    done = extracted("[Naloxone](Chemical) caused [hypotension](Disease).", "bc5cdr")
    assert [(one.label, one.head, one.tail) for one in done.concept_relations] == [("CID", "D009270", "D007022")]


def test_without_two_known_concepts_there_is_no_relation_between_concepts() -> None:
    assert extracted("[Qwxyz](Chemical) caused [hypotension](Disease).", "bc5cdr").concept_relations == ()


def test_other_label_sets_get_the_ids_of_the_graph_and_given_entities_stay() -> None:
    (entity,) = extracted("[hypotension](Disease)", "clinical").entities
    assert entity.concept in default_lookup().graph.concept
    found = extracted("[Naloxone](Chemical) and [hypotension](Disease)", "bc5cdr", given=True)
    assert [entity.concept for entity in found.entities] == [None, None]
