"""Where the notes of a new review project come from: uploads, synthetic notes, or a sample of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotation.sampling import stratified_sample
from odin.corpora import catalog
from odin.errors import InputError
from odin.extraction.inputs import read_inputs
from odin.phi import describe, find_phi
from odin.schema import Document, ReadReport

SOURCES = ("Files", "Corpus")


def notes_from_files(paths: Sequence[str | Path], report: ReadReport) -> list[Document]:
    """The notes in those files (.txt, native .jsonl, .csv, .parquet), with what they have annotated."""
    documents = [document for path in paths for document in read_inputs(Path(path), report)]
    if not documents:
        raise InputError("these files hold no note; give .txt, .jsonl, .csv or .parquet files with text")
    return documents


def notes_from_corpus(name: str, split: str, report: ReadReport) -> list[Document]:
    """The documents of a corpus. Raises CorpusError where it is not at hand."""
    return catalog.load(name, split, report=report)


def sampled(documents: Sequence[Document], count: int, *, seed: int) -> tuple[Document, ...]:
    """A stratified sample of `count`, or all where there are no more."""
    return stratified_sample(documents, min(count, len(documents)), seed=seed)


def phi_warning(documents: Sequence[Document]) -> str:
    """What looks like protected health information in the notes, in words; empty where nothing does."""
    found = [span for document in documents for span in find_phi(document.text)]
    return describe(found) if found else ""
