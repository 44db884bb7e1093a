"""Projects: notes to review under one label set, suggestions for them, and who reviews which."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from annotation.store import Store, annotations_of, document_from, dump, utc_now
from annotation.store.guidelines import current_guideline
from odin.errors import InputError
from odin.labels import LabelSet
from odin.schema import Document, ReadReport

if TYPE_CHECKING:
    from odin.extraction import ExtractionOptions, Extractor


@dataclass(frozen=True)
class ProjectSettings:
    """What was chosen when the project was made."""

    blind_share: float = 0.0
    """The share of notes that reviewers get without suggestions, to measure what suggestions do to them."""
    random_share: float = 0.2
    """The share of the queue that is in random order, so that what is reviewed first stays a fair sample."""
    seed: int = 0


@dataclass(frozen=True)
class Project:
    """A project as it is now."""

    name: str
    labels: LabelSet
    guideline: int
    """The number of the newest guideline version."""
    settings: ProjectSettings
    created: str
    created_by: str


@dataclass(frozen=True)
class Progress:
    """How far one reviewer is."""

    reviewer: str
    assigned: int
    started: int
    submitted: int
    seconds: float
    """Worked on the submitted notes."""

    @property
    def left(self) -> int:
        """How many notes are still to submit."""
        return self.assigned - self.submitted

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the submitted notes; None before the first."""
        return None if not self.submitted else self.seconds / self.submitted * self.left


def create_project(
    store: Store,
    name: str,
    labels: LabelSet,
    documents: Iterable[Document],
    *,
    created_by: str,
    settings: ProjectSettings | None = None,
) -> Project:
    """A new project of these notes. What they have annotated (synthetic notes, a corpus) becomes suggestions.

    Raises InputError where the name is taken, two notes share an id, or there is no note.
    """
    settings = settings or ProjectSettings()
    documents = list(documents)
    check_new(store, name, documents, settings)
    shuffled = random.Random(settings.seed).sample(range(len(documents)), len(documents))
    blind = set(shuffled[: round(settings.blind_share * len(documents))])
    now = utc_now()
    with store.writing() as database:
        row = {"name": name, "settings": dump(asdict(settings)), "created": now, "created_by": created_by}
        database.table("projects").insert(row)
        guideline = {"project": name, "number": 1, "labels": dump(labels.to_json())}
        database.table("guideline_versions").insert(guideline | {"created": now, "created_by": created_by})
        database.table("documents").insert_all(
            {
                **{"project": name, "id": document.id, "position": position, "text": document.text},
                **{"meta": dump(dict(document.meta)), "blind": int(position in blind)},
                "provenance": dump(document.provenance.to_json()) if document.provenance else None,
            }
            for position, document in enumerate(documents)
        )
        annotated = [document for document in documents if document.entities or document.relations]
        add_suggestions(store, name, annotated, source="given")
    return load_project(store, name)


def load_project(store: Store, name: str) -> Project:
    """The project of that name. Raises InputError that lists those there are."""
    row = store.row("SELECT * FROM projects WHERE name = ?", name)
    if row is None:
        known = ", ".join(project_names(store)) or "none yet"
        raise InputError(f"there is no project {name!r}; projects: {known}")
    guideline = current_guideline(store, name)
    settings = ProjectSettings(**json.loads(row["settings"]))
    return Project(name, guideline.labels, guideline.number, settings, row["created"], row["created_by"])


def project_names(store: Store) -> tuple[str, ...]:
    """The names of all projects, the newest first."""
    return tuple(row["name"] for row in store.rows("SELECT name FROM projects ORDER BY created DESC, name"))


def project_documents(store: Store, name: str) -> tuple[Document, ...]:
    """The bare notes of a project, in order."""
    rows = store.rows("SELECT * FROM documents WHERE project = ? ORDER BY position", name)
    return tuple(document_from(row) for row in rows)


def blind_documents(store: Store, name: str) -> frozenset[str]:
    """The ids of the notes that reviewers get without suggestions."""
    return frozenset(row["id"] for row in store.rows("SELECT id FROM documents WHERE project = ? AND blind", name))


def suggestions(store: Store, name: str) -> dict[str, Document]:
    """The suggestions by note id, of the blind notes too: what agreement with the model is measured on."""
    rows = store.rows(
        "SELECT documents.*, suggestions.annotations FROM suggestions JOIN documents "
        "ON documents.project = suggestions.project AND documents.id = suggestions.document "
        "WHERE suggestions.project = ? ORDER BY documents.position",
        name,
    )
    return {row["id"]: document_from(row, row["annotations"]) for row in rows}


