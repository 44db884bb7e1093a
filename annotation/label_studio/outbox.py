"""Adjudicated gold on its way to Label Studio: queued on disk, delivered as ground-truth annotations, once each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.label_studio import state
from annotation.label_studio.connection import AlreadySavedError, address_of, explained
from annotation.label_studio.pull import annotation_hash
from annotation.store import Store, utc_now
from annotation.versions import Version, gold_versions
from odin.corpora.label_studio_json import HOLDS, result_of
from odin.corpora.loss import held
from odin.schema import ReadReport


@dataclass(frozen=True)
class Delivery:
    """Notes whose gold is there now, and notes whose gold was edited there meanwhile: those stay queued."""

    delivered: tuple[str, ...]
    edited: tuple[str, ...]


def queue_gold(store: Store, project: str) -> int:
    """Queue the newest gold versions that were never queued; how many that are."""
    link, _ = state.linked(store, project)
    known = {row["version"] for row in store.rows("SELECT version FROM label_studio_outbox WHERE project = ?", project)}
    new = [version for version in gold_versions(store, project) if version.id not in known]
    with store.writing() as database:
        for version in new:
            unique_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{link.marker}:gold:{version.id}"))
            row = {"project": project, "document": version.document.id, "version": version.id, "unique_id": unique_id}
            database.table("label_studio_outbox").insert(
                row | {"queued": utc_now(), "delivered": None, "annotation": None}
            )
    return len(new)


def waiting(store: Store, project: str) -> int:
    """How many gold versions wait to be delivered."""
    row = store.row(
        "SELECT count(*) AS count FROM label_studio_outbox WHERE project = ? AND delivered IS NULL", project
    )
    return int(row["count"]) if row else 0


def deliver(store: Store, client: Any, project: str, there: Mapping[str, Mapping[str, Any]]) -> Delivery:
    """Deliver what waits. `there` are the remote tasks by document id.

    A stop between the server's answer and ours is made good by the unique id: the annotation is found there, or its
    second creation is refused as a duplicate, and counts as delivered. Raises LabelStudioError.
    """
    gold = {version.id: version for version in gold_versions(store, project)}
    delivered, edited = [], []
    for row in store.rows("SELECT * FROM label_studio_outbox WHERE project = ? AND delivered IS NULL", project):
        version, task = gold.get(row["version"]), there.get(row["document"])
        if version is None:  # a newer gold version of the note stands in the queue
            _mark(store, row["id"], None, None)
        elif task is not None:
            annotation, raw = _place(store, client, row, version, task)
            if annotation is None:
                edited.append(row["document"])
                continue
            _mark(store, row["id"], annotation, annotation_hash(raw))
            delivered.append(row["document"])
    return Delivery(tuple(delivered), tuple(edited))


def _place(
    store: Store, client: Any, row: Mapping[str, Any], version: Version, task: Mapping[str, Any]
) -> tuple[int | None, dict[str, Any]]:
    """(the annotation's id, what it says now); None where the gold there was edited since we delivered it."""
    result = result_of(held(version.document, HOLDS, ReadReport()))
    said = {"result": result, "was_cancelled": False}
    present = {int(item["id"]): item for item in task.get("annotations") or ()}
    for number, item in present.items():
        if item.get("unique_id") == row["unique_id"]:
            return number, said
    earlier = store.row(
        "SELECT annotation, result_hash FROM label_studio_outbox WHERE project = ? AND document = ? "
        "AND annotation IS NOT NULL ORDER BY id DESC",
        row["project"],
        row["document"],
    )
    with explained(address_of(client), f"the gold of {row['document']}"):
        if earlier and earlier["annotation"] in present:
            if annotation_hash(present[earlier["annotation"]]) != earlier["result_hash"]:
                return None, said
            client.annotations.update(earlier["annotation"], result=result, ground_truth=True)
            return int(earlier["annotation"]), said
        try:
            with explained(address_of(client), f"the gold of {row['document']}"):
                created = client.annotations.create(
                    task["id"], result=result, ground_truth=True, unique_id=row["unique_id"]
                )
            return int(created.id), said
        except AlreadySavedError:
            for item in client.annotations.list(task["id"]):
                if item.unique_id == row["unique_id"]:
                    return int(item.id), said
            raise


def _mark(store: Store, row: int, annotation: int | None, result_hash: str | None) -> None:
    with store.writing() as database:
        database.execute(
            "UPDATE label_studio_outbox SET delivered = ?, annotation = ?, result_hash = ? WHERE id = ?",
            (utc_now(), annotation, result_hash, row),
        )
