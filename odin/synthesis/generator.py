"""Notes and data sets of notes. Equal seeds and options give equal bytes on any machine and any number of processes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from odin.corpora.jsonl import read, write
from odin.errors import InputError
from odin.schema import Document, Provenance
from odin.side_by_side import process_pool
from odin.synthesis.compact import compact_note
from odin.synthesis.grammar import TemplateBook
from odin.synthesis.holdout import SPLITS, book_of, vocabulary_of
from odin.synthesis.noise import NO_NOISE, add_noise, without
from odin.synthesis.patient import draw_patient
from odin.synthesis.plan import NOTE_TYPES, NoteType, note_type, write_note
from odin.synthesis.vocabulary import Vocabulary
from odin.synthesis.writer import Writer

CHUNK = 50
"""Notes that share a ledger of what was used; a unit of work for a process."""

TRIES = 20
"""Patients drawn for one note before its bounds are given up."""

FEWEST_WORDS = 4
"""Shorter notes ("Nil.", "NKDA") come again and again; they are drawn again, where the bounds do not ask for them."""

SHORTHAND = "shorthand"
STYLES = ("abbreviation", "lay", SHORTHAND)
"""What makes notes less like a textbook, and may be left out: two kinds of names, and notes in shorthand."""

BALANCED_SHARE = 0.15
"""The least share of each entity label and each relation under `balance`."""


BOUNDED = ("words", "entities", "relations")
"""What may be bounded in a note."""


def check_bounds(least: int, most: int, names: tuple[str, str]) -> None:
    """Raise InputError, which calls the bounds by these names, where nothing lies between them."""
    if not 0 <= least <= most:
        raise InputError(f"{names[0]} {least} and {names[1]} {most}: give 0 or more, and for the second no less")


@dataclass(frozen=True)
class GenerationOptions:
    """What the notes should be like."""

    seed: int = 42
    balance: bool = False
    """Top up notes so that no label and no relation falls below BALANCED_SHARE."""
    note_types: tuple[str, ...] = ()
    """Names from NOTE_TYPES; empty for all, by their weights."""
    min_entities: int = 0
    max_entities: int = 10_000
    min_relations: int = 0
    max_relations: int = 10_000
    min_words: int = 0
    max_words: int = 100_000
    noise_without: tuple[str, ...] = ()
    """Kinds of noise to leave out, from NOISE_KINDS."""
    style_without: tuple[str, ...] = ()
    """Of STYLES, what to leave out; names that the templates write out themselves stay."""
    split: str = "train"
    """`test` for notes from the templates and lexical variants that training notes never use (`holdout`)."""

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise InputError(f"unknown split {self.split!r}: choose {' or '.join(SPLITS)}")
        for what in BOUNDED:
            names = f"min_{what}", f"max_{what}"
            check_bounds(getattr(self, names[0]), getattr(self, names[1]), names)
        for name in self.note_types:
            note_type(name)
        without(NO_NOISE, self.noise_without)
        for style in self.style_without:
            if style not in STYLES:
                raise InputError(f"unknown style {style!r}: choose from {', '.join(STYLES)}")

    @property
    def vocabulary(self) -> Vocabulary:
        """What the notes are drawn from, of the project's own graph."""
        return vocabulary_of(self.split, frozenset(self.style_without) - {SHORTHAND})


