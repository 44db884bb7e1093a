"""Pull: every annotator's work becomes a version of that reviewer, in one request, what did not change left alone.

Where the reviewer also submitted the note here since the last pull, both versions are kept and a person decides
(`annotation.label_studio.conflicts`). Nothing is ever deleted here: what was deleted there no longer counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.label_studio import state
from annotation.label_studio.connection import address_of, explained
from annotation.label_studio.push import export
from annotation.reviews import DraftKey
from annotation.store import Store, dump, utc_now
from annotation.versions import insert_version, versions
from odin.corpora.label_studio_json import from_task
from odin.errors import OdinError
from odin.labels import LabelSet
from odin.schema import Document, ReadReport


@dataclass
class PullReport:
    """What came back, by (note, reviewer)."""

    new: list[tuple[str, str]] = field(default_factory=list)
    changed: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[tuple[str, str]] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    unchanged: int = 0
    report: ReadReport = field(default_factory=ReadReport)
    """What of the annotations could not be read or was normalised."""


@dataclass(frozen=True)
class Remote:
    """One annotation there."""

    id: int
    document: str
    reviewer: str
    skipped: bool
    ground_truth: bool
    hash: str
    updated: str | None
    lead_time: float | None
    data: Mapping[str, Any] = field(hash=False)
    raw: Mapping[str, Any] = field(hash=False)


def pull(store: Store, client: Any, project: str, *, dry_run: bool = False) -> PullReport:
    """Take over what is new or changed there. With `dry_run`, only say what would be. Raises LabelStudioError.

    Each annotation is taken whole or not at all, so that an interrupted pull is completed by the next one.
    """
    from annotation.projects import load_project, project_documents

    link, remote = state.linked(store, project)
    labels = load_project(store, project).labels
    names = _reviewer_names(client)
    tasks = export(client, remote)
    own_texts = {document.id: document.text for document in project_documents(store, project)}
    sent = state.sent_tasks(store, project)
    known = {row["annotation"]: row for row in _known(store, project)}
    ours = {row["annotation"] for row in _delivered(store, project)}
    out, seen = PullReport(), set()
    for item in _annotations(tasks, names, link.url):
        seen.add(item.id)
        if item.id in ours:
            continue
        before = known.get(item.id)
        if before and not before["deleted"] and before["result_hash"] == item.hash:
            out.unchanged += 1
            continue
        if own_texts.get(item.document) != item.data.get("text"):
            why = (
                "its text there is not our text" if item.document in own_texts else "the project here has no such note"
            )
            out.report.drop(f"task of {item.document!r}", f"annotation {item.id}", why)
            continue
        suggestion = sent[item.document].document if item.document in sent else None
        _take(store, project, item, suggestion, before, labels=labels, out=out, dry_run=dry_run)
    for annotation, row in known.items():
        if annotation not in seen and not row["deleted"]:
            out.deleted.append((row["document"], row["reviewer"]))
            if not dry_run:
                _forget(store, project, row)
    if not dry_run:
        state.set_synced(store, project)
    return out


def _take(
    store: Store,
    project: str,
    item: Remote,
    suggestion: Document | None,
    before: Mapping[str, Any] | None,
    *,
    labels: LabelSet,
    out: PullReport,
    dry_run: bool,
) -> None:
    key, reading = DraftKey(project, item.document, item.reviewer), ReadReport()
    try:
        document = from_task(item.data, item.raw.get("result") or [], reading, path="Label Studio", sent=suggestion)
    except OdinError as err:
        out.report.drop(f"task of {item.document!r}", f"annotation {item.id}", str(err))
        return
    out.report.dropped += reading.dropped
    out.report.notes += reading.notes + list(_not_allowed(document, labels, item))
    out.report.keep(document)
    place = (item.document, item.reviewer)
    own = versions(store, project, document=item.document, reviewer=item.reviewer, kind="submitted")
    if own and (before is None or own[-1].id > (before["version"] or 0)):
        out.conflicts.append(place)
        if not dry_run:
            _keep_conflict(store, key, item, own[-1].id)
        return
    (out.skipped if item.skipped else out.changed if before else out.new).append(place)
    if not dry_run:
        take_version(store, key, item, document)


def take_version(store: Store, key: DraftKey, item: Remote, document: Document) -> None:
    """Write an annotation as a version and remember that it was taken, at once."""
    details = {
        "label_studio_annotation": item.id,
        "created": item.raw.get("created_at"),
        "updated": item.updated,
        "ground_truth": item.ground_truth,
    }
    with store.writing() as database:
        kind = "skipped" if item.skipped else "pulled"
        insert_version(store, database, key, kind, document, seconds=item.lead_time, details=details)
        row = database.execute("SELECT max(id) FROM versions").fetchone()
        database.table("label_studio_annotations").upsert(
            {
                **{"project": key.project, "annotation": item.id, "document": key.document, "reviewer": key.reviewer},
                **{"result_hash": item.hash, "updated": item.updated, "version": row[0], "deleted": 0},
            },
            pk=("project", "annotation"),
        )


def annotation_hash(raw: Mapping[str, Any]) -> str:
    """A hash of what an annotation says: its result and whether it is a skip."""
    return state.result_hash([raw.get("result") or [], bool(raw.get("was_cancelled"))])


def _annotations(tasks: list[dict[str, Any]], names: Mapping[int, str], url: str) -> Iterator[Remote]:
    for task in tasks:
        data = task.get("data") or {}
        for raw in task.get("annotations") or ():
            who = raw.get("completed_by")
            number = who.get("id") if isinstance(who, Mapping) else who
            email = who.get("email") if isinstance(who, Mapping) else None
            yield Remote(
                id=int(raw["id"]),
                document=str(data.get("doc_id") or ""),
                reviewer=str(email or names.get(number or 0) or f"{url} user {number}"),
                skipped=bool(raw.get("was_cancelled")),
                ground_truth=bool(raw.get("ground_truth")),
                hash=annotation_hash(raw),
                updated=raw.get("updated_at"),
                lead_time=raw.get("lead_time"),
                data=data,
                raw=raw,
            )


def _reviewer_names(client: Any) -> dict[int, str]:
    """The users' e-mail addresses by their numbers."""
    with explained(address_of(client), "the list of users"):
        return {user.id: user.email for user in client.users.list()}


