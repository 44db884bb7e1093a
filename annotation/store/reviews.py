"""A reviewer's work on a note: open it, edit, undo, redo, submit. Each action is on disk when its function returns.

A draft is one reviewer's working copy; its `version` counts their actions on it. Every action names the version that
the caller saw: where that is no longer the newest, because of another tab or device, `StaleDraftError` carries both
and nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from annotation.editing.changes import Change, apply_change, change_between, change_from_json, change_to_json
from annotation.editing.edit_json import edit_to_json
from annotation.editing.edits import Edit
from annotation.editing.performing import apply_edit
from annotation.editing.suggestions import as_suggestions, undecided
from annotation.store import Store, annotations_of, document_from, dump, seconds_between, utc_now
from annotation.store.guidelines import current_guideline
from odin.errors import AnnotationError, ConflictError, InputError
from odin.schema import Document

if TYPE_CHECKING:
    from sqlite_utils import Database

IDLE_SECONDS = 120.0
"""A pause between two actions counts as work up to this long."""


_GOLD = " (gold)"
"""Ends the name under which an adjudicator corrects what becomes gold; no account's name can."""


class DraftKey(NamedTuple):
    """Whose work on which note of which project."""

    project: str
    document: str
    reviewer: str

    @property
    def person(self) -> str:
        """The reviewer, or the adjudicator whose gold it is."""
        return self.reviewer.removesuffix(_GOLD)

    @property
    def is_gold(self) -> bool:
        """True for an adjudicator's copy of the merged note, which is kept beside a review of their own."""
        return self.reviewer.endswith(_GOLD)

    @property
    def gold(self) -> DraftKey:
        """The key of that copy."""
        return self._replace(reviewer=f"{self.person}{_GOLD}")


@dataclass(frozen=True)
class Draft:
    """A reviewer's working copy of a note, as it is on disk."""

    key: DraftKey
    document: Document
    version: int
    submitted: bool
    saved: str
    """When, ISO 8601, UTC: what "saved 12:04" shows."""
    seconds: float
    """Time worked on it so far."""
    can_undo: bool = False
    can_redo: bool = False

    @property
    def undecided(self) -> int:
        """How many suggestions wait for a decision; submitting needs 0."""
        return len(undecided(self.document))

    def seconds_at(self, time: str) -> float:
        """Time worked on it when the next action is at `time`; it began when the note was opened."""
        return self.seconds + min(IDLE_SECONDS, max(0.0, seconds_between(self.saved, time)))


class StaleDraftError(ConflictError):
    """The caller's version is not the newest: `seen` is what the caller saw, `current` what is on disk."""

    def __init__(self, seen: Document, seen_version: int, current: Draft) -> None:
        super().__init__(
            f"document {current.document.id}: it was changed elsewhere (another tab or device) since you loaded it: "
            f"you saw version {seen_version}, version {current.version} was saved at {current.saved}; "
            "look at the difference and reload"
        )
        self.seen = seen
        self.current = current


def open_note(store: Store, key: DraftKey) -> Draft:
    """The reviewer's draft; at first, the note with its suggestions, or bare where it is in the blind arm.

    Raises InputError where the project has no such note or the note is not assigned to this reviewer.
    """
    found = _row(store, key)
    if found is None:
        with store.writing() as database:
            if _row(store, key) is None:
                _start(store, database, key)
        found = _row(store, key)
    if found is None:
        raise InputError(f"{key.project}: the note {key.document!r} cannot be opened")
    return _draft(store, found)


def apply(store: Store, key: DraftKey, edit: Edit, expected_version: int) -> Draft:
    """Perform an edit on the draft and save it; the new draft.

    Raises AnnotationError where the edit cannot be, StaleDraftError where `expected_version` is not the newest.
    """

    def perform(draft: Draft, _: Database, time: str) -> Document:
        labels = current_guideline(store, key.project).labels
        return apply_edit(draft.document, edit, labels, by=key.person, time=time)

    return _act(store, key, expected_version, perform, kind="edit", edit=edit_to_json(edit))


def undo(store: Store, key: DraftKey, expected_version: int) -> Draft:
    """Take the last edit that still stands back, also one of an earlier day. Raises as `apply`."""
    return _step(store, key, expected_version, "undo")


def redo(store: Store, key: DraftKey, expected_version: int) -> Draft:
    """Make the edit that was last undone again. Raises as `apply`."""
    return _step(store, key, expected_version, "redo")


def save_position(store: Store, key: DraftKey, selected: str | None = None) -> None:
    """Remember the note and the mention or relation where the reviewer is."""
    with store.writing() as database:
        database.table("positions").upsert(
            {**key._asdict(), "selected": selected, "time": utc_now()},
            pk=("project", "reviewer"),
        )


def last_position(store: Store, project: str, reviewer: str) -> tuple[str, str | None] | None:
    """The (note, selected id) where the reviewer was last; None where they never began."""
    row = store.row("SELECT document, selected FROM positions WHERE project = ? AND reviewer = ?", project, reviewer)
    return (row["document"], row["selected"]) if row else None


def document_at(store: Store, draft: Draft, version: int) -> Document:
    """The draft's document as it was at an earlier `version`."""
    document = draft.document
    for row in store.rows(
        "SELECT before, after FROM actions WHERE project = ? AND document = ? AND reviewer = ? AND version > ? "
        "AND before IS NOT NULL ORDER BY version DESC",
        *draft.key,
        version,
    ):
        document = apply_change(document, _stored_change(row, document.text).inverse())
    return document


