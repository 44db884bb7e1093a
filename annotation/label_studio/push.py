"""Push: the project with its configuration, every note as a task, suggestions as predictions. Twice is like once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from annotation.label_studio import state
from annotation.label_studio.configuration import instructions, labelling_configuration
from annotation.label_studio.connection import LabelStudioError, address_of, explained
from annotation.projects import Project, blind_documents, load_project, project_documents, suggestions
from annotation.store import Store
from odin.corpora.label_studio_json import HOLDS, result_of, task_data
from odin.corpora.loss import held
from odin.errors import AnnotationError
from odin.labels import LabelSet
from odin.schema import Document, ReadReport

CHUNK = 100
"""Tasks a request; a request is done whole or not at all."""
OVERLAP = 2
"""Annotators a task."""


@dataclass(frozen=True)
class PushPlan:
    """What a push would do."""

    create_project: bool
    new: tuple[str, ...]
    """Notes without a task."""
    changed: tuple[str, ...]
    """Notes whose suggestions changed since they were sent."""
    report: ReadReport
    """What of the suggestions Label Studio cannot hold; it stays with us."""

    @property
    def nothing(self) -> bool:
        """True where both sides have the same."""
        return not (self.create_project or self.new or self.changed)


def plan_push(store: Store, client: Any, project: str) -> PushPlan:
    """Compare both sides. Raises LabelStudioError, and AnnotationError where a note cannot be sent."""
    loaded, report = load_project(store, project), ReadReport()
    outgoing = _outgoing(store, loaded, report)
    remote = find_remote(store, client, project)
    there = remote_tasks(client, remote) if remote is not None else {}
    sent = state.sent_tasks(store, project)
    hashes = {document.id: _hash(document) for document in outgoing}
    return PushPlan(
        create_project=remote is None,
        new=tuple(document.id for document in outgoing if document.id not in there),
        changed=tuple(x for x in hashes if x in there and x in sent and sent[x].hash != hashes[x]),
        report=report,
    )


def push(store: Store, client: Any, project: str, *, progress: Callable[[int, int], None] | None = None) -> PushPlan:
    """Do what `plan_push` says; what was done. An interrupted push is completed by the next one, nothing is doubled."""
    loaded = load_project(store, project)
    plan = plan_push(store, client, project)
    remote = _ensure_remote(store, client, loaded)
    outgoing = {document.id: document for document in _outgoing(store, loaded, ReadReport())}
    names = _suggestion_names(store, project)
    for start in range(0, len(plan.new), CHUNK):
        chunk = [outgoing[name] for name in plan.new[start : start + CHUNK]]
        with explained(address_of(client), f"the notes of {project}"):
            client.projects.import_tasks(remote, request=[_task(x, names.get(x.id)) for x in chunk])
        if progress:
            progress(start + len(chunk), len(plan.new))
    there = remote_tasks(client, remote)
    _push_changed(client, plan, outgoing, there, names)
    known = state.sent_tasks(store, project)
    # A task that an interrupted push left is taken as sent with today's suggestions: they were its only source.
    record = [
        (document, there[name]["id"], _hash(document))
        for name, document in outgoing.items()
        if name in there and (name not in known or name in plan.changed or known[name].task != there[name]["id"])
    ]
    if record:
        state.record_sent(store, project, record)
    state.set_synced(store, project)
    return plan


def find_remote(store: Store, client: Any, project: str) -> int | None:
    """The id of the project there, also of one whose creation we never heard of. None where there is none.

    Raises MissingError where it was deleted there.
    """
    link = state.start_link(store, project, address_of(client))
    with explained(link.url, f"the project {project}"):
        if link.remote is not None:
            return int(client.projects.get(link.remote).id)
        for found in client.projects.list(page_size=100):
            if link.marker in (found.description or ""):
                state.set_remote(store, project, found.id)
                return int(found.id)
    return None


def remote_tasks(client: Any, remote: int) -> dict[str, dict[str, Any]]:
    """The tasks there with their annotations, by our document id: one request. Raises LabelStudioError."""
    tasks: dict[str, dict[str, Any]] = {}
    for task in export(client, remote):
        name = str((task.get("data") or {}).get("doc_id") or "")
        if name and (name not in tasks or task["id"] < tasks[name]["id"]):
            tasks[name] = task
    return tasks


def export(client: Any, remote: int) -> list[dict[str, Any]]:
    """Every task with its annotations, as Label Studio's JSON export: one request."""
    import json

    with explained(address_of(client), f"project {remote}"):
        data = b"".join(client.projects.exports.download_sync(remote, export_type="JSON", download_all_tasks=True))
        tasks = json.loads(data)
    if not isinstance(tasks, list):
        raise LabelStudioError(f"{address_of(client)}: the export of project {remote} is not a list of tasks")
    return tasks


