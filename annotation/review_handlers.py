"""What the Review tab does when something is pressed: choose a project, list its notes, open one. No layout here."""

from __future__ import annotations

from typing import Any

from annotation.guidelines import current_guideline
from annotation.projects import assign, load_project, progress, project_documents
from annotation.queue import review_queue
from annotation.review_requests import editor_value
from annotation.reviews import DraftKey, last_position
from annotation.store import Store
from annotation.users import user_names
from odin.errors import InputError

LONE_REVIEWER = "me"
"""Who reviews where nobody logs in: one person on their own machine."""


def reviewer_of(username: str | None) -> str:
    """The reviewer's name: who logged in, or the one person in the mode without accounts."""
    return username or LONE_REVIEWER


def note_rows(store: Store, project: str, reviewer: str) -> list[list[str]]:
    """The reviewer's notes as (note, state, why): those to do in the order of the queue, then the submitted ones."""
    queue = review_queue(store, project, reviewer)
    todo = [[queued.document, "begun" if queued.started else "to do", queued.reason] for queued in queue]
    newest = current_guideline(store, project).number
    done = store.rows(
        "SELECT document, max(guideline) AS guideline FROM versions WHERE project = ? AND reviewer = ? "
        "AND kind = 'submitted' GROUP BY document ORDER BY document",
        project,
        reviewer,
    )
    waiting = {queued.document for queued in queue}
    for row in done:
        if row["document"] not in waiting:
            older = f"reviewed under guidelines {row['guideline']}, now {newest}" if row["guideline"] < newest else ""
            todo.append([row["document"], "submitted", older])
    return todo


def enter_project(store: Store, project: str, reviewer: str) -> None:
    """Let the lone reviewer into a project that nobody is assigned to. Raises InputError where there is no project."""
    load_project(store, project)
    if reviewer == LONE_REVIEWER and not user_names(store) and not progress(store, project):
        assign(store, project, [reviewer], overlap=1)


def resume(store: Store, project: str, reviewer: str) -> dict[str, Any] | None:
    """The note where the reviewer stopped, else the first of the queue; None where nothing is left or assigned."""
    position = last_position(store, project, reviewer)
    if position:
        return open_note_value(store, project, position[0], reviewer, selected=position[1])
    return next_note(store, project, reviewer)


def next_note(store: Store, project: str, reviewer: str, after: str | None = None) -> dict[str, Any] | None:
    """The next note of the queue that is not `after`; None where none is left."""
    queue = [queued.document for queued in review_queue(store, project, reviewer)]
    chosen = next((document for document in queue if document != after), None)
    return open_note_value(store, project, chosen, reviewer) if chosen else None


def open_note_value(
    store: Store, project: str, document: str, reviewer: str, *, selected: str | None = None
) -> dict[str, Any]:
    """What the editor shows of that note."""
    return editor_value(store, DraftKey(project, document, reviewer), selected=selected)


def why_next(rows: list[list[str]], document: str) -> str:
    """The line above the editor: which note this is, how many are left, and why it is shown."""
    left = sum(state != "submitted" for _, state, _ in rows)
    why = next((reason for note, _, reason in rows if note == document), "")
    return f"Note {document} · {left} of {len(rows)} left" + (f" · here because {why}" if why else "")


def say_progress(store: Store, project: str, reviewer: str) -> str:
    """Mine and the team's progress with an estimate of the time left."""
    everybody = progress(store, project)
    mine = next((one for one in everybody if one.reviewer == reviewer), None)
    parts = []
    if mine:
        parts.append(f"Mine: {mine.submitted} of {mine.assigned} submitted")
        if mine.seconds_left is not None:
            parts.append(f"about {_minutes(mine.seconds_left)} left")
    submitted, assigned = sum(p.submitted for p in everybody), sum(p.assigned for p in everybody)
    parts.append(f"Team: {submitted} of {assigned}")
    return " · ".join(parts)


def check_project(store: Store, project: str | None) -> str:
    """The project's name. Raises InputError where none is chosen."""
    if not project:
        raise InputError("choose a project first, or create one under New project")
    return load_project(store, project).name


def note_count(store: Store, project: str) -> int:
    """How many notes the project has."""
    return len(project_documents(store, project))


def _minutes(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )
