"""What Label Studio has of a project, as far as we know: the link, the tasks, the annotations seen."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from annotation.store import Store, document_from, dump, utc_now
from odin.errors import InputError
from odin.schema import Document


@dataclass(frozen=True)
class Link:
    """Our project's counterpart. `remote` is None while it is not known to exist."""

    project: str
    marker: str
    """Stands in the description there: how a project is found again that we never heard to be created."""
    url: str
    remote: int | None
    synced: str | None
    seen: str | None = None
    """The server's time up to which its changes were pulled."""


@dataclass(frozen=True)
class SentTask:
    """A note as it was last sent."""

    document: Document
    task: int
    hash: str


def link_of(store: Store, project: str) -> Link | None:
    """The link, or None where the project was never pushed."""
    row = store.row("SELECT * FROM label_studio_projects WHERE project = ?", project)
    return Link(**row) if row else None


def linked(store: Store, project: str) -> tuple[Link, int]:
    """The link and the remote project. Raises InputError where the project was never pushed."""
    link = link_of(store, project)
    if link is None or link.remote is None:
        raise InputError(f"{project}: not in Label Studio yet; push it first")
    return link, link.remote


def start_link(store: Store, project: str, url: str) -> Link:
    """The link; a new one is on disk before anything is created there. Raises InputError for another server."""
    link = link_of(store, project)
    if link is None:
        with store.writing() as database:
            row = {"project": project, "marker": f"odin:{secrets.token_hex(8)}", "url": url}
            database.table("label_studio_projects").insert(row | {"remote": None, "synced": None}, ignore=True)
        link = link_of(store, project)
    if link is None or link.url != url:
        raise InputError(f"{project}: was pushed to {link.url if link else '?'}, not to {url}; use that server")
    return link


def set_remote(store: Store, project: str, remote: int | None) -> None:
    """Remember which remote project it is; None forgets it, its tasks and annotations and what was delivered there."""
    with store.writing() as database:
        database.execute("UPDATE label_studio_projects SET remote = ? WHERE project = ?", (remote, project))
        if remote is None:
            database.execute("UPDATE label_studio_projects SET seen = NULL WHERE project = ?", [project])
            for table in ("tasks", "annotations", "outbox"):
                database.execute(f"DELETE FROM label_studio_{table} WHERE project = ?", [project])


def set_synced(store: Store, project: str, *, seen: str | None = None) -> None:
    """Remember that the project was compared now; `seen` is the server's time up to which changes were taken over."""
    with store.writing() as database:
        database.execute(
            "UPDATE label_studio_projects SET synced = ?, seen = coalesce(?, seen) WHERE project = ?",
            (utc_now(), seen, project),
        )


def sent_tasks(store: Store, project: str) -> dict[str, SentTask]:
    """What was sent, by our document id."""
    rows = store.rows(
        "SELECT documents.*, label_studio_tasks.task, label_studio_tasks.sent, label_studio_tasks.sent_hash "
        "FROM label_studio_tasks JOIN documents ON documents.project = label_studio_tasks.project "
        "AND documents.id = label_studio_tasks.document WHERE label_studio_tasks.project = ?",
        project,
    )
    return {row["id"]: SentTask(document_from(row, row["sent"]), row["task"], row["sent_hash"]) for row in rows}


def delivered(store: Store, project: str) -> dict[int, dict[str, Any]]:
    """The annotations that we made there (gold and reviews), by their ids there: what each was last delivered from."""
    rows = store.rows(
        "SELECT label_studio_outbox.annotation, label_studio_outbox.document, label_studio_outbox.version, "
        "versions.kind, versions.reviewer FROM label_studio_outbox JOIN versions ON versions.id = "
        "label_studio_outbox.version WHERE label_studio_outbox.project = ? AND annotation IS NOT NULL "
        "ORDER BY label_studio_outbox.id",
        project,
    )
    return {row["annotation"]: row for row in rows}


def record_sent(store: Store, project: str, sent: Sequence[tuple[Document, int, str]]) -> None:
    """Remember (document, task, hash) that the server is known to have."""
    with store.writing() as database:
        database.table("label_studio_tasks").upsert_all(
            (
                {
                    **{"project": project, "document": document.id, "task": task, "sent_hash": digest},
                    "sent": dump(
                        {key: value for key, value in document.to_json().items() if key not in ("id", "text")}
                    ),
                }
                for document, task, digest in sent
            ),
            pk=("project", "document"),
        )


def result_hash(value: Any) -> str:
    """A hash of JSON data that does not depend on the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