def _ensure_remote(store: Store, client: Any, project: Project) -> int:
    remote = find_remote(store, client, project.name)
    link = state.start_link(store, project.name, address_of(client))
    with explained(link.url, f"the project {project.name}"):
        wanted = {
            "label_config": labelling_configuration(project.labels),
            "expert_instruction": instructions(project.labels),
        }
        if remote is None:
            created = client.projects.create(
                title=f"Odin {project.name}"[:50],
                description=f"Notes of the Odin project {project.name}. Do not edit this line: {link.marker}",
                maximum_annotations=OVERLAP,
                show_collab_predictions=True,
                show_instruction=True,
                **wanted,
            )
            remote = int(created.id)
        elif client.projects.get(remote).expert_instruction != wanted["expert_instruction"]:
            client.projects.update(remote, **wanted)
    state.set_remote(store, project.name, remote)
    return remote


def _push_changed(
    client: Any,
    plan: PushPlan,
    outgoing: Mapping[str, Document],
    there: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
) -> None:
    for name in plan.changed:
        with explained(address_of(client), f"the suggestions for {name}"):
            if name in names:
                document = outgoing[name]
                client.predictions.create(task=there[name]["id"], **_prediction(document, names[name]))


def _outgoing(store: Store, project: Project, report: ReadReport) -> list[Document]:
    """The notes with the suggestions to send, checked; blind ones bare."""
    suggested, blind = suggestions(store, project.name), blind_documents(store, project.name)
    out = []
    for note in project_documents(store, project.name):
        document = note if note.id in blind else suggested.get(note.id, note)
        check_labels(document, project.labels)
        held(document, HOLDS, report)
        out.append(document)
    return out


def check_labels(document: Document, labels: LabelSet) -> None:
    """Raise AnnotationError where the labelling configuration could not show an annotation.

    Offsets, ends of relations and repeated mentions are right in every Document.
    """
    for entity in document.entities:
        if entity.label not in labels.entity_labels:
            raise AnnotationError(f"document {document.id}: entity {entity.id}: {labels.name} has no {entity.label!r}")
    for relation in document.relations:
        if relation.label not in labels.relation_labels:
            raise AnnotationError(
                f"document {document.id}: relation {relation.id}: {labels.name} has no {relation.label!r}"
            )


def _task(document: Document, model: str | None) -> dict[str, Any]:
    task: dict[str, Any] = {"data": task_data(document)}
    if model is not None and document.entities:
        task["predictions"] = [_prediction(document, model)]
    return task


def _prediction(document: Document, model: str) -> dict[str, Any]:
    scores = [entity.score for entity in document.entities if entity.score is not None]
    score = {"score": sum(scores) / len(scores)} if scores else {}
    return {**score, "model_version": model, "result": result_of(document, origin="prediction", scores=True)}


def _hash(document: Document) -> str:
    return state.result_hash(result_of(document, scores=True))


def _suggestion_names(store: Store, project: str) -> dict[str, str]:
    rows = store.rows("SELECT document, name FROM suggestions WHERE project = ?", project)
    return {row["document"]: row["name"] for row in rows}