class MedicalTextGenerator:
    """Synthetic notes with entities and relations that are right by construction."""

    def __init__(
        self, seed: int = 42, *, options: GenerationOptions | None = None, vocabulary: Vocabulary | None = None
    ) -> None:
        self.options = options or GenerationOptions(seed=seed)
        self._vocabulary = vocabulary
        self._count = 0

    def generate_clinical_note(self, num_entities: int = 5, num_relations: int = 3) -> Document:
        """A short note with exactly that many entities and relations; each call gives the next one.

        Raises InputError where so many relations do not fit so few entities.
        """
        rng = Random(f"{self.options.seed}:compact:{self._count}")
        self._count += 1
        vocabulary = self._vocabulary or self.options.vocabulary
        return compact_note(
            vocabulary, book_of(self.options.split), rng, f"compact-{self.options.seed}-{self._count}", num_entities,
            num_relations,
            seed=self.options.seed,
        )  # fmt: skip

    def documents(self, n: int, *, workers: int = 1, start: int = 0) -> Iterator[Document]:
        """Notes number `start` to `start + n`, as they are done, in order."""
        if n < 0:
            raise InputError(f"cannot generate {n} notes; give 0 or more")
        chunks = range(start // CHUNK, -(-(start + n) // CHUNK)) if n else range(0)
        for index, documents in zip(chunks, self._chunks(chunks, workers), strict=True):
            first = index * CHUNK
            yield from documents[max(start - first, 0) : start + n - first]

    def generate_dataset(
        self, n: int = 1000, output_path: str | Path | None = None, *, workers: int = 1
    ) -> list[Document]:
        """`n` notes, written as JSON lines to `output_path` where it is given.

        With a path the notes are streamed to it and an empty list comes back: memory stays flat (`load_dataset`).
        """
        if output_path is None:
            return list(self.documents(n, workers=workers))
        write(self.documents(n, workers=workers), output_path)
        return []

    @staticmethod
    def load_dataset(path: str | Path) -> list[Document]:
        """The notes of a file that `generate_dataset` wrote."""
        return list(read(path))

    def _chunks(self, chunks: Sequence[int], workers: int) -> Iterator[list[Document]]:
        if workers <= 1 or len(chunks) < 2:
            vocabulary = self._vocabulary or self.options.vocabulary
            for index in chunks:
                yield generate_chunk(self.options, index, vocabulary)
            return
        # a page that waits for notes must stay quick while they are made
        with process_pool(workers, _give_way) as pool:
            yield from _in_order(pool, partial(generate_chunk, self.options), chunks, workers * 2)


def generate_chunk(options: GenerationOptions, index: int, vocabulary: Vocabulary | None = None) -> list[Document]:
    """Chunk number `index`: CHUNK notes that share a ledger."""
    vocabulary = vocabulary or options.vocabulary
    book = book_of(options.split)
    ledger: Counter[str] = Counter()
    documents = []
    for number in range(index * CHUNK, (index + 1) * CHUNK):
        documents.append(generate_note(options, number, vocabulary, book, ledger))
    return documents


def generate_note(
    options: GenerationOptions, number: int, vocabulary: Vocabulary, book: TemplateBook, ledger: Counter[str]
) -> Document:
    """Note number `number`. Raises InputError where no note within the bounds is found."""
    best: Document | None = None
    for attempt in range(TRIES):
        rng = Random(f"{_seed(options)}:{number}:{attempt}")
        kind = _kind(options, rng)
        document = _note(kind, options, number, rng, vocabulary, book, ledger)
        if _misses(document, options) == 0:
            break
        if best is None or _misses(document, options) < _misses(best, options):
            best = document
    else:
        raise InputError(
            f"no note within the bounds after {TRIES} tries (closest: {len(best.entities) if best else 0} entities, "
            f"{len(best.relations) if best else 0} relations, {len(best.text.split()) if best else 0} words); "
            "widen them, or choose other note types"
        )
    _count(document, ledger)
    return document


def default_workers() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _kind(options: GenerationOptions, rng: Random) -> NoteType:
    names = options.note_types or tuple(NOTE_TYPES)
    return NOTE_TYPES[rng.choices(names, [NOTE_TYPES[name].weight for name in names])[0]]


def _note(
    kind: NoteType, options: GenerationOptions, number: int, rng: Random, vocabulary: Vocabulary, book: TemplateBook,
    ledger: Counter[str],
) -> Document:  # fmt: skip
    patient = draw_patient(vocabulary, rng)
    short = rng.random() < kind.shorthand and SHORTHAND not in options.style_without
    register = "s" if short else "p"
    writer = Writer(vocabulary, book, patient, rng, register, ledger)
    write_note(kind, writer)
    if options.balance:
        from odin.synthesis.balance import top_up

        top_up(writer, ledger, BALANCED_SHARE)
    writer.builder.trim()
    statements = writer.builder.statements
    meta = {
        "note_type": kind.name,
        "register": register,
        "sections": list(dict.fromkeys(item.section for item in statements if item.section)),
        "templates": [item.template for item in statements],
        "sex": patient.sex,
        "age": patient.age,
        "split": options.split,
    }
    return writer.builder.document(
        f"synthetic-{_seed(options)}-{number:06d}",
        noise=partial(add_noise, rates=without(kind.noise, options.noise_without), rng=rng),
        meta=meta,
        provenance=Provenance("generator", "odin.synthesis", seed=options.seed),
    )


def _seed(options: GenerationOptions) -> str:
    """What notes are drawn from, so that equal seeds give other patients in another split."""
    return str(options.seed) if options.split == "train" else f"{options.split}-{options.seed}"


def _misses(document: Document, options: GenerationOptions) -> int:
    measures = (
        (len(document.entities), options.min_entities, options.max_entities),
        (len(document.relations), options.min_relations, options.max_relations),
        (len(document.text.split()), max(options.min_words, min(FEWEST_WORDS, options.max_words)), options.max_words),
    )
    return sum(max(low - value, 0) + max(value - high, 0) for value, low, high in measures)


def _count(document: Document, ledger: Counter[str]) -> None:
    ledger.update(f"label:{entity.label}" for entity in document.entities)
    ledger.update(f"relation:{relation.label}" for relation in document.relations if not relation.negated)


def _give_way() -> None:
    """Let other processes go first, where the system knows of that."""
    if hasattr(os, "nice"):
        os.nice(10)


def _in_order(
    pool: ProcessPoolExecutor, work: partial[list[Document]], chunks: Sequence[int], ahead: int
) -> Iterator[list[Document]]:
    """Results in order with at most `ahead` of them waiting, so that memory stays flat."""
    waiting = [pool.submit(work, index) for index in chunks[:ahead]]
    following = iter(chunks[ahead:])
    try:
        while waiting:
            done = waiting.pop(0).result()
            for index in following:
                waiting.append(pool.submit(work, index))
                break
            yield done
    finally:
        for future in waiting:
            future.cancel()
