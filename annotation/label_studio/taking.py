"""What a pull writes here: versions, conflicts, and what was seen, each at once with its version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from annotation.label_studio.annotations import Remote
from annotation.store import Store, dump, utc_now
from annotation.store.reviews import DraftKey
from annotation.store.versions import insert_version, versions
from odin.schema import Document

if TYPE_CHECKING:
    from sqlite_utils import Database


def take_version(store: Store, key: DraftKey, item: Remote, document: Document) -> None:
    """Write an annotation as a version and remember that it was taken, at once; not twice where two pulls meet."""
    details = {
        "label_studio_annotation": item.id,
        "created": item.raw.get("created_at"),
        "updated": item.updated,
        "ground_truth": item.ground_truth,
    }
    with store.writing() as database:
        now = store.row(
            "SELECT result_hash FROM label_studio_annotations WHERE project = ? AND annotation = ? AND NOT deleted",
            key.project,
            item.id,
        )
        if now and now["result_hash"] == item.hash:
            return
        kind = "skipped" if item.skipped else "pulled"
        insert_version(store, database, key, kind, document, seconds=item.lead_time, details=details)
        row = database.execute("SELECT max(id) FROM versions").fetchone()
        remember(database, key, item, row[0])


def remember(database: Database, key: DraftKey, item: Remote, version: int) -> None:
    """Inside the caller's transaction: the annotation, as it is there now, is that version."""
    database.table("label_studio_annotations").upsert(
        {
            **{"project": key.project, "annotation": item.id, "document": key.document, "reviewer": key.reviewer},
            **{"result_hash": item.hash, "updated": item.updated, "version": version, "deleted": 0},
        },
        pk=("project", "annotation"),
    )


def keep_conflict(store: Store, key: DraftKey, item: Remote, ours: int) -> None:
    """Keep an annotation beside our version of that id until a person decides; once for the same two."""
    row = {**key._asdict(), "annotation": item.id, "ours": ours, "theirs": dump([dict(item.data), dict(item.raw)])}
    row |= {"theirs_hash": item.hash, "updated": item.updated, "found": utc_now(), "decided": None, "choice": None}
    with store.writing() as database:
        database.table("label_studio_conflicts").insert(row, ignore=True)


def forget(store: Store, project: str, row: Mapping[str, Any]) -> None:
    """An annotation that was deleted there: an empty skip of that reviewer takes its place."""
    key = DraftKey(project, row["document"], row["reviewer"])
    with store.writing() as database:
        newest = versions(store, project, document=row["document"], reviewer=row["reviewer"])
        if newest and newest[-1].id == row["version"]:
            details = {"label_studio_annotation": row["annotation"], "deleted": True}
            insert_version(store, database, key, "skipped", newest[-1].document, details=details)
        database.execute(
            "UPDATE label_studio_annotations SET deleted = 1 WHERE project = ? AND annotation = ?",
            (project, row["annotation"]),
        )
