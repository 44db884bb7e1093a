"""Scores of two files of any size, in flat memory and on several processors.

The files are read in step and scored in batches of lines. Where the two are not in the same order, a line that finds no
partner in its batch is remembered by its place in the file and read again at the end.
"""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from odin.corpora.files import open_binary
from odin.errors import InputError
from odin.evaluation.annotations import Annotations
from odin.evaluation.cooccurrence import false_positive_rate
from odin.evaluation.native import ScoredLine, read_document, read_line
from odin.evaluation.pairing import check_same_text
from odin.evaluation.scores import Accuracy, Scores
from odin.evaluation.scoring import PairCounter
from odin.labels import LabelSet
from odin.schema import Document
from odin.side_by_side import process_pool

BATCH = 200
"""Lines of each file that are scored together."""
PARALLEL_BYTES = 10_000_000
"""Smaller gold files are scored in this process: starting others would take longer."""
SIDES = ("gold", "predicted")
NOTHING = Accuracy(0, 0)


class Place(NamedTuple):
    """Where a line stands: its number from 1, and its bytes."""

    number: int
    offset: int
    length: int


Lines = tuple[Place, bytes]
Row = tuple[Lines | None, Lines | None]


@dataclass(frozen=True)
class Job:
    """What to score and how."""

    gold: Path
    predicted: Path
    labels: LabelSet | None = None
    """Gives the labels without direction, and the pairs that the co-occurrence rate looks at."""
    named: tuple[str, str] | None = None
    """What messages call the two files, where it is not their paths."""

    @property
    def names(self) -> tuple[str, str]:
        """What messages call the two files, as SIDES."""
        return self.named or (str(self.gold), str(self.predicted))

    @property
    def paths(self) -> tuple[Path, Path]:
        """The two files, as SIDES."""
        return self.gold, self.predicted

    def counter(self) -> PairCounter:
        """A counter by the label set's relations."""
        if self.labels is None:
            return PairCounter()
        relations = self.labels.relations + self.labels.concept_relations
        return PairCounter(symmetric={relation.label for relation in relations if relation.symmetric})


@dataclass
class Outcome:
    """What a batch, and in the end both files, came to."""

    counter: PairCounter
    unrelated: Accuracy = NOTHING
    """The co-occurrence false positives; of nothing where no label set was given."""
    waiting: tuple[dict[str, Place], dict[str, Place]] = field(default_factory=lambda: ({}, {}))
    """Where the lines stand that found no partner, by document id."""
    ids: tuple[list[tuple[int, int]], list[tuple[int, int]]] = field(default_factory=lambda: ([], []))
    """(hash of the id, line number) of each line, to find an id that stands twice."""

    def count(self, job: Job, gold: ScoredLine, predicted: ScoredLine, rows: tuple[Lines, Lines]) -> None:
        """Count one document."""
        if gold.text != predicted.text:
            check_same_text(*_documents(rows))
        self.counter.add_annotations(gold.annotations, predicted.annotations)
        if job.labels is not None:
            rate = false_positive_rate([_documents(rows)], job.labels, self.counter.symmetric)
            self._add_unrelated(rate)

    def merge(self, other: Outcome) -> None:
        """Take the counts of another batch."""
        self.counter.merge(other.counter)
        self._add_unrelated(other.unrelated)

    def _add_unrelated(self, rate: Accuracy) -> None:
        self.unrelated = Accuracy(self.unrelated.correct + rate.correct, self.unrelated.total + rate.total)


class SeenIds:
    """The ids of one file as hashes in two arrays: sixteen bytes an id, so that a million take little memory."""

    def __init__(self) -> None:
        self._hashes, self._numbers = array("Q"), array("Q")

    def add(self, ids: Iterable[tuple[int, int]]) -> None:
        """Take (hash of the id, line number) of lines, in the order of the file."""
        for key, number in ids:
            self._hashes.append(key)
            self._numbers.append(number)

    def first_repeated(self) -> tuple[int, int] | None:
        """(line, later line) that have the same id, the earliest later line there is; None where all differ."""
        import numpy as np

        hashes, numbers = np.frombuffer(self._hashes, np.uint64), np.frombuffer(self._numbers, np.uint64)
        order = np.argsort(hashes, kind="stable")
        places = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
        if not places.size:
            return None
        first = places[numbers[order[places + 1]].argmin()]
        return int(numbers[order[first]]), int(numbers[order[first + 1]])


@dataclass(frozen=True)
class FileScores:
    """The scores of two files, and what had no partner."""

    scores: Scores
    missing: tuple[str, ...]
    """Ids of gold documents that were not predicted; they count as predicted with nothing in them."""
    extra: tuple[str, ...]
    """Ids of predicted documents that gold does not have; they count for nothing."""
    unrelated: Accuracy


