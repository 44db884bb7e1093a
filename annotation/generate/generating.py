"""What the Generate tab does: a run that streams notes into a file, its counts, downloads, a sample for review.

A run keeps its notes in a file and only counts and the newest few notes in memory.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import zipfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from annotation.downloads import write_download
from odin.corpora import jsonl
from odin.corpora.files import open_binary
from odin.errors import InputError
from odin.labels import load_label_set
from odin.schema import Document, ReadReport
from odin.synthesis.augment_command import augmented, named_copies
from odin.synthesis.endpoint import Endpoint
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator, default_workers
from odin.synthesis.instructions import split_records
from odin.synthesis.rewording import RewordingOptions, RewordingReport, reword_all

MOST_NOTES = 100_000
SHOWN = 20
"""Newest notes kept for the preview."""

SIDE_BY_SIDE = 500
"""Fewer notes are made in this process: starting others costs more."""

REFRESH_SECONDS = 0.4
FORMATS = ("Native", "brat", "BioC", "Instructions")
_AS_ELSEWHERE = {"Native": "JSON lines", "brat": "brat", "BioC": "BioC"}
"""Names of `downloads.FORMATS`."""

AUGMENTATIONS = {
    "Synonyms of the same concept": ("synonyms", False),
    "Relations in other words": ("relations", False),
    "Paraphrase, by the language model": ("paraphrase", True),
    "Relations, by the language model": ("relations", True),
    "Shorthand, by the language model": ("shorthand", True),
}
"""(how, whether a language model does it) by the name in the tab."""


@dataclass
class Run:
    """A run so far."""

    path: Path
    wanted: int
    labels: str = "clinical"
    at_most: bool = False
    """True where fewer notes than wanted may be made."""
    done: int = 0
    seconds: float = 0.0
    finished: bool = False
    cut: bool = True
    """False once the last note has been made."""
    before: bool = False
    """True once another run has begun, which may end before its first note."""
    newest: deque[Document] = field(default_factory=lambda: deque(maxlen=SHOWN))
    entity_labels: Counter[str] = field(default_factory=Counter)
    relation_labels: Counter[str] = field(default_factory=Counter)
    assertions: Counter[str] = field(default_factory=Counter)
    note_types: Counter[str] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    """Notes by their length in words, in steps of 25."""
    rewording: RewordingReport | None = None

    def add(self, document: Document) -> None:
        """Count a note."""
        self.done += 1
        self.newest.append(document)
        self.entity_labels.update(entity.label for entity in document.entities)
        self.relation_labels.update(relation.label for relation in document.relations if not relation.negated)
        self.relation_labels.update(relation.label for relation in document.concept_relations)
        self.assertions.update(entity.assertion or "present" for entity in document.entities)
        self.note_types[str(document.meta.get("note_type", "abstract"))] += 1
        self.words[len(document.text.split()) // 25 * 25] += 1

    def status(self) -> str:
        """How far it is, how fast, how long it will take."""
        rate = self.done / self.seconds if self.seconds else 0.0
        parts = [f"{self.done:,} of {'at most ' * self.at_most}{self.wanted:,} notes"]
        if rate:
            parts.append(f"{rate:,.0f} a second" if rate >= 1 else f"{1 / rate:.1f} s each")
        if self.finished:
            whole = self.done == self.wanted or (self.at_most and not self.cut)
            parts.append(f"done in {self.seconds:.1f} s" if whole else f"ended after {self.seconds:.1f} s")
        elif rate:
            parts.append(f"{(self.wanted - self.done) / rate:.0f} s left")
        if self.rewording:
            parts.append(self.rewording.summary())
        return "; ".join(parts)


def new_run(count: float, folder: Path, labels: str = "clinical") -> Run:
    """An empty run. Raises InputError for a count that is none."""
    if not 1 <= count <= MOST_NOTES or count != int(count):
        raise InputError(f"{count:g} notes: give a whole number from 1 to {MOST_NOTES:,}")
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(prefix="notes-", suffix=".jsonl", dir=folder)
    os.close(handle)
    return Run(Path(path), int(count), labels)


def perform(
    run: Run, options: GenerationOptions, endpoint: Endpoint | None = None, rewording: RewordingOptions | None = None
) -> Iterator[Run]:
    """Write the notes of a run; gives the run now and then, and at the end."""
    documents = _documents(run, options)
    if endpoint is not None:
        run.rewording = RewordingReport()
        documents = reword_all(documents, endpoint, rewording or RewordingOptions(seed=options.seed), run.rewording)
    yield from _written(run, documents)


def new_augmentation(path: Path, copies: float, folder: Path, labels: str) -> tuple[Run, list[Document]]:
    """An empty run and the annotated documents of a file. Raises InputError where there are none."""
    documents = uploaded(path)
    if not documents:
        raise InputError(f"{path.name}: holds no document")
    if not 1 <= copies <= 20 or copies != int(copies):
        raise InputError(f"{copies:g} copies: give a whole number from 1 to 20")
    run = new_run(min(len(documents) * copies, MOST_NOTES), folder, labels)
    run.at_most = True
    return run, documents


def uploaded(path: Path) -> list[Document]:
    """The documents of a file that somebody uploaded; messages name the file, not where the server keeps it."""
    with open_binary(path) as file:
        return list(jsonl.parse(file, path.name))


def perform_augmentation(
    run: Run, documents: list[Document], name: str, *, copies: int, seed: int, endpoint: Endpoint | None
) -> Iterator[Run]:
    """Write new documents made of annotated ones, in one of AUGMENTATIONS; gives the run as `perform` does."""
    how, by_model = AUGMENTATIONS[name]
    if not by_model:
        yield from _written(run, augmented(documents, how, copies=copies, seed=seed))
        return
    if endpoint is None:
        raise InputError("give the address and the model under “Reword with a language model”")
    run.rewording = RewordingReport()
    same = named_copies(documents, how, copies=copies, seed=seed)
    reworded = reword_all(same, endpoint, RewordingOptions(prompt=how, seed=seed), run.rewording)
    yield from _written(run, (item for item in reworded if item.meta["rewording"]["accepted"]))


def _written(run: Run, documents: Iterable[Document]) -> Iterator[Run]:
    began = shown = time.monotonic()
    try:
        with run.path.open("w", encoding="utf-8", newline="\n") as file:
            for document in documents:
                file.write(json.dumps(document.to_json(), ensure_ascii=False) + "\n")
                run.add(document)
                now = time.monotonic()
                run.seconds = now - began
                if now - shown > REFRESH_SECONDS:
                    shown = now
                    file.flush()
                    yield run
        run.cut = bool(run.rewording and run.rewording.stopped)
    finally:
        run.finished = True
    yield run


def _documents(run: Run, options: GenerationOptions) -> Iterator[Document]:
    if run.labels == "biored":
        from odin.synthesis.abstracts import generate_abstracts

        return generate_abstracts(run.wanted, options.seed)
    workers = 1 if run.wanted < SIDE_BY_SIDE else default_workers()
    return MedicalTextGenerator(options=options).documents(run.wanted, workers=workers)


def documents_of(run: Run | None) -> list[Document]:
    """The notes of a run, in whole lines: a run may be going on. Raises InputError where there is none yet."""
    if run is None or not run.done or not run.path.exists():
        raise InputError("there are no notes yet: generate some first")
    data = run.path.read_bytes()
    return list(jsonl.parse(data[: data.rfind(b"\n") + 1].split(b"\n"), run.path.name))


def write_file(run: Run | None, kind: str, folder: Path) -> tuple[Path, ReadReport]:
    """The notes in one of FORMATS, and what the format could not hold."""
    documents = documents_of(run)
    folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="download-", dir=folder))
    if kind != "Instructions":
        return write_download(_AS_ELSEWHERE[kind], documents, place, "odin-notes")
    target = place / "odin-notes.zip"
    return target, write_instructions(documents, target, run.labels if run else "clinical")


def write_instructions(documents: Iterable[Document], path: Path, labels: str) -> ReadReport:
    """A zip of `alpaca/` and `chat/` with train, dev and test (80/10/10) as JSON lines."""
    report = ReadReport()
    documents = list(documents)
    chosen = load_label_set(labels)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for style in ("alpaca", "chat"):
            lines: dict[str, list[str]] = {"train": [], "dev": [], "test": []}
            for split, record in split_records(documents, style, chosen):
                lines[split].append(json.dumps(record, ensure_ascii=False) + "\n")
            for split, found in lines.items():
                archive.writestr(f"{style}/{split}.jsonl", "".join(found))
    for document in documents:
        report.keep(document)
    report.notes.append("cues, evidence, meta and provenance are not part of instruction records")
    return report


def send_to_review(run: Run | None, name: str, count: int, store_path: Path | None = None) -> str:
    """Make a review project of a stratified sample of the notes; says what was made."""
    from annotation.review.sampling import stratified_sample
    from annotation.store import Store, default_store_path
    from annotation.store.projects import create_project

    documents = documents_of(run)
    sample = stratified_sample(documents, min(count, len(documents)), seed=0)
    if not name.strip():
        raise InputError("give the review project a name")
    path = store_path or default_store_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    store = Store(path)
    try:
        create_project(
            store, name.strip(), load_label_set(run.labels if run else "clinical"), sample, created_by="generator"
        )
    finally:
        store.close()
    made = f"{len(sample)} of {len(documents):,} notes are in the review project “{name.strip()}”"
    return made + ", with their annotations as suggestions."