def _not_allowed(document: Document, labels: LabelSet, item: Remote) -> Iterator[str]:
    for relation in document.relations:
        head, tail = (document.entity_by_id[end].label for end in (relation.head, relation.tail))
        if relation.label not in labels.allowed(head, tail):
            yield f"{document.id}: {item.reviewer} drew {relation.label} from {head} to {tail}, which is not allowed"


def _known(store: Store, project: str) -> list[dict[str, Any]]:
    return store.rows("SELECT * FROM label_studio_annotations WHERE project = ?", project)


def _delivered(store: Store, project: str) -> list[dict[str, Any]]:
    return store.rows(
        "SELECT annotation FROM label_studio_outbox WHERE project = ? AND annotation IS NOT NULL", project
    )


def _keep_conflict(store: Store, key: DraftKey, item: Remote, ours: int) -> None:
    row = {**key._asdict(), "annotation": item.id, "ours": ours, "theirs": dump([dict(item.data), dict(item.raw)])}
    row |= {"theirs_hash": item.hash, "updated": item.updated, "found": utc_now(), "decided": None, "choice": None}
    with store.writing() as database:
        database.table("label_studio_conflicts").insert(row, ignore=True)


def _forget(store: Store, project: str, row: Mapping[str, Any]) -> None:
    """An annotation that was deleted there: an empty skip of that reviewer takes its place."""
    key = DraftKey(project, row["document"], row["reviewer"])
    newest = versions(store, project, document=row["document"], reviewer=row["reviewer"])
    with store.writing() as database:
        if newest and newest[-1].id == row["version"]:
            details = {"label_studio_annotation": row["annotation"], "deleted": True}
            insert_version(store, database, key, "skipped", newest[-1].document, details=details)
        database.execute(
            "UPDATE label_studio_annotations SET deleted = 1 WHERE project = ? AND annotation = ?",
            (project, row["annotation"]),
        )
