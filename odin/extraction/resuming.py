"""Going on from the output of an interrupted `extract`, to what a run without interruption would have written.

Notes are read in groups of NOTES_AT_ONCE, and the last digit of a score may depend on what is read together. So groups
that were done are taken over whole. The last one is done again, which also shows whether the options are as they were.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NoReturn

from odin.corpora import jsonl
from odin.corpora.files import open_binary, part_of
from odin.errors import InputError
from odin.extraction import Extraction, ExtractionOptions, Extractor
from odin.extraction.batch import NOTES_AT_ONCE, extract_all
from odin.labels import LabelSet
from odin.schema import Document, ReadReport


@dataclass(frozen=True)
class Work:
    """What is asked of whom: what has to be as it was for a run to go on."""

    extractor: Extractor
    labels: LabelSet
    options: ExtractionOptions

    def extract(self, documents: Iterable[Document], report: ReadReport) -> Iterator[Extraction]:
        """As `extract_all`."""
        return extract_all(self.extractor, documents, self.labels, self.options, report)


def begun_output(target: str | Path) -> Path | None:
    """The file to go on from: what an interrupted run left, else the output itself; None where there is neither."""
    return next((path for path in (part_of(target), Path(target)) if os.path.isfile(path)), None)


def held_documents(path: Path) -> Iterator[Document]:
    """The documents of an output, without a last line that was cut short. Raises FormatError at any other bad line."""
    return jsonl.parse(_whole_lines(path), path)


def _whole_lines(path: Path) -> Iterator[bytes]:
    with open_binary(path) as file:
        try:
            yield from (line for line in file if line.endswith(b"\n"))
        except InputError:  # the end of a packed file is missing; what stood before it was read
            return


def settled_documents(begun: Path, documents: Iterable[Document], work: Work) -> int:
    """How many documents of the input need not be done again, since `begun` holds them or they could not be done.

    Raises InputError where it holds what this work would not have made of this input.
    """
    held = held_documents(begun)
    awaited = next(held, None)
    settled = 0
    group: list[tuple[Document, Document]] = []
    for number, document in enumerate(documents):
        if awaited is None:
            break
        if number % NOTES_AT_ONCE == 0:
            settled, group = number, []
        if awaited.id == document.id:
            if awaited.text != document.text:
                _refuse(begun, f"the text of note {document.id!r} was another")
            _check_made(begun, awaited, work)
            group.append((document, awaited))
            awaited = next(held, None)
    if awaited is not None:
        _refuse(begun, f"holds the note {awaited.id!r}, which the input does not, or not in this order")
    _check_same(begun, group, work)
    return settled


def settled_extractions(
    begun: Path, documents: Iterator[Document], settled: int, work: Work, report: ReadReport
) -> Iterator[Extraction]:
    """What there is of the first `settled` documents: taken from `begun`, or tried once more where it is not there."""
    held = held_documents(begun)
    awaited = next(held, None)
    for document in islice(documents, settled):
        if awaited is not None and awaited.id == document.id:
            yield Extraction(awaited)
            awaited = next(held, None)
        else:
            yield from work.extract([document], report)


def _check_made(begun: Path, held: Document, work: Work) -> None:
    """Raise InputError where the model, the label set or a threshold cannot have been that of now."""
    maker = held.provenance.name if held.provenance else None
    if maker != work.extractor.name:
        _refuse(begun, f"note {held.id!r} was done by {maker or 'no model'}, not by {work.extractor.name}")
    labels, options = work.labels, work.options
    entities = () if options.given_entities else held.entities
    for items, known, least in (
        (entities, labels.entity_labels, options.entity_threshold),
        (held.relations, labels.relation_labels, options.relation_threshold),
        (held.concept_relations, labels.concept_relation_labels, options.relation_threshold),
    ):
        for item in items:
            if item.label not in known:
                _refuse(begun, f"note {held.id!r} has the label {item.label}, which {labels.name} does not")
            if least is not None and item.score is not None and item.score < least:
                _refuse(begun, f"note {held.id!r} has a score of {item.score}, below the threshold of {least}")


def _check_same(begun: Path, group: list[tuple[Document, Document]], work: Work) -> None:
    """Raise InputError where the notes come out otherwise now than they were; scores may differ a little."""
    before = {held.id: _without_scores(held) for _, held in group}
    for extraction in work.extract([document for document, _ in group], ReadReport()):
        if _without_scores(extraction.document) != before[extraction.document.id]:
            _refuse(begun, f"note {extraction.document.id!r} was done with other options than those of now")


def _without_scores(document: Document) -> Document:
    return document.with_annotations(
        (replace(entity, score=None) for entity in document.entities),
        (replace(relation, score=None) for relation in document.relations),
        (replace(relation, score=None) for relation in document.concept_relations),
    )


def _refuse(begun: Path, why: str) -> NoReturn:
    raise InputError(f"{begun}: {why}; go on with what it was begun with, or begin anew without --resume")
