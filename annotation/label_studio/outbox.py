"""What is on its way to Label Studio: adjudicated gold, as ground truth, and submitted reviews, as their reviewers'.

Queued on disk before anything is sent, delivered once each. A review goes under its reviewer's account there; where
there is none (`annotation.label_studio.accounts`), it waits and is reported.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.label_studio import Progress, state
from annotation.label_studio.accounts import account_addresses, accounts
from annotation.label_studio.annotations import annotation_hash
from annotation.label_studio.connection import AlreadySavedError, address_of, explained
from annotation.label_studio.push import unique_ids
from annotation.store import Store, utc_now
from annotation.store.versions import Version, gold_versions, latest_versions
from odin.corpora.label_studio_json import HOLDS, result_of
from odin.corpora.loss import held
from odin.schema import ReadReport


@dataclass(frozen=True)
class Delivery:
    """What is there now, and what waits."""

    delivered: tuple[str, ...] = ()
    """Notes whose gold is there."""
    edited: tuple[str, ...] = ()
    """Notes whose gold was edited there since we delivered it: the newer gold stays queued."""
    reviews: tuple[tuple[str, str], ...] = ()
    """(note, reviewer) of reviews that are there."""
    without_account: tuple[tuple[str, str], ...] = ()
    """(note, reviewer) of reviews whose reviewer has no account there."""


def undelivered(store: Store, project: str) -> tuple[Version, ...]:
    """The newest gold of each note and the newest submission of each reviewer that are not there yet.

    A review waits while it is in a conflict that nobody has decided.
    """
    done = {row["version"] for row in _queued(store, project) if row["delivered"]}
    undecided = {
        (row["document"], row["reviewer"])
        for row in store.rows(
            "SELECT document, reviewer FROM label_studio_conflicts WHERE project = ? AND decided IS NULL", project
        )
    }
    reviews = [
        version
        for version in latest_versions(store, project)
        if version.kind == "submitted" and (version.document.id, version.reviewer) not in undecided
    ]
    return tuple(version for version in (*gold_versions(store, project), *reviews) if version.id not in done)


def queue(store: Store, project: str) -> int:
    """Queue what is not there yet and was never queued; how many that are."""
    link, _ = state.linked(store, project)
    known = {row["version"] for row in _queued(store, project)}
    new = [version for version in undelivered(store, project) if version.id not in known]
    with store.writing() as database:
        for version in new:
            kind = "gold" if version.kind == "gold" else "review"
            unique_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{link.marker}:{kind}:{version.id}"))
            row = {"project": project, "document": version.document.id, "version": version.id, "unique_id": unique_id}
            database.table("label_studio_outbox").insert(
                row | {"queued": utc_now(), "delivered": None, "annotation": None}
            )
    return len(new)


def waiting(store: Store, project: str) -> int:
    """How many versions stand in the queue."""
    return sum(not row["delivered"] for row in _queued(store, project))


def plan_delivery(store: Store, client: Any, project: str) -> Delivery:
    """What `deliver` would send, as far as this side knows. Raises LabelStudioError."""
    known = accounts(store, project, account_addresses(client))
    versions = undelivered(store, project)
    reviews = [(version.document.id, version.reviewer) for version in versions if version.kind != "gold"]
    return Delivery(
        delivered=tuple(version.document.id for version in versions if version.kind == "gold"),
        reviews=tuple(place for place in reviews if known.number_of(place[1]) is not None),
        without_account=tuple(place for place in reviews if known.number_of(place[1]) is None),
    )


def deliver(
    store: Store,
    client: Any,
    project: str,
    there: Mapping[str, Mapping[str, Any]],
    *,
    progress: Progress | None = None,
) -> Delivery:
    """Deliver what waits. `there` are the remote tasks by document id.

    A stop between the server's answer and ours is made good by the unique id: the annotation is found there, or its
    second creation is refused as a duplicate, and counts as delivered. Raises LabelStudioError.
    """
    current = {version.id: version for version in undelivered(store, project)}
    newest = {version.id for version in (*gold_versions(store, project), *latest_versions(store, project))}
    known = accounts(store, project, account_addresses(client))
    delivered: list[str] = []
    edited: list[str] = []
    reviews: list[tuple[str, str]] = []
    without_account: list[tuple[str, str]] = []
    left = [row for row in _queued(store, project) if not row["delivered"]]
    for number, row in enumerate(left, 1):
        version, task = current.get(row["version"]), there.get(row["document"])
        if version is None:
            if row["version"] not in newest:  # a newer one of the same person took its place
                _mark(store, row, None, None)
        elif task is not None and version.kind == "gold":
            annotation = _place_gold(store, client, row, version, task)
            (edited if annotation is None else delivered).append(row["document"])
        elif task is not None:
            place = (row["document"], version.reviewer)
            account = known.number_of(version.reviewer)
            if account is None:
                without_account.append(place)
            elif _place_review(store, client, row, version, task, account=account) is not None:
                reviews.append(place)
        if progress:
            progress("gold and reviews sent", number, len(left))
    return Delivery(tuple(delivered), tuple(edited), tuple(reviews), tuple(without_account))


def _place_gold(
    store: Store, client: Any, row: Mapping[str, Any], version: Version, task: Mapping[str, Any]
) -> int | None:
    """The annotation's id; None where the gold there was edited since we delivered it."""
    earlier = store.row(
        "SELECT annotation, result_hash FROM label_studio_outbox JOIN versions ON versions.id = "
        "label_studio_outbox.version WHERE label_studio_outbox.project = ? AND label_studio_outbox.document = ? "
        "AND versions.kind = 'gold' AND annotation IS NOT NULL ORDER BY label_studio_outbox.id DESC",
        row["project"],
        row["document"],
    )
    annotation = _place(client, row, version, task, earlier, ground_truth=True)
    if annotation is not None:
        _mark(store, row, annotation, _said_hash(version))
    return annotation


