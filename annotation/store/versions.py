"""Submitted versions: what a reviewer, an adjudicator or another tool stands by. They never change.

A version is `submitted` by a reviewer, `gold` from adjudication, `pulled` from another tool as that reviewer's work, or
`skipped` (pulled: the reviewer passed the note over).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from annotation.editing.suggestions import undecided
from annotation.store import Store, annotations_of, document_from, dump, utc_now
from annotation.store.guidelines import current_guideline
from annotation.store.reviews import Draft, DraftKey, checked_draft, open_note, record_action
from odin.errors import AnnotationError, InputError
from odin.schema import Document

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True)
class Version:
    """An immutable version of a note."""

    id: int
    project: str
    reviewer: str
    number: int
    """Counts this reviewer's versions of this kind, from 1."""
    kind: str
    document: Document
    guideline: int
    """The guideline version that held then."""
    created: str
    seconds: float | None
    """Time worked on it, where known."""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Of gold: the decisions, their reasons and the versions that they were made on. Of pulled: where from."""


def submit(store: Store, key: DraftKey, expected_version: int) -> Version:
    """Submit the draft. Raises AnnotationError while suggestions are undecided, StaleDraftError as `apply`."""
    with store.writing() as database:
        draft = close_draft(store, database, key, expected_version)
        number = insert_version(store, database, key, "submitted", draft.document, seconds=draft.seconds)
    return latest_version(store, key.project, key.document, reviewer=key.reviewer, number=number)


def close_draft(store: Store, database: Database, key: DraftKey, expected_version: int) -> Draft:
    """Mark the draft as submitted, inside the caller's transaction; the draft with all its time. Raises as `submit`."""
    draft = checked_draft(store, key, expected_version)
    waiting = undecided(draft.document)
    if waiting:
        raise AnnotationError(
            f"document {key.document}: {len(waiting)} suggestions are undecided (first: {waiting[0].id}); "
            "accept, correct or reject each, then submit"
        )
    time, version = utc_now(), draft.version + 1
    seconds = draft.seconds_at(time)
    database.execute(
        "UPDATE drafts SET state = 'submitted', version = ?, saved = ?, seconds = ? "
        "WHERE project = ? AND document = ? AND reviewer = ?",
        (version, time, seconds, *key),
    )
    database.execute("UPDATE actions SET state = 'final' WHERE project = ? AND document = ? AND reviewer = ?", key)
    record_action(database, key, version=version, time=time, kind="submit", state="final")
    return replace(draft, seconds=seconds)


def reopen(store: Store, key: DraftKey, expected_version: int) -> Draft:
    """Work on a submitted note again; the submitted version stays, and the next submission comes beside it."""
    with store.writing() as database:
        draft = open_note(store, key)
        if not draft.submitted:
            raise InputError(f"document {key.document}: it is open already")
        if draft.version != expected_version:
            raise InputError(f"document {key.document}: it changed meanwhile (version {draft.version}); reload it")
        database.execute(
            "UPDATE drafts SET state = 'open', version = ?, saved = ? "
            "WHERE project = ? AND document = ? AND reviewer = ?",
            (draft.version + 1, utc_now(), *key),
        )
        record_action(database, key, version=draft.version + 1, time=utc_now(), kind="reopen", state="final")
    return open_note(store, key)


def insert_version(
    store: Store,
    database: Database,
    key: DraftKey,
    kind: str,
    document: Document,
    *,
    seconds: float | None = None,
    details: Mapping[str, Any] | None = None,
) -> int:
    """Write a version inside the caller's transaction; its number."""
    newest = store.row(
        "SELECT max(number) AS number FROM versions WHERE project = ? AND document = ? AND reviewer = ? AND kind = ?",
        *key,
        kind,
    )
    number = ((newest or {}).get("number") or 0) + 1
    columns = {"number": number, "kind": kind, "annotations": annotations_of(document), "created": utc_now()}
    guideline = current_guideline(store, key.project).number
    more = {"guideline": guideline, "seconds": seconds, "details": dump(details or {})}
    database.table("versions").insert({**key._asdict(), **columns, **more})
    return number


def versions(
    store: Store, project: str, *, document: str | None = None, reviewer: str | None = None, kind: str | None = None
) -> tuple[Version, ...]:
    """The versions that match, the oldest first. For those that run the project; reviewers get `visible_versions`."""
    wanted = {"document": document, "reviewer": reviewer, "kind": kind}
    chosen = {column: value for column, value in wanted.items() if value is not None}
    where = "".join(f" AND versions.{column} = ?" for column in chosen)
    rows = store.rows(
        "SELECT documents.text, documents.meta, documents.provenance, versions.document AS document_id, versions.* "
        "FROM versions JOIN documents ON documents.project = versions.project AND documents.id = versions.document "
        f"WHERE versions.project = ?{where} ORDER BY versions.id",
        project,
        *chosen.values(),
    )
    return tuple(map(_version, rows))


def latest_versions(store: Store, project: str, document: str | None = None) -> tuple[Version, ...]:
    """The newest submitted or pulled version of each note and reviewer: what agreement compares.

    A reviewer who skipped the note or deleted the work in another tool afterwards has none.
    """
    newest = {
        (version.document.id, version.reviewer): version
        for version in versions(store, project, document=document)
        if version.kind != "gold"
    }
    return tuple(version for version in newest.values() if version.kind != "skipped")


def latest_version(store: Store, project: str, document: str, *, reviewer: str, number: int | None = None) -> Version:
    """The reviewer's newest submission of a note, or that `number`. Raises InputError where there is none."""
    found = [
        version
        for version in versions(store, project, document=document, reviewer=reviewer)
        if version.kind in ("submitted", "pulled") and number in (None, version.number)
    ]
    if not found:
        raise InputError(f"document {document}: {reviewer} has not submitted it")
    return found[-1]


def visible_versions(store: Store, project: str, document: str, viewer: str) -> tuple[Version, ...]:
    """What `viewer` may see of a note: their own versions, and everybody's newest once they have submitted.

    A reviewer to whom the note is not assigned (an adjudicator) sees all.
    """
    own = versions(store, project, document=document, reviewer=viewer)
    assigned = store.row(
        "SELECT 1 FROM assignments WHERE project = ? AND document = ? AND reviewer = ?", project, document, viewer
    )
    if assigned and not any(version.kind in ("submitted", "pulled") for version in own):
        return own
    return latest_versions(store, project, document)


def gold_versions(store: Store, project: str) -> tuple[Version, ...]:
    """The newest gold version of each note that has one, in the order of the notes."""
    newest = {version.document.id: version for version in versions(store, project, kind="gold")}
    order = store.rows("SELECT id FROM documents WHERE project = ? ORDER BY position", project)
    return tuple(newest[row["id"]] for row in order if row["id"] in newest)


def _version(row: dict[str, Any]) -> Version:
    return Version(
        id=row["id"],
        project=row["project"],
        reviewer=row["reviewer"],
        number=row["number"],
        kind=row["kind"],
        document=document_from({**row, "id": row["document_id"]}, row["annotations"]),
        guideline=row["guideline"],
        created=row["created"],
        seconds=row["seconds"],
        details=json.loads(row["details"]),
    )
