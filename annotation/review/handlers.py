"""What the Review tab does when something is pressed: choose a project, list its notes, open one. No layout here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotation.review.dashboard import team_progress
from annotation.review.figures import say_team
from annotation.review.guidance import is_left
from annotation.review.login import LONE_REVIEWER, reviewer_of
from annotation.review.queue import review_queue
from annotation.review.requests import editor_value
from annotation.store import Store
from annotation.store.guidelines import current_guideline
from annotation.store.projects import assign, load_project, progress, project_names
from annotation.store.reviews import DraftKey, last_position
from annotation.store.users import user_names
from odin.errors import InputError

if TYPE_CHECKING:
    import gradio as gr


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


def first_project(store: Store, reviewer: str) -> str | None:
    """Where the reviewer worked last; before that the newest project with notes of theirs, else the newest."""
    last = store.row("SELECT project FROM positions WHERE reviewer = ? ORDER BY time DESC LIMIT 1", reviewer)
    own = store.row(
        "SELECT projects.name AS project FROM projects JOIN assignments ON assignments.project = projects.name "
        "WHERE reviewer = ? ORDER BY projects.created DESC, name LIMIT 1",
        reviewer,
    )
    found = last or own
    return found["project"] if found else next(iter(project_names(store)), None)


def resume(store: Store, project: str, reviewer: str) -> dict[str, Any] | None:
    """The note where the reviewer stopped, unless it is submitted, else the first of the queue; None where none is."""
    position = last_position(store, project, reviewer)
    if position and is_left(store, project, reviewer, position[0]):
        return open_note_value(store, project, position[0], reviewer, selected=position[1])
    return next_note(store, project, reviewer)


def next_note(store: Store, project: str, reviewer: str, after: str | None = None) -> dict[str, Any] | None:
    """The note that follows `after` in the queue, after the last its first; None where no other is left.

    Going on from one half-done note to the next thus passes all of them.
    """
    queue = [queued.document for queued in review_queue(store, project, reviewer)]
    at = queue.index(after) if after in queue else -1
    chosen = next((document for document in queue[at + 1 :] + queue[: max(at, 0)]), None)
    return open_note_value(store, project, chosen, reviewer) if chosen else None


def open_note_value(
    store: Store, project: str, document: str, reviewer: str, *, selected: str | None = None
) -> dict[str, Any]:
    """What the editor shows of that note."""
    return editor_value(store, DraftKey(project, document, reviewer), selected=selected)


def why_next(rows: list[list[str]], document: str) -> str:
    """The line above the editor: which note this is, how many are left, and why it is shown."""
    left = sum(state != "submitted" for _, state, _ in rows)
    state, why = next(((state, reason) for note, state, reason in rows if note == document), ("", ""))
    because = "" if not why else f" · {why}" if state == "submitted" else f" · here because {why}"
    return f"Note {document} · {left} of {len(rows)} left{because}"


def say_progress(store: Store, project: str, reviewer: str) -> str:
    """Mine and the team's progress with an estimate of the time left."""
    return say_team(team_progress(store, project), reviewer)


def at_work(store: Store, project: str | None, request: gr.Request) -> tuple[str, str]:
    """The project and the reviewer of a request. Raises InputError where one of them is not to be had."""
    reviewer = reviewer_of(store, request)
    if not project:
        raise InputError("choose a project first, or create one under New project")
    return load_project(store, project).name, reviewer


def check_may_see_gold(store: Store, project: str, reviewer: str) -> None:
    """Raise InputError while the reviewer has still to submit a note that is gold: it would show the others' work."""
    waiting = store.rows(
        "SELECT DISTINCT versions.document FROM versions JOIN assignments USING (project, document) "
        "LEFT JOIN drafts ON drafts.project = versions.project AND drafts.document = versions.document "
        "AND drafts.reviewer = assignments.reviewer WHERE versions.project = ? AND versions.kind = 'gold' "
        "AND assignments.reviewer = ? AND coalesce(drafts.state, 'open') = 'open'",
        project,
        reviewer,
    )
    if waiting:
        raise InputError(
            f"{len(waiting)} notes are gold that you have not submitted yet (first: {waiting[0]['document']}); "
            "submit them before you look at the gold set"
        )
