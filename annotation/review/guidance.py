"""What the editor shows where it has no note: what to do next, and the button that leads there."""

from __future__ import annotations

from typing import Any

from annotation.agreement.adjudication_requests import notes_to_adjudicate
from annotation.review.queue import review_queue
from annotation.store import Store
from annotation.store.projects import project_documents

NOTES, ADJUDICATE, FIGURES, GUIDELINES, NEW = "notes", "adjudicate", "figures", "guidelines", "new"
"""The places of the Review tab that a button can lead to."""


def no_project() -> dict[str, Any]:
    """Where the store has no project yet."""
    return _guidance(
        "There is no project yet",
        "A project is a set of notes for one or more reviewers. Take your own files, a corpus, or synthetic notes; "
        "they stay on this machine.",
        ("Make a project", NEW),
    )


def no_note(store: Store, project: str, reviewer: str) -> dict[str, Any]:
    """Where nothing of the project is left for that reviewer: why, and what comes next."""
    assigned = store.row(
        "SELECT count(*) AS notes FROM assignments WHERE project = ? AND reviewer = ?", project, reviewer
    )
    mine = assigned["notes"] if assigned else 0
    if not project_documents(store, project):
        return _guidance("This project has no notes", "Make another one with notes in it.", ("Make a project", NEW))
    if not mine:
        words = f"Nobody has assigned a note of this project to {reviewer}. Choose another project above, or make one."
        return _guidance("No note here is yours", words, ("Make a project", NEW))
    done = "To look at a note again, choose it in the list below; it can be reopened."
    if notes_to_adjudicate(store, project):
        words = f"Two people have reviewed some notes: what they see differently is to be decided now. {done}"
        return _guidance(_all_done(mine), words, ("Adjudicate", ADJUDICATE))
    return _guidance(_all_done(mine), f"The others may still be at work. {done}", ("See the figures", FIGURES))


def is_left(store: Store, project: str, reviewer: str, document: str) -> bool:
    """True where the reviewer has still to submit that note."""
    return any(queued.document == document for queued in review_queue(store, project, reviewer))


def _all_done(mine: int) -> str:
    return "Your note is submitted" if mine == 1 else f"All your {mine} notes are submitted"


def _guidance(title: str, words: str, button: tuple[str, str]) -> dict[str, Any]:
    return {"guidance": {"title": title, "words": words, "button": button[0], "go": button[1]}}
