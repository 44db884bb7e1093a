"""The guidelines of a project, that is its label set, in versions: what reviewers read."""

from __future__ import annotations

import json
from dataclasses import dataclass

from annotation.store import Store, dump, utc_now
from odin.errors import ConflictError, InputError
from odin.labels import LabelSet


@dataclass(frozen=True)
class Guideline:
    """One version of a project's label set, definitions and decisions."""

    project: str
    number: int
    """1 for the first."""
    labels: LabelSet
    created: str
    created_by: str


def guidelines(store: Store, project: str) -> tuple[Guideline, ...]:
    """Every version, the oldest first. Raises InputError where there is no such project."""
    rows = store.rows("SELECT * FROM guideline_versions WHERE project = ? ORDER BY number", project)
    if not rows:
        raise InputError(f"there is no project {project!r}")
    return tuple(
        Guideline(
            project,
            row["number"],
            LabelSet.from_json(json.loads(row["labels"]), place=f"{project}: guidelines {row['number']}"),
            row["created"],
            row["created_by"],
        )
        for row in rows
    )


def current_guideline(store: Store, project: str) -> Guideline:
    """The newest version."""
    return guidelines(store, project)[-1]


def revise_guideline(store: Store, project: str, labels: LabelSet, by: str, expected_number: int) -> Guideline:
    """Save `labels` as the next version; notes submitted under an older one are marked, not changed.

    Raises ConflictError where `expected_number`, the version that was edited, is not the newest any more, and
    InputError where a label that notes may use would go: labels are added, never taken away.
    """
    with store.writing() as database:
        newest = current_guideline(store, project)
        if newest.number != expected_number:
            raise ConflictError(
                f"{project}: {newest.created_by} saved guidelines {newest.number} at {newest.created} while you edited "
                f"{expected_number}; reload them and enter your changes again"
            )
        for old, new, kind in (
            (newest.labels.entity_labels, labels.entity_labels, "entity"),
            (newest.labels.relation_labels, labels.relation_labels, "relation"),
        ):
            lost = [label for label in old if label not in new]
            if lost:
                raise InputError(f"{project}: the {kind} label {lost[0]!r} is in use and cannot be taken away")
        row = {"project": project, "number": newest.number + 1, "labels": dump(labels.to_json())}
        database.table("guideline_versions").insert(row | {"created": utc_now(), "created_by": by})
    return current_guideline(store, project)
