"""What people do on either side: projects and reviews here, annotations in Label Studio; and what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markup import document
from review_labels import CLINICAL
from server import TOKENS

from annotation.editing import edits as e
from annotation.label_studio.push import export, remote_tasks
from annotation.label_studio.state import linked
from annotation.store import Store
from annotation.store.projects import ProjectSettings, assign, create_project
from annotation.store.reviews import DraftKey, apply, open_note
from annotation.store.versions import Version, reopen, submit
from odin.corpora.label_studio_json import result_of
from odin.schema import Document, Entity, Provenance, Relation

ANN, BEN = TOKENS
NOTE = document("[Aspirin](Drug) for [headache](Symptom).", ("treats", "Aspirin", "headache"), id="n0")
BARE = Document("n0", NOTE.text)
DRUG, SYMPTOM = e.AddEntity("Drug", 0, 7), e.AddEntity("Symptom", 12, 20)
"""What NOTE says, as edits of BARE."""
RICH = Document(
    "n1",
    "😀 [x]\r\nAspirin treats bad headache, pain in left and right knee. No fever from flu.",
    (
        Entity("T1", "Drug", 7, 14, concept="RXNORM:1191", score=0.98, provenance=Provenance("model", "odin-mini@1")),
        Entity("T2", "Symptom", 22, 34, score=0.75),
        Entity("T3", "Symptom", 26, 34),
        Entity("T4", "Symptom", 36, 61, ((36, 48), (57, 61))),
        Entity("T5", "Symptom", 66, 71, assertion="negated", cue=(63, 65)),
        Entity("T6", "Disease", 77, 80),
        Entity("T7", "Symptom", 30, 40),
    ),
    (
        Relation("R1", "treats", "T1", "T2", score=0.5),
        Relation("R2", "causes", "T6", "T5", attributes={"negated": True}),
    ),
)
"""Emoji, CRLF, nested, crossing and discontinuous mentions."""


def project(
    store: Store, name: str, notes: Sequence[Document], reviewers: Sequence[str] = (ANN, BEN), **settings: Any
) -> None:
    """A project whose every note is for every reviewer."""
    create_project(store, name, CLINICAL, notes, created_by="ann", settings=ProjectSettings(**settings))
    assign(store, name, reviewers, overlap=len(reviewers))


def review(store: Store, name: str, note: str, reviewer: str, *edits: e.Edit) -> Version:
    """A note edited and submitted here, again where it was before."""
    key = DraftKey(name, note, reviewer)
    draft = open_note(store, key)
    if draft.submitted:
        draft = reopen(store, key, draft.version)
    for edit in edits:
        draft = apply(store, key, edit, draft.version)
    return submit(store, key, draft.version)


def annotate(client: Any, store: Store, name: str, note: Document, **more: Any) -> int:
    """An annotation of the client's user in Label Studio; its id."""
    task = remote_tasks(client, linked(store, name)[1])[note.id]["id"]
    return int(client.annotations.create(task, result=result_of(note), **more).id)


def annotations(client: Any, store: Store, name: str) -> dict[tuple[str, int], list[list[str]]]:
    """The labels of every annotation there, by note and account."""
    out: dict[tuple[str, int], list[list[str]]] = {}
    for task in export(client, linked(store, name)[1]):
        for item in task["annotations"]:
            labels = [region["value"]["labels"][0] for region in item["result"] if region["type"] == "labels"]
            out.setdefault((task["data"]["doc_id"], item["completed_by"]), []).append(labels)
    return out


def counts(client: Any, store: Store, name: str) -> tuple[int, int, int]:
    """How many tasks, predictions and annotations there are."""
    tasks = export(client, linked(store, name)[1])
    predictions = sum(task["total_predictions"] for task in tasks)
    return len(tasks), predictions, sum(len(task["annotations"]) for task in tasks)


def copies(note: Document, count: int) -> list[Document]:
    """The note again and again, as n0, n1, ..."""
    return [replace(note, id=f"n{number}") for number in range(count)]
