"""Many notes through an extractor: what fails is reported and left out, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from odin.errors import LabelError, OdinError
from odin.extraction import Extraction, ExtractionOptions, Extractor
from odin.extraction.concepts import extract_with_concepts
from odin.labels import LabelSet
from odin.schema import Document, ReadReport

NOTES_AT_ONCE = 16


def extract_all(
    extractor: Extractor,
    documents: Iterable[Document],
    labels: LabelSet,
    options: ExtractionOptions,
    report: ReadReport,
) -> Iterator[Extraction]:
    """One Extraction for each document that could be read, in order; each failure goes into `report` by its id.

    Raises LabelError where the extractor cannot answer with `labels`.
    """
    check_labels(extractor, labels)
    rest = iter(documents)
    while group := list(islice(rest, NOTES_AT_ONCE)):
        yield from _group(extractor, group, labels, options, report)


def check_labels(extractor: Extractor, labels: LabelSet) -> None:
    """Raise LabelError where the extractor cannot answer with `labels`."""
    if labels.name not in extractor.label_sets():
        raise LabelError(
            f"the model {extractor.name} cannot answer with the label set {labels.name!r}; it knows "
            f"{', '.join(extractor.label_sets())}: choose one of these, or train a model for {labels.name!r}; about 20 "
            "notes that you reviewed are a start, see --few-shot in `python -m odin train --help`"
        )


def _group(
    extractor: Extractor, group: list[Document], labels: LabelSet, options: ExtractionOptions, report: ReadReport
) -> Iterator[Extraction]:
    done = 0
    try:
        for extraction in extract_with_concepts(extractor, group, labels, options):
            done += 1
            yield extraction
    except OdinError:
        for document in group[done:]:  # one by one, to find which one it is
            try:
                yield from extract_with_concepts(extractor, [document], labels, options)
            except OdinError as err:
                report.drop(f"document {document.id}", "note", str(err))