def score_files(
    job: Job, *, processes: int | None = None, progress: Callable[[int], None] = lambda _: None
) -> FileScores:
    """The scores of `job.predicted` against `job.gold`; `progress` is told the bytes of gold done so far.

    Raises FormatError that names file and line, and InputError where an id stands twice, the texts of a document
    differ, or there is no gold document.
    """
    for path in job.paths:
        open_binary(path).close()
    whole = Outcome(job.counter())
    seen = (SeenIds(), SeenIds())
    for outcome in _outcomes(job, score_lines, _line_batches(job, progress), processes):
        whole.merge(outcome)
        for side in (0, 1):
            whole.waiting[side].update(outcome.waiting[side])
            seen[side].add(outcome.ids[side])
    for side in (0, 1):
        _check_ids(job.names[side], SIDES[side], seen[side])
    gold, predicted = whole.waiting
    both = [(gold.pop(name), predicted.pop(name)) for name in list(gold) if name in predicted]
    for outcome in _outcomes(job, score_places, _cut(both), processes):
        whole.merge(outcome)
    for outcome in _outcomes(job, score_missing, _cut(list(gold.values())), processes):
        whole.merge(outcome)
    if not whole.counter.documents:
        raise InputError(f"{job.names[0]}: there is no document to score against")
    return FileScores(whole.counter.scores(), tuple(gold), tuple(predicted), whole.unrelated)


def score_lines(job: Job, batch: Sequence[Row]) -> Outcome:
    """The outcome of lines of both files; those that find no partner in the batch wait."""
    outcome = Outcome(job.counter())
    held: tuple[dict[str, tuple[ScoredLine, Lines]], dict[str, tuple[ScoredLine, Lines]]] = ({}, {})
    for row in batch:
        for side, lines in enumerate(row):
            if lines is None:
                continue
            line = _read(job, side, lines, outcome)
            outcome.ids[side].append((_hash(line.id), lines[0].number))
            partner = held[1 - side].pop(line.id, None)
            if partner is None:
                held[side][line.id] = (line, lines)
            elif side == 0:
                outcome.count(job, line, partner[0], (lines, partner[1]))
            else:
                outcome.count(job, partner[0], line, (partner[1], lines))
    for side in (0, 1):
        outcome.waiting[side].update({name: lines[0] for name, (_, lines) in held[side].items()})
    return outcome


def score_places(job: Job, batch: Sequence[tuple[Place, Place]]) -> Outcome:
    """The outcome of (gold, predicted) lines that are read again from where they stand."""
    outcome = Outcome(job.counter())
    with ExitStack() as stack:
        files = [stack.enter_context(open_binary(path)) for path in job.paths]
        for places in batch:
            gold, predicted = (_line_at(file, place) for file, place in zip(files, places, strict=True))
            left, right = _read(job, 0, gold, outcome), _read(job, 1, predicted, outcome)
            outcome.count(job, left, right, (gold, predicted))
    return outcome


def score_missing(job: Job, batch: Sequence[Place]) -> Outcome:
    """The outcome of gold lines that were not predicted."""
    outcome = Outcome(job.counter())
    with open_binary(job.gold) as file:
        for place in batch:
            line = _read(job, 0, _line_at(file, place), outcome)
            outcome.counter.add_annotations(line.annotations, Annotations({}, frozenset(), frozenset(), {}))
    return outcome


def _read(job: Job, side: int, lines: Lines, outcome: Outcome) -> ScoredLine:
    place, data = lines
    return read_line(data, outcome.counter.symmetric, path=job.names[side], number=place.number)


def _documents(rows: tuple[Lines, Lines]) -> tuple[Document, Document]:
    (gold, gold_data), (predicted, predicted_data) = rows
    return read_document(gold_data, number=gold.number), read_document(predicted_data, number=predicted.number)


def _hash(name: str) -> int:
    """64 bits of an id, the same in every process: a million ids take little memory."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _line_at(file: BinaryIO, place: Place) -> Lines:
    file.seek(place.offset)
    return place, file.read(place.length)


def _lines(file: BinaryIO) -> Iterator[Lines]:
    """The lines that are not blank, with their places."""
    offset = 0
    for number, data in enumerate(file, 1):
        if data.strip():
            yield Place(number, offset, len(data)), data
        offset += len(data)


def _line_batches(job: Job, progress: Callable[[int], None]) -> Iterator[list[Row]]:
    with ExitStack() as stack:
        files = [stack.enter_context(open_binary(path)) for path in job.paths]
        rows = zip_longest(_lines(files[0]), _lines(files[1]))
        while batch := list(islice(rows, BATCH)):
            yield batch
            progress(max((row[0][0].offset for row in batch if row[0]), default=0))


def _cut(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _outcomes(
    job: Job, score: Callable[[Job, Any], Outcome], batches: Iterable[Any], processes: int | None
) -> Iterator[Outcome]:
    """The outcome of each batch, in order; on several processors where the files are large."""
    workers = min(processes or os.cpu_count() or 1, 8)
    if workers == 1 or job.gold.stat().st_size < PARALLEL_BYTES:
        yield from (score(job, batch) for batch in batches)
        return
    waiting: deque[Future[Outcome]] = deque()
    with process_pool(workers) as executor:
        for batch in batches:
            waiting.append(executor.submit(score, job, batch))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _check_ids(name: str, side: str, seen: SeenIds) -> None:
    twice = seen.first_repeated()
    if twice is not None:
        raise InputError(
            f"{name}:{twice[1]}: the {side} document has the id of line {twice[0]} too; give each document its own"
        )