def _place_review(
    store: Store, client: Any, row: Mapping[str, Any], version: Version, task: Mapping[str, Any], *, account: int
) -> int | None:
    """The annotation's id; None where it was changed there meanwhile: the next pull brings that."""
    earlier = store.row(
        "SELECT annotation, result_hash FROM label_studio_annotations WHERE project = ? AND document = ? "
        "AND reviewer = ? AND NOT deleted ORDER BY version DESC",
        row["project"],
        row["document"],
        version.reviewer,
    )
    more = {"completed_by": account} | ({"lead_time": version.seconds} if version.seconds is not None else {})
    annotation = _place(client, row, version, task, earlier, **more)
    if annotation is not None:
        _mark(store, row, annotation, _said_hash(version), reviewer=version.reviewer)
    return annotation


def _place(
    client: Any,
    row: Mapping[str, Any],
    version: Version,
    task: Mapping[str, Any],
    earlier: Mapping[str, Any] | None,
    **more: Any,
) -> int | None:
    """The id of the annotation that holds the version, made or brought up to date; None where it was edited there."""
    present = {int(item["id"]): item for item in task.get("annotations") or ()}
    for number, item in present.items():
        if item.get("unique_id") == row["unique_id"]:
            return number
    result = _result(version)
    with explained(address_of(client), f"the annotation of {row['document']}"):
        if earlier and earlier["annotation"] in present:
            now = annotation_hash(present[earlier["annotation"]])
            if now not in (earlier["result_hash"], _said_hash(version)):
                return None
            ground_truth = {key: value for key, value in more.items() if key == "ground_truth"}
            client.annotations.update(earlier["annotation"], result=result, was_cancelled=False, **ground_truth)
            return int(earlier["annotation"])
        try:
            with explained(address_of(client), f"the annotation of {row['document']}"):
                created = client.annotations.create(task["id"], result=result, unique_id=row["unique_id"], **more)
            return int(created.id)
        except AlreadySavedError:
            found = unique_ids(client, task["project"]).get(row["unique_id"])
            if found is None:
                raise
            return found


def _result(version: Version) -> list[dict[str, Any]]:
    return result_of(held(version.document, HOLDS, ReadReport()))


def _said_hash(version: Version) -> str:
    return annotation_hash({"result": _result(version), "was_cancelled": False})


def _queued(store: Store, project: str) -> list[dict[str, Any]]:
    return store.rows("SELECT * FROM label_studio_outbox WHERE project = ? ORDER BY id", project)


def _mark(
    store: Store, row: Mapping[str, Any], annotation: int | None, digest: str | None, *, reviewer: str | None = None
) -> None:
    """Delivered. A review's annotation counts as seen from now on, so that the next pull leaves it alone."""
    with store.writing() as database:
        database.execute(
            "UPDATE label_studio_outbox SET delivered = ?, annotation = ?, result_hash = ? WHERE id = ?",
            (utc_now(), annotation, digest, row["id"]),
        )
        if reviewer is not None:
            columns = {"project": row["project"], "document": row["document"], "version": row["version"]}
            columns |= {"annotation": annotation, "reviewer": reviewer, "result_hash": digest}
            database.table("label_studio_annotations").upsert(
                columns | {"updated": None, "deleted": 0}, pk=("project", "annotation")
            )
