"""One press of Extract: notes through a model with progress, and what the page shows of the result."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from annotation.background import in_background
from odin.errors import InputError, OdinError
from odin.extraction import ExtractionOptions, Extractor
from odin.extraction.batch import extract_all
from odin.extraction.inputs import Columns, count_inputs, read_inputs
from odin.extraction.thresholds import above
from odin.labels import LabelSet
from odin.phi import find_phi
from odin.schema import Document, ReadReport

LEAST_RELATION_SCORE = 0.05
"""Relations are kept from here on, so that the slider can show them without another run."""

SECONDS_BETWEEN_UPDATES = 0.4

SUMMARY_COLUMNS = ("#", "Note", "Characters", "Mentions", "Relations", "Not present", "May identify somebody")


@dataclass(frozen=True)
class Run:
    """What came of one press of Extract, so far."""

    labels: LabelSet
    model: str
    entity_floor: float
    """Mentions below this score were not looked for."""
    model_chosen: str | None = None
    """The name under which the page knows the model."""
    total: int | None = None
    documents: tuple[Document, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be read or done, each with its place and why."""
    seconds: float = 0.0
    finished: bool = False


def extract_notes(extractor: Extractor, documents: Iterable[Document], run: Run, report: ReadReport) -> Iterator[Run]:
    """The run as it goes on, every now and then, and when it is finished; `report` is where `documents` put losses.

    It comes back within SECONDS_BETWEEN_UPDATES also while the model is at a long note, so that it can be stopped.
    """
    options = ExtractionOptions(entity_threshold=run.entity_floor, relation_threshold=LEAST_RELATION_SCORE)
    started = said = time.monotonic()
    done: list[Document] = []
    lost: list[tuple[str, str, str]] = []

    def now(*, finished: bool) -> Run:
        return replace(
            run,
            documents=tuple(done),
            problems=tuple(f"{place}: {why}" for place, _, why in report.dropped + lost),
            seconds=time.monotonic() - started,
            finished=finished,
        )

    found = extract_all(extractor, documents, run.labels, options, report)
    for extraction in in_background(found, SECONDS_BETWEEN_UPDATES):
        if extraction is not None:
            done.append(extraction.document)
            lost += extraction.report.dropped
        if time.monotonic() - said > SECONDS_BETWEEN_UPDATES:
            yield now(finished=False)
            said = time.monotonic()
    yield now(finished=True)


def read_uploads(paths: Sequence[Path], report: ReadReport, columns: Columns) -> Iterator[Document]:
    """The notes of uploaded files, in order; a file that cannot be read is reported by its name and passed over.

    An id that an earlier file has used is written `file:id`.
    """
    seen: set[str] = set()
    for path in paths:
        own = ReadReport()
        try:
            for document in read_inputs(path, own, columns):
                unique = document if document.id not in seen else replace(document, id=f"{path.name}:{document.id}")
                seen.add(unique.id)
                _move(own, report, path)
                yield unique
        except OdinError as err:
            own.drop(str(path), "file", str(err).removeprefix(f"{path}: "))
        _move(own, report, path)


def count_uploads(paths: Sequence[Path]) -> int | None:
    """How many notes the files hold, where that is known without reading them."""
    try:
        counts = [count_inputs(path) for path in paths]
    except InputError:  # reading says what is wrong with which
        return None
    return None if None in counts else sum(count or 0 for count in counts)


def _move(own: ReadReport, report: ReadReport, path: Path) -> None:
    """Hand losses on under the file's own name: where the server keeps it is no concern of the user."""
    folder = f"{path.parent}/"
    report.dropped += [(place.removeprefix(folder), what, why.replace(folder, "")) for place, what, why in own.dropped]
    own.dropped.clear()


def shown_documents(run: Run, entity_threshold: float, relation_threshold: float) -> tuple[Document, ...]:
    """The documents with what reaches the sliders: what is seen and what is downloaded."""
    return tuple(above(document, entity_threshold, relation_threshold) for document in run.documents)


def summary_rows(documents: Iterable[Document]) -> list[list[Any]]:
    """A row a note under SUMMARY_COLUMNS."""
    return [
        [
            number,
            document.id,
            len(document.text),
            len(document.entities),
            len(document.relations) + len(document.concept_relations),
            sum(entity.assertion not in (None, "present") for entity in document.entities),
            len(find_phi(document.text)),
        ]
        for number, document in enumerate(documents, 1)
    ]


def say_result(run: Run, documents: Sequence[Document]) -> str:
    """One line on what was found, in how long, by what."""
    mentions = sum(len(document.entities) for document in documents)
    relations = sum(len(document.relations) + len(document.concept_relations) for document in documents)
    of_notes = "" if run.total == 1 else f" in {_count(len(documents), 'note')}"
    stopped = "" if run.finished else "Stopped early: "
    return f"{stopped}{_count(mentions, 'mention')} and {_count(relations, 'relation')}{of_notes}"


def say_source(run: Run) -> str:
    """By which model and label set, and how long it took."""
    return f"{run.seconds:.1f} s · model {run.model} · label set {run.labels.name} (version {run.labels.version})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
