"""A new review project from what the form says: notes, suggestions of a model, reviewers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from annotation.project_sources import notes_from_corpus, notes_from_files, phi_warning, sampled
from annotation.projects import ProjectSettings, assign, create_project, preannotate
from annotation.store import Store
from odin.errors import InputError
from odin.extraction import Extractor
from odin.labels import LabelSet
from odin.schema import Document, ReadReport


@dataclass(frozen=True)
class NewProject:
    """What the form says."""

    name: str
    labels: LabelSet
    files: Sequence[str] = ()
    corpus: str | None = None
    split: str = "dev"
    count: int = 100
    reviewers: Sequence[str] = ()
    overlap_share: float = 1.0
    blind_share: float = 0.0
    seed: int = 0


def make_project(
    store: Store,
    form: NewProject,
    extractor: Extractor | None,
    *,
    by: str,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Make the project and assign it; what was made and what was left out, in words. Raises OdinError."""
    if not form.reviewers:
        raise InputError("name at least one reviewer")
    report = ReadReport()
    documents = _notes(form, report)
    sample = sampled(documents, form.count, seed=form.seed)
    settings = ProjectSettings(blind_share=form.blind_share, seed=form.seed)
    name = form.name.strip()
    create_project(store, name, form.labels, sample, created_by=by, settings=settings)
    overlap = min(2, len(form.reviewers))
    assign(store, name, form.reviewers, overlap=overlap, overlap_share=form.overlap_share)
    said = [f"Project “{name}”: {len(sample)} of {len(documents)} notes for {', '.join(form.reviewers)}."]
    if report.dropped:
        said.append(f"{len(report.dropped)} items of the input were left out: {report.dropped[0][2]} (the first).")
    if extractor is not None:
        found = preannotate(store, name, extractor, progress=progress)
        said.append(f"{extractor.name} suggests {found.entities} mentions and {found.relations} relations.")
    warning = phi_warning(sample)
    if warning:
        said.append(f"Warning, no de-identification: the notes seem to hold {warning}.")
    return " ".join(said)


def _notes(form: NewProject, report: ReadReport) -> list[Document]:
    if form.files:
        return notes_from_files(form.files, report)
    if form.corpus:
        return notes_from_corpus(form.corpus, form.split, report)
    raise InputError("choose files or a corpus for the notes")
