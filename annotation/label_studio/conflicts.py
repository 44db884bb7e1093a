"""Notes that one reviewer changed on both sides: both versions are kept, a person decides which one counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from annotation.label_studio import state
from annotation.label_studio.annotations import Remote
from annotation.label_studio.taking import take_version
from annotation.store import Store, utc_now
from annotation.store.reviews import DraftKey
from annotation.store.versions import Version, versions
from odin.corpora.label_studio_json import from_task
from odin.errors import InputError
from odin.schema import Document, ReadReport


@dataclass(frozen=True)
class Conflict:
    """Our version and theirs, side by side: see `annotation.agreement.differences.compare`."""

    id: int
    key: DraftKey
    ours: Version
    theirs: Document
    found: str


def open_conflicts(store: Store, project: str) -> tuple[Conflict, ...]:
    """The conflicts that nobody has decided, the oldest first."""
    rows = store.rows("SELECT * FROM label_studio_conflicts WHERE project = ? AND decided IS NULL ORDER BY id", project)
    return tuple(_conflict(store, row) for row in rows)


def resolve(store: Store, project: str, conflict: int, choice: str) -> None:
    """Decide a conflict: `ours` keeps the version made here, `theirs` makes Label Studio's the newest one.

    Raises InputError where there is no such open conflict.
    """
    row = store.row(
        "SELECT * FROM label_studio_conflicts WHERE project = ? AND id = ? AND decided IS NULL", project, conflict
    )
    if row is None or choice not in ("ours", "theirs"):
        raise InputError(
            f"{project}: cannot decide {choice!r} on conflict {conflict}; give ours or theirs of an open one"
        )
    found = _conflict(store, row)
    data, raw = json.loads(row["theirs"])
    if choice == "theirs":
        item = Remote(
            id=row["annotation"],
            document=row["document"],
            reviewer=row["reviewer"],
            skipped=bool(raw.get("was_cancelled")),
            ground_truth=bool(raw.get("ground_truth")),
            hash=row["theirs_hash"],
            updated=row["updated"],
            lead_time=raw.get("lead_time"),
            data=data,
            raw=raw,
        )
        take_version(store, found.key, item, found.theirs)
    with store.writing() as database:
        if choice == "ours":
            database.table("label_studio_annotations").upsert(_taken(row, found.ours.id), pk=("project", "annotation"))
        database.execute(
            "UPDATE label_studio_conflicts SET decided = ?, choice = ? WHERE id = ?", (utc_now(), choice, conflict)
        )


def _conflict(store: Store, row: dict[str, Any]) -> Conflict:
    key = DraftKey(row["project"], row["document"], row["reviewer"])
    data, raw = json.loads(row["theirs"])
    sent = state.sent_tasks(store, key.project).get(key.document)
    theirs = from_task(data, raw.get("result") or [], ReadReport(), sent=sent.document if sent else None)
    ours = next(x for x in versions(store, key.project, document=key.document) if x.id == row["ours"])
    return Conflict(row["id"], key, ours, theirs, row["found"])


def _taken(row: dict[str, Any], version: int) -> dict[str, Any]:
    """What was seen there and passed over, so that it does not come again until it changes again."""
    columns = {name: row[name] for name in ("project", "annotation", "document", "reviewer", "updated")}
    return columns | {"result_hash": row["theirs_hash"], "version": version, "deleted": 0}
