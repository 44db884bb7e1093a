"""Push: the project with its configuration, every note as a task, suggestions as predictions. Twice is like once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from filelock import FileLock, Timeout

from annotation.label_studio import Progress, state
from annotation.label_studio.configuration import instructions, labelling_configuration
from annotation.label_studio.connection import LabelStudioError, address_of, explained
from annotation.store import Store
from annotation.store.projects import Project, blind_documents, load_project, project_documents, suggestions
from odin.corpora.label_studio_json import HOLDS, result_of, task_data
from odin.corpora.loss import held
from odin.errors import AnnotationError
from odin.labels import LabelSet
from odin.schema import Document, ReadReport

CHUNK = 100
"""Tasks a request; a request is done whole or not at all."""
OVERLAP = 2
"""Annotators a task."""
WAIT_SECONDS = 300
"""How long a push waits for another one of the same project."""


@dataclass(frozen=True)
class PushPlan:
    """What a push would do."""

    create_project: bool = False
    configure: bool = False
    """Whether the guidelines changed since the project there was configured."""
    new: tuple[str, ...] = ()
    """Notes without a task."""
    changed: tuple[str, ...] = ()
    """Notes whose suggestions changed since they were sent, or were sent by a push that was interrupted."""
    report: ReadReport = field(default_factory=ReadReport)
    """What of the suggestions Label Studio cannot hold; it stays with us."""

    @property
    def nothing(self) -> bool:
        """True where both sides have the same."""
        return not (self.create_project or self.configure or self.new or self.changed)


def plan_push(store: Store, client: Any, project: str) -> PushPlan:
    """Compare both sides. Raises LabelStudioError, and AnnotationError where a note cannot be sent."""
    loaded, report = load_project(store, project), ReadReport()
    outgoing, model = _outgoing(store, loaded, report), suggestion_source(store, project)
    remote = find_remote(store, client, project)
    there = remote_tasks(client, remote.id) if remote is not None else {}
    sent = state.sent_tasks(store, project)
    old = [
        document.id
        for document in outgoing
        if document.id in there
        and (sent[document.id].hash != _hash(document, model) if document.id in sent else document.entities)
    ]
    return PushPlan(
        create_project=remote is None,
        configure=remote is not None and remote.expert_instruction != instructions(loaded.labels),
        new=tuple(document.id for document in outgoing if document.id not in there),
        changed=tuple(old),
        report=report,
    )


def push(store: Store, client: Any, project: str, *, progress: Progress | None = None) -> PushPlan:
    """Do what `plan_push` says; what was done. An interrupted push is completed by the next one, nothing is doubled.

    Pushes of one project at the same time, from the page and the command line, are made one after the other.
    """
    with _only_push(store, project, progress):
        return _push(store, client, project, progress)


def _push(store: Store, client: Any, project: str, progress: Progress | None) -> PushPlan:
    loaded, model = load_project(store, project), suggestion_source(store, project)
    if progress:
        progress("comparing notes", 0, 0)
    plan = plan_push(store, client, project)
    remote = _ensure_remote(store, client, loaded, plan)
    outgoing = {document.id: document for document in _outgoing(store, loaded, ReadReport())}
    for chunk in _chunks(plan.new, "notes sent", progress):
        with explained(address_of(client), f"the notes of {project}"):
            client.projects.import_tasks(remote, request=[_task(outgoing[name], model) for name in chunk])
    there = remote_tasks(client, remote)
    for chunk in _chunks(plan.changed, "new suggestions sent", progress):
        tasks = {there[name]["id"]: outgoing[name] for name in chunk}
        with explained(address_of(client), f"the suggestions of {project}"):
            _replace_predictions(client, remote, tasks, model)
    if not plan.nothing and any(document.entities for document in outgoing.values()):
        with explained(address_of(client), f"the suggestions of {project}"):
            client.projects.update(remote, model_version=model)  # those of another version are not shown there
    known = state.sent_tasks(store, project)
    record = [
        (document, there[name]["id"], _hash(document, model))
        for name, document in outgoing.items()
        if name in there and (name not in known or name in plan.changed or known[name].task != there[name]["id"])
    ]
    if record:
        state.record_sent(store, project, record)
    state.set_synced(store, project)
    return plan


def find_remote(store: Store, client: Any, project: str) -> Any:
    """The project there (the SDK's object), also one whose creation we never heard of. None where there is none.

    Raises MissingError where it was deleted there.
    """
    link = state.start_link(store, project, address_of(client))
    with explained(link.url, f"the project {project}"):
        if link.remote is not None:
            return client.projects.get(link.remote)
        for found in client.projects.list(page_size=100):
            if link.marker in (found.description or ""):
                state.set_remote(store, project, found.id)
                return found
    return None


def remote_tasks(client: Any, remote: int) -> dict[str, dict[str, Any]]:
    """The tasks there with their annotations, by our document id: one request. Raises LabelStudioError."""
    tasks: dict[str, dict[str, Any]] = {}
    for task in export(client, remote):
        name = str((task.get("data") or {}).get("doc_id") or "")
        if name and (name not in tasks or task["id"] < tasks[name]["id"]):
            tasks[name] = task
    return tasks


def unique_ids(client: Any, remote: int) -> dict[str, int]:
    """The annotations there by the unique ids that were given them; only the export tells those."""
    annotations = (item for task in export(client, remote) for item in task.get("annotations") or ())
    return {str(item["unique_id"]): int(item["id"]) for item in annotations if item.get("unique_id")}


def export(client: Any, remote: int) -> list[dict[str, Any]]:
    """Every task with its annotations, as Label Studio's JSON export: one request."""
    import json

    with explained(address_of(client), f"project {remote}"):
        data = b"".join(client.projects.exports.download_sync(remote, export_type="JSON", download_all_tasks=True))
        tasks = json.loads(data)
    if not isinstance(tasks, list):
        raise LabelStudioError(f"{address_of(client)}: the export of project {remote} is not a list of tasks")
    return tasks


@contextmanager
def _only_push(store: Store, project: str, progress: Progress | None) -> Iterator[None]:
    """Wait until no other process pushes the project. The lock goes with its process, however that ends."""
    name = hashlib.sha256(project.encode()).hexdigest()[:16]
    lock = FileLock(store.path.with_name(f"{store.path.name}.push-{name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if progress:
            progress("waiting for another push", 0, 0)
        try:
            lock.acquire(timeout=WAIT_SECONDS)
        except Timeout as err:
            raise LabelStudioError(f"{project}: another push is still running; push again when it is done") from err
    try:
        yield
    finally:
        lock.release()


def _ensure_remote(store: Store, client: Any, project: Project, plan: PushPlan) -> int:
    """The id of the project there, made or configured as the plan says."""
    link = state.start_link(store, project.name, address_of(client))
    wanted = {
        "label_config": labelling_configuration(project.labels),
        "expert_instruction": instructions(project.labels),
    }
    with explained(link.url, f"the project {project.name}"):
        if link.remote is None:
            created = client.projects.create(
                title=f"Odin {project.name}"[:50],
                description=f"Notes of the Odin project {project.name}. Do not edit this line: {link.marker}",
                maximum_annotations=OVERLAP,
                show_collab_predictions=True,
                show_instruction=True,
                **wanted,
            )
            state.set_remote(store, project.name, created.id)
            return int(created.id)
        if plan.configure:
            client.projects.update(link.remote, **wanted)
    return link.remote


def _chunks(names: Sequence[str], step: str, progress: Progress | None) -> Iterator[Sequence[str]]:
    """The names, CHUNK at a time; `progress` hears of those that are done."""
    for start in range(0, len(names), CHUNK):
        yield names[start : start + CHUNK]
        if progress:
            progress(step, min(start + CHUNK, len(names)), len(names))


def _replace_predictions(client: Any, remote: int, tasks: Mapping[int, Document], model: str) -> None:
    """Where this is interrupted, the tasks have no predictions until the next push, which does it again."""
    selected = {"all": False, "included": list(tasks)}
    client.actions.create(id="delete_tasks_predictions", project=remote, selected_items=selected)
    new = [{"task": task, **_prediction(document, model)} for task, document in tasks.items() if document.entities]
    if new:
        client.projects.import_predictions(remote, request=new)


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


def _task(document: Document, model: str) -> dict[str, Any]:
    task: dict[str, Any] = {"data": task_data(document)}
    if document.entities:
        task["predictions"] = [_prediction(document, model)]
    return task


def _prediction(document: Document, model: str) -> dict[str, Any]:
    scores = [entity.score for entity in document.entities if entity.score is not None]
    score = {"score": sum(scores) / len(scores)} if scores else {}
    return {**score, "model_version": model, "result": result_of(document, origin="prediction", scores=True)}


def _hash(document: Document, model: str) -> str:
    result = result_of(document, scores=True)
    return state.result_hash([model, result] if result else result)


def suggestion_source(store: Store, project: str) -> str:
    """What made the project's suggestions: the model version of its predictions.

    Label Studio shows the predictions of one version at a time, so there is one name even for several sources.
    """
    rows = store.rows("SELECT DISTINCT name FROM suggestions WHERE project = ? ORDER BY name", project)
    return ", ".join(row["name"] for row in rows)
