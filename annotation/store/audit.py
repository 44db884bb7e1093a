"""The audit trail and the comments: who did what to which note, when, and what it was before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.store import Store
from odin.schema import Document


@dataclass(frozen=True)
class Action:
    """One line of the audit trail."""

    project: str
    document: str
    reviewer: str
    version: int
    """Of the reviewer's draft, after the action."""
    time: str
    kind: str
    """edit, undo, redo, submit, reopen, or restart: the merged note made anew from the adjudicator's decisions."""
    edit: Mapping[str, Any] | None = field(default=None, hash=False)
    """The edit's JSON form."""
    before: Mapping[str, Any] | None = field(default=None, hash=False)
    """The annotations that went or changed, as they were."""
    after: Mapping[str, Any] | None = field(default=None, hash=False)
    """The annotations that came or changed, as they are."""


@dataclass(frozen=True)
class Remark:
    """A comment or a doubt that a reviewer left for the adjudicator."""

    document: str
    reviewer: str
    target: str | None
    """An entity or relation id; None for the whole note."""
    comment: str
    unsure: bool


def actions(store: Store, project: str, *, document: str | None = None, reviewer: str | None = None) -> list[Action]:
    """The audit trail, in the order of the actions."""
    wanted = {"document": document, "reviewer": reviewer}
    chosen = {column: value for column, value in wanted.items() if value is not None}
    where = "".join(f" AND {column} = ?" for column in chosen)
    rows = store.rows(
        "SELECT project, document, reviewer, version, time, kind, edit, before, after FROM actions "
        f"WHERE project = ?{where} ORDER BY id",
        project,
        *chosen.values(),
    )
    parsed = ("edit", "before", "after")
    return [
        Action(**{key: json.loads(value) if key in parsed and value else value for key, value in row.items()})
        for row in rows
    ]


def remarks_on(document: Document, reviewer: str) -> list[Remark]:
    """The comments and doubts that stand on one version."""
    places: list[tuple[str | None, Mapping[str, Any]]] = [(None, document.meta)]
    places += [(entity.id, entity.attributes) for entity in document.entities]
    places += [(relation.id, relation.attributes) for relation in document.relations]
    return [
        Remark(document.id, reviewer, target, str(marks.get("comment", "")), bool(marks.get("unsure")))
        for target, marks in places
        if marks.get("comment") or marks.get("unsure")
    ]
