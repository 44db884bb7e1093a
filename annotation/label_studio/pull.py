"""Pull: every annotator's work becomes a version of that reviewer; what did not change is not even fetched.

Where the reviewer also submitted the note here since the last pull, both versions are kept and a person decides
(`annotation.label_studio.conflicts`). Nothing is ever deleted here: what was deleted there no longer counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from annotation.agreement.differences import differences
from annotation.label_studio import Progress, state
from annotation.label_studio.accounts import Accounts, account_addresses, accounts
from annotation.label_studio.annotations import Remote, annotation_hash, remote_annotations
from annotation.label_studio.polling import fetch
from annotation.label_studio.push import unique_ids
from annotation.label_studio.taking import forget, keep_conflict, remember, take_version
from annotation.store import Store
from annotation.store.projects import load_project, project_documents
from annotation.store.reviews import DraftKey
from annotation.store.versions import versions
from odin.corpora.label_studio_json import HOLDS, from_task, result_of
from odin.corpora.loss import held
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
class Here:
    """What this side has of a project while it is pulled."""

    labels: LabelSet
    texts: Mapping[str, str]
    sent: Mapping[str, state.SentTask]
    known: Mapping[int, Mapping[str, Any]]
    """The annotations that were taken before, by their ids there."""
    delivered: Mapping[int, Mapping[str, Any]]
    undecided: tuple[Mapping[str, Any], ...]
    """The open conflicts."""
    accounts: Accounts

    def expected(self) -> dict[int, str]:
        """The annotations known to be there, with their documents."""
        taken = {number: row["document"] for number, row in self.known.items() if not row["deleted"]}
        gold = [row for row in self.delivered.values() if row["kind"] == "gold"]
        return taken | {row["annotation"]: row["document"] for row in (*gold, *self.undecided)}


def pull(
    store: Store, client: Any, project: str, *, dry_run: bool = False, progress: Progress | None = None
) -> PullReport:
    """Take over what is new or changed there. With `dry_run`, only say what would be. Raises LabelStudioError.

    Each annotation is taken whole or not at all, so that an interrupted pull is completed by the next one.
    """
    link, remote = state.linked(store, project)
    if progress:
        progress("looking for changes", 0, 0)
    here = _here(store, client, project)
    fetched = fetch(client, remote, link.seen, here.expected())
    unique = cache(partial(unique_ids, client, remote))
    items = tuple(remote_annotations(fetched.tasks, here.known, here.accounts, link.url))
    out = PullReport(unchanged=sum(x in fetched.kept and not row["deleted"] for x, row in here.known.items()))
    for number, item in enumerate(items, 1):
        if item.id in here.known or not _is_own_gold(store, project, item, unique, out):
            _look_at(store, project, item, here, out=out, dry_run=dry_run)
        if progress:
            progress("annotations read", number, len(items))
    seen = fetched.kept | {item.id for item in items}
    for annotation, row in here.known.items():
        if annotation not in seen and not row["deleted"]:
            out.deleted.append((row["document"], row["reviewer"]))
            if not dry_run:
                forget(store, project, row)
    out.conflicts += [
        place for row in here.undecided if (place := (row["document"], row["reviewer"])) not in out.conflicts
    ]
    if not dry_run:
        state.set_synced(store, project, seen=fetched.seen)
    return out


def _here(store: Store, client: Any, project: str) -> Here:
    known = store.rows("SELECT * FROM label_studio_annotations WHERE project = ?", project)
    undecided = store.rows("SELECT * FROM label_studio_conflicts WHERE project = ? AND decided IS NULL", project)
    return Here(
        labels=load_project(store, project).labels,
        texts={document.id: document.text for document in project_documents(store, project)},
        sent=state.sent_tasks(store, project),
        known={row["annotation"]: row for row in known},
        delivered=state.delivered(store, project),
        undecided=tuple(undecided),
        accounts=accounts(store, project, account_addresses(client)),
    )


def _is_own_gold(
    store: Store, project: str, item: Remote, unique: Callable[[], Mapping[str, int]], out: PullReport
) -> bool:
    """Whether we made the annotation as gold, also where another process just did or the answer never reached us."""
    rows = store.rows(
        "SELECT annotation, unique_id, label_studio_outbox.result_hash FROM label_studio_outbox JOIN versions "
        "ON versions.id = label_studio_outbox.version WHERE label_studio_outbox.project = ? "
        "AND label_studio_outbox.document = ? AND versions.kind = 'gold' ORDER BY label_studio_outbox.id",
        project,
        item.document,
    )
    ours = [row for row in rows if row["annotation"] == item.id]
    if ours and ours[-1]["result_hash"] != item.hash:
        out.report.notes.append(f"{item.document}: its gold was edited there, which changes nothing here")
    unheard = [row["unique_id"] for row in rows if row["annotation"] is None]
    return bool(ours) or any(unique().get(name) == item.id for name in unheard)


def _look_at(store: Store, project: str, item: Remote, here: Here, *, out: PullReport, dry_run: bool) -> None:
    before = here.known.get(item.id)
    if before and not before["deleted"] and before["result_hash"] == item.hash:
        out.unchanged += 1
        return
    if here.texts.get(item.document) != item.data.get("text"):
        why = "its text there is not our text" if item.document in here.texts else "the project here has no such note"
        out.report.drop(f"task of {item.document!r}", f"annotation {item.id}", why)
        return
    ours = _delivered_document(store, project, here.delivered.get(item.id))
    suggestion = ours or (here.sent[item.document].document if item.document in here.sent else None)
    _take(store, project, item, suggestion, before, labels=here.labels, out=out, dry_run=dry_run)


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
        if _same_work(own[-1].document, document, item, labels):
            out.unchanged += 1
            if not dry_run:
                with store.writing() as database:
                    remember(database, key, item, own[-1].id)
            return
        out.conflicts.append(place)
        if not dry_run:
            keep_conflict(store, key, item, own[-1].id)
        return
    (out.skipped if item.skipped else out.changed if before else out.new).append(place)
    if not dry_run:
        take_version(store, key, item, document)


def _same_work(ours: Document, theirs: Document, item: Remote, labels: LabelSet) -> bool:
    """Whether both sides say the same, as after a delivery whose answer never reached us."""
    if item.skipped:
        return False
    said = {"result": result_of(held(ours, HOLDS, ReadReport())), "was_cancelled": False}
    return item.hash == annotation_hash(said) or not differences(ours, theirs, labels)


def _not_allowed(document: Document, labels: LabelSet, item: Remote) -> Iterator[str]:
    for relation in document.relations:
        head, tail = (document.entity_by_id[end].label for end in (relation.head, relation.tail))
        if relation.label not in labels.allowed(head, tail):
            yield f"{document.id}: {item.reviewer} drew {relation.label} from {head} to {tail}, which is not allowed"


def _delivered_document(store: Store, project: str, row: Mapping[str, Any] | None) -> Document | None:
    """The review that was delivered as that annotation: what the annotator there started from."""
    if row is None:
        return None
    found = versions(store, project, document=row["document"], reviewer=row["reviewer"], kind="submitted")
    return next((version.document for version in found if version.id == row["version"]), None)
