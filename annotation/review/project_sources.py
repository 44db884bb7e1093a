"""Where the notes of a new review project come from: synthetic notes, uploads, or a corpus; and a sample of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotation.editing.checks import is_allowed
from annotation.extract.extracting import read_uploads
from annotation.review.sampling import stratified_sample
from odin.corpora import catalog
from odin.corpora.label_maps import as_label_set
from odin.errors import InputError
from odin.extraction.inputs import Columns
from odin.labels import LabelSet
from odin.phi import PhiSpan, describe, find_phi
from odin.schema import Document, ReadReport

FILES, SYNTHETIC, CORPUS = SOURCES = ("Files", "Synthetic notes", "A corpus")
POOL = 5
"""Synthetic notes are drawn from that many times as many, so that the sample can be stratified."""


@dataclass(frozen=True)
class Wanted:
    """Which notes a project is to be made of."""

    source: str
    """One of SOURCES."""
    labels: LabelSet
    count: int = 100
    seed: int = 0
    files: Sequence[str] = ()
    text_column: str = "text"
    corpus: str | None = None
    split: str = "dev"


@dataclass(frozen=True)
class Drawn:
    """A stratified sample of the notes that there are."""

    documents: tuple[Document, ...]
    available: int
    report: ReadReport = field(default_factory=ReadReport)
    """What could not be read, and annotations that the label set does not know."""


def draw_notes(wanted: Wanted) -> Drawn:
    """The sample. Nothing is stored yet. Raises InputError, CorpusError or LabelError."""
    if wanted.count < 1:
        raise InputError(f"a project needs at least one note, not {wanted.count}")
    report = ReadReport()
    if wanted.source == FILES:
        documents = _uploads(wanted, report)
    elif wanted.source == SYNTHETIC:
        documents = _synthetic(wanted)
    elif wanted.source == CORPUS and wanted.corpus:
        documents = catalog.load(wanted.corpus, wanted.split, report=report)
    else:
        raise InputError("choose where the notes come from: files, synthetic notes or a corpus")
    if not documents:
        raise InputError("there is no note to review in them; give files with text")
    sample = stratified_sample(documents, min(wanted.count, len(documents)), seed=wanted.seed)
    known = tuple(_known(document, wanted.labels, report) for document in sample)
    return Drawn(known, len(documents), report)


@dataclass(frozen=True)
class PhiFinding:
    """What looks like an identifier, and in which note."""

    document: str
    kind: str
    words: str


def find_identifiers(documents: Iterable[Document]) -> tuple[str, list[PhiFinding]]:
    """What looks like protected health information: the counts in words (empty for none), and each place."""
    spans: list[PhiSpan] = []
    found = []
    for document in documents:
        for span in find_phi(document.text):
            spans.append(span)
            found.append(PhiFinding(document.id, span.kind, document.text[span.start : span.end]))
    return describe(spans), found


def _uploads(wanted: Wanted, report: ReadReport) -> list[Document]:
    if not wanted.files:
        raise InputError("choose the files with the notes first")
    documents = list(read_uploads([Path(path) for path in wanted.files], report, Columns(text=wanted.text_column)))
    if not documents and report.dropped:
        place, _, why = report.dropped[0]
        raise InputError(f"{place}: {why}")
    return documents


def _synthetic(wanted: Wanted) -> list[Document]:
    if wanted.labels.name == "biored":
        from odin.synthesis.abstracts import generate_abstracts

        return list(generate_abstracts(wanted.count, wanted.seed))
    if wanted.labels.name != "clinical":
        raise InputError(f"synthetic notes are made under `clinical` or `biored`, not under {wanted.labels.name!r}")
    from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator

    return list(MedicalTextGenerator(options=GenerationOptions(seed=wanted.seed)).documents(POOL * wanted.count))


def _known(document: Document, labels: LabelSet, report: ReadReport) -> Document:
    """The document with what the label set knows and allows; what goes is in the report."""
    kept = as_label_set(document, labels.name)
    kept = replace(kept, relations=tuple(relation for relation in kept.relations if is_allowed(kept, relation, labels)))
    for noun in ("entities", "relations"):
        for _ in range(len(getattr(document, noun)) - len(getattr(kept, noun))):
            report.drop(document.id, noun, f"not in the label set {labels.name}")
    return kept
