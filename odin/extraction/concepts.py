"""Concept ids for what an extractor found, and relations between concepts where the label set has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from odin.extraction import Extraction, ExtractionOptions, Extractor
from odin.knowledge.linking import corpus_ids, link
from odin.knowledge.lookup import default_lookup
from odin.labels import LabelSet
from odin.schema import Document


def extract_with_concepts(
    extractor: Extractor, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions
) -> Iterator[Extraction]:
    """As `extractor.extract`, with the concept id of each mention that the knowledge graph knows.

    Label sets of concept relations (`biored`, `bc5cdr`) are read a second time, their mentions given with the ids as
    those corpora write them. Given entities stay as they were given.
    """
    for extraction in extractor.extract(documents, labels, options):
        if options.given_entities:
            yield extraction
            continue
        document = link(extraction.document)
        if labels.concept_relations and document.entities:
            document = _related(extractor, _in_corpus_ids(document), labels, options)
        report = replace(extraction.report, concept_relations=len(document.concept_relations))
        yield replace(extraction, document=document, report=report)


def _related(extractor: Extractor, document: Document, labels: LabelSet, options: ExtractionOptions) -> Document:
    if len({entity.concept for entity in document.entities if entity.concept}) < 2:
        return document
    (again,) = extractor.extract([document], labels, replace(options, given_entities=True))
    return replace(document, concept_relations=again.document.concept_relations)


def _in_corpus_ids(document: Document) -> Document:
    """The document with ids without prefix where the graph has MeSH or NCBI Gene numbers."""
    graph = default_lookup().graph

    def written(concept: str | None) -> str | None:
        if concept is None or concept not in graph.concept:
            return concept
        return next(iter(corpus_ids(graph.concept[concept])), concept)

    return replace(
        document, entities=tuple(replace(entity, concept=written(entity.concept)) for entity in document.entities)
    )