def add_suggestions(store: Store, name: str, documents: Iterable[Document], *, source: str) -> None:
    """Keep these annotations as the suggestions for their notes, in place of older ones.

    Drafts that are begun keep what they have. Raises InputError where a note is not of the project or its text differs.
    """
    texts = {row["id"]: row["text"] for row in store.rows("SELECT id, text FROM documents WHERE project = ?", name)}
    now = utc_now()
    with store.writing() as database:
        for document in documents:
            if texts.get(document.id) != document.text:
                what = "has another text" if document.id in texts else "is no note of it"
                raise InputError(f"{name}: suggestions for {document.id!r}, which {what}")
            row = {"project": name, "document": document.id, "name": source, "created": now}
            row["annotations"] = annotations_of(document)
            database.table("suggestions").upsert(row, pk=("project", "document"))


def preannotate(
    store: Store,
    name: str,
    extractor: Extractor,
    options: ExtractionOptions | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> ReadReport:
    """Let a model suggest on every note, as `suggested` does; what it did not read or locate is in the report.

    Each note is kept as it is done, so a stop loses nothing.
    """
    project, documents, report = load_project(store, name), project_documents(store, name), ReadReport()
    for document in suggested(extractor, documents, project.labels, report, options, progress=progress):
        add_suggestions(store, name, [document], source=extractor.name)
    return report


def suggested(
    extractor: Extractor,
    documents: Sequence[Document],
    labels: LabelSet,
    report: ReadReport,
    options: ExtractionOptions | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Document]:
    """The documents as a model annotates them, each as it is done; what it did not read or locate goes into `report`.

    `progress(done, total)` is called after each note.
    """
    from odin.extraction import ExtractionOptions

    for done, extraction in enumerate(extractor.extract(documents, labels, options or ExtractionOptions()), 1):
        report.keep(extraction.document)
        report.dropped += extraction.report.dropped
        report.notes += extraction.report.notes
        yield extraction.document
        if progress:
            progress(done, len(documents))


def assign(
    store: Store, name: str, reviewers: Sequence[str], *, overlap: int = 2, overlap_share: float = 1.0
) -> dict[str, int]:
    """Give every note to reviewers in turn: `overlap_share` of the notes to `overlap` of them, the others to one.

    Returns how many notes each reviewer has. Earlier assignments stay. Raises InputError.
    """
    if len(set(reviewers)) != len(reviewers) or not 1 <= overlap <= len(reviewers):
        raise InputError(f"{name}: an overlap of {overlap} needs that many different reviewers, not {list(reviewers)}")
    if not 0 <= overlap_share <= 1:
        raise InputError(f"{name}: the share of notes with overlap must be 0 to 1, not {overlap_share}")
    ids = [document.id for document in project_documents(store, name)]
    random.Random(load_project(store, name).settings.seed).shuffle(ids)
    shared, turn, now = round(overlap_share * len(ids)), 0, utc_now()
    rows = []
    for at, document in enumerate(ids):
        for _ in range(overlap if at < shared else 1):
            rows.append({"project": name, "document": document, "reviewer": reviewers[turn % len(reviewers)]})
            turn += 1
    with store.writing() as database:
        database.table("assignments").insert_all((row | {"created": now} for row in rows), ignore=True)
    return {reviewer: sum(row["reviewer"] == reviewer for row in rows) for reviewer in reviewers}


def progress(store: Store, name: str) -> tuple[Progress, ...]:
    """Each reviewer's progress, by name."""
    rows = store.rows(
        "SELECT assignments.reviewer, count(*) AS assigned, count(drafts.document) AS started, "
        "coalesce(sum(drafts.state = 'submitted'), 0) AS submitted, "
        "coalesce(sum(drafts.seconds) FILTER (WHERE drafts.state = 'submitted'), 0.0) AS seconds "
        "FROM assignments LEFT JOIN drafts USING (project, document, reviewer) "
        "WHERE assignments.project = ? GROUP BY assignments.reviewer ORDER BY assignments.reviewer",
        name,
    )
    return tuple(Progress(**row) for row in rows)


def check_new(store: Store, name: str, documents: Sequence[Document], settings: ProjectSettings) -> None:
    """Raise InputError unless a project of that name, notes and settings can be made."""
    if not name.strip():
        raise InputError("a project needs a name")
    if name in project_names(store):
        raise InputError(f"there is a project {name!r} already; choose another name")
    if not documents:
        raise InputError(f"{name}: a project needs at least one note")
    ids = [document.id for document in documents]
    twice = next((x for x in ids if ids.count(x) > 1), None) if len(set(ids)) < len(ids) else None
    if twice is not None:
        raise InputError(f"{name}: two notes have the id {twice!r}; give each its own")
    for key in ("blind_share", "random_share"):
        if not 0 <= getattr(settings, key) <= 1:
            raise InputError(f"{name}: {key} must be 0 to 1, not {getattr(settings, key)}")