def record_action(
    database: Database,
    key: DraftKey,
    *,
    version: int,
    time: str,
    kind: str,
    state: str,
    edit: dict[str, Any] | None = None,
    change: Change | None = None,
    text: str = "",
) -> None:
    """Write one line of the audit trail, inside the caller's transaction."""
    sides = change_to_json(change, text) if change else {"before": None, "after": None}
    database.table("actions").insert(
        {
            **key._asdict(),
            **{"version": version, "time": time, "kind": kind, "state": state},
            "edit": None if edit is None else dump(edit),
            **{side: None if value is None else dump(value) for side, value in sides.items()},
        }
    )


def checked_draft(store: Store, key: DraftKey, expected_version: int) -> Draft:
    """The draft, inside a write transaction. Raises StaleDraftError, or InputError where it is submitted already."""
    found = _row(store, key)
    if found is None:
        raise InputError(f"{key.project}: the note {key.document!r} is not open for {key.reviewer}; open it first")
    draft = _draft(store, found)
    if draft.version != expected_version:
        seen = document_at(store, draft, expected_version) if 0 <= expected_version < draft.version else draft.document
        raise StaleDraftError(seen, expected_version, draft)
    if draft.submitted:
        raise InputError(f"document {key.document}: you have submitted it; reopen it to change it")
    return draft


def _act(
    store: Store,
    key: DraftKey,
    expected_version: int,
    perform: Callable[[Draft, Database, str], Document],
    *,
    kind: str,
    edit: dict[str, Any] | None = None,
) -> Draft:
    with store.writing() as database:
        draft = checked_draft(store, key, expected_version)
        time = utc_now()
        after = perform(draft, database, time)
        change = change_between(draft.document, after)
        version = draft.version + 1
        if kind == "edit":
            database.execute(
                "UPDATE actions SET state = 'final' WHERE project = ? AND document = ? AND reviewer = ? "
                "AND state = 'undone'",
                key,
            )
        record_action(
            database,
            key,
            version=version,
            time=time,
            kind=kind,
            state="done" if kind == "edit" else "final",
            edit=edit,
            change=change,
            text=after.text,
        )
        seconds = draft.seconds_at(time)
        database.execute(
            "UPDATE drafts SET version = ?, annotations = ?, saved = ?, seconds = ? "
            "WHERE project = ? AND document = ? AND reviewer = ?",
            (version, annotations_of(after), time, seconds, *key),
        )
        can_undo, can_redo = _can_step(store, key)
    return Draft(key, after, version, False, time, seconds, can_undo, can_redo)


def _step(store: Store, key: DraftKey, expected_version: int, kind: str) -> Draft:
    was, becomes = ("done", "undone") if kind == "undo" else ("undone", "done")

    def perform(draft: Draft, database: Database, _: str) -> Document:
        row = store.row(
            "SELECT id, before, after FROM actions WHERE project = ? AND document = ? AND reviewer = ? "
            f"AND state = ? ORDER BY id {'DESC' if kind == 'undo' else 'ASC'} LIMIT 1",
            *key,
            was,
        )
        if row is None:
            raise AnnotationError(f"there is nothing to {kind}")
        database.execute("UPDATE actions SET state = ? WHERE id = ?", (becomes, row["id"]))
        change = _stored_change(row, draft.document.text)
        return apply_change(draft.document, change.inverse() if kind == "undo" else change)

    return _act(store, key, expected_version, perform, kind=kind)


def _stored_change(row: dict[str, Any], text: str) -> Change:
    return change_from_json({side: json.loads(row[side]) for side in ("before", "after")}, text)


def _row(store: Store, key: DraftKey) -> dict[str, Any] | None:
    return store.row(
        "SELECT drafts.*, documents.id, documents.text, documents.meta, documents.provenance FROM drafts "
        "JOIN documents ON documents.project = drafts.project AND documents.id = drafts.document "
        "WHERE drafts.project = ? AND drafts.document = ? AND drafts.reviewer = ?",
        *key,
    )


def _can_step(store: Store, key: DraftKey) -> tuple[bool, bool]:
    states = store.rows("SELECT DISTINCT state FROM actions WHERE project = ? AND document = ? AND reviewer = ?", *key)
    found = {row["state"] for row in states}
    return "done" in found, "undone" in found


def _draft(store: Store, row: dict[str, Any]) -> Draft:
    submitted = row["state"] == "submitted"
    key = DraftKey(row["project"], row["document"], row["reviewer"])
    can_undo, can_redo = _can_step(store, key)
    return Draft(
        key=key,
        document=document_from(row, row["annotations"]),
        version=row["version"],
        submitted=submitted,
        saved=row["saved"],
        seconds=row["seconds"],
        can_undo=can_undo and not submitted,
        can_redo=can_redo and not submitted,
    )


def _start(store: Store, database: Database, key: DraftKey) -> None:
    project, document, reviewer = key
    row = store.row("SELECT * FROM documents WHERE project = ? AND id = ?", project, document)
    if row is None:
        raise InputError(f"the project {project!r} has no note {document!r}")
    assigned = "SELECT 1 FROM assignments WHERE project = ? AND document = ? AND reviewer = ?"
    if store.row(assigned, *key) is None:
        raise InputError(f"{project}: the note {document!r} is not assigned to {reviewer}")
    suggested = store.row("SELECT annotations FROM suggestions WHERE project = ? AND document = ?", project, document)
    start = document_from(row)
    if suggested and not row["blind"]:
        start = as_suggestions(document_from(row, suggested["annotations"]))
    now = utc_now()
    columns = {"version": 0, "state": "open", "annotations": annotations_of(start), "opened": now, "saved": now}
    database.table("drafts").insert({**key._asdict(), **columns, "seconds": 0.0})
