"""A new review project from what the form says: notes, suggestions of a model, reviewers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from annotation.review.login import LONE_REVIEWER
from annotation.review.project_sources import SYNTHETIC, Drawn, Wanted, draw_notes, find_identifiers
from annotation.store import Store
from annotation.store.projects import (
    ProjectSettings,
    add_suggestions,
    assign,
    check_new,
    create_project,
    load_project,
    preannotate,
    suggested,
)
from annotation.store.users import user_names
from odin.errors import InputError
from odin.extraction import Extractor
from odin.extraction.batch import check_labels
from odin.phi import NOTICE
from odin.schema import Document, ReadReport

SHOWN_IDENTIFIERS = 40
Progressed = Callable[[int, int], None]


@dataclass(frozen=True)
class NewProject:
    """What the form says."""

    name: str
    notes: Wanted
    reviewers: Sequence[str] = ()
    overlap_share: float = 1.0
    """Of the notes, this share is for several reviewers each."""
    shared_by: int = 2
    """How many those are."""
    blind_share: float = 0.0
    may_store_identifiers: bool = False
    """The person has seen what looks like identifiers and said yes."""

    @property
    def settings(self) -> ProjectSettings:
        """The settings that the project keeps."""
        return ProjectSettings(blind_share=self.blind_share, seed=self.notes.seed)


@dataclass(frozen=True)
class Question:
    """What must be answered with yes before anything is stored: what looks like identifiers."""

    words: str
    detail: str
    places: tuple[str, ...]


def make_project(
    store: Store, form: NewProject, extractor: Extractor | None, *, by: str, progress: Progressed | None = None
) -> str | Question:
    """Make the project and assign it: what was made and left out, in words; or, before anything is stored, a question.

    Raises OdinError.
    """
    name = form.name.strip()
    check_reviewers(store, form.reviewers)
    drawn = draw_notes(form.notes)
    check_new(store, name, drawn.documents, form.settings)
    if extractor is not None:
        check_labels(extractor, form.notes.labels)
    question = None if form.notes.source == SYNTHETIC else _question(store, drawn)
    if question and not form.may_store_identifiers:
        return question
    report, found = ReadReport(), list[Document]()
    if extractor is not None:
        bare = [document.with_annotations(()) for document in drawn.documents]
        found = list(suggested(extractor, bare, form.notes.labels, report, progress=progress))
    with store.writing():  # nobody finds the project without its notes' reviewers, or a note without its suggestions
        create_project(store, name, form.notes.labels, drawn.documents, created_by=by, settings=form.settings)
        shares = assign_notes(store, name, form.reviewers, form.overlap_share, shared_by=form.shared_by)
        if extractor is not None:
            add_suggestions(store, name, found, source=extractor.name)
    said = [f"Project “{name}”: {len(drawn.documents)} of {drawn.available:,} notes. {shares}"]
    said += _losses(drawn)
    if extractor is not None:
        said.append(_suggestions(extractor, report))
    elif given := sum(bool(document.entities or document.relations) for document in drawn.documents):
        said.append(f"The annotations of {given} notes are suggestions now.")
    if form.notes.source != SYNTHETIC and not question:
        said.append("Nothing in them looks like an identifier, as far as simple patterns can tell.")
    return " ".join(said)


def assign_notes(store: Store, name: str, reviewers: Sequence[str], overlap_share: float, *, shared_by: int = 2) -> str:
    """Give the notes of a project to reviewers, that share of them to several; who has how many, in words."""
    check_reviewers(store, reviewers)
    overlap = shared_by if len(reviewers) > 1 else 1
    counts = assign(store, name, reviewers, overlap=overlap, overlap_share=overlap_share)
    return "Assigned: " + ", ".join(f"{reviewer} {count}" for reviewer, count in counts.items()) + "."


def suggest(store: Store, name: str, extractor: Extractor, *, progress: Progressed | None = None) -> str:
    """Let a model suggest on every note of a project; what it found, in words. Raises LabelError."""
    check_labels(extractor, load_project(store, name).labels)
    return _suggestions(extractor, preannotate(store, name, extractor, progress=progress))


def check_reviewers(store: Store, reviewers: Sequence[str]) -> None:
    """Raise InputError unless each of them can log in, or is the one who reviews where there are no accounts."""
    accounts = user_names(store)
    if not reviewers:
        raise InputError(f"name at least one reviewer; {_who(accounts)}")
    for name in reviewers:
        if name not in (accounts or (LONE_REVIEWER,)):
            raise InputError(
                f"the reviewer {name!r} could not log in: {_who(accounts)}; "
                f"give an account with `python -m odin reviewers add {name}`"
            )


def _who(accounts: Sequence[str]) -> str:
    if accounts:
        return f"there are accounts of {', '.join(accounts)}"
    return f"without accounts there is only {LONE_REVIEWER!r}, who sits at this machine"


def _suggestions(extractor: Extractor, report: ReadReport) -> str:
    unread = f" {len(report.dropped)} things could not be read." if report.dropped else ""
    return f"{extractor.name} suggests {report.entities} mentions and {report.relations} relations.{unread}"


def _question(store: Store, drawn: Drawn) -> Question | None:
    words, places = find_identifiers(drawn.documents)
    if not words:
        return None
    shown = [f"{one.document}: {one.kind} “{one.words}”" for one in places[:SHOWN_IDENTIFIERS]]
    if len(places) > SHOWN_IDENTIFIERS:
        shown.append(f"and {len(places) - SHOWN_IDENTIFIERS} more")
    return Question(
        f"these notes seem to hold {words}. Nothing is stored yet. May they be stored in {store.path} on this machine?",
        NOTICE,
        tuple(shown),
    )


def _losses(drawn: Drawn) -> list[str]:
    reasons = Counter(why for _, _, why in drawn.report.dropped)
    return [f"Left out: {count} × {why}." for why, count in reasons.most_common(3)]
