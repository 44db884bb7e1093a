"""The Adjudicate part of the Review tab: differences, the merged note to correct, notes that one person reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from annotation.agreement import adjudication_requests as requests
from annotation.agreement.adjudication import is_correcting
from annotation.components.adjudication import adjudication
from annotation.components.annotation_editor import annotation_editor
from annotation.components.listeners import HIDDEN
from annotation.review.handlers import at_work
from annotation.review.requests import answer, editor_value
from annotation.services import shows_errors
from annotation.store import Store
from annotation.store.reviews import DraftKey


@dataclass(frozen=True)
class SinglePart:
    """The notes that only one person reviewed, to be taken as they are."""

    notes: gr.Textbox
    reason: gr.Textbox
    promote: gr.Button


def adjudication_panel(store: Store, project: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay the panel out and wire it to the Review tab's choice of project."""
    with gr.Row(elem_classes="odin-moves"):
        note = gr.Dropdown([], label="Note with two versions or more", scale=4, elem_id="adjudication-note")
        refresh = gr.Button("Look for notes", scale=0, min_width=190)
    desk, editor = _lay_out_desk(store)
    single = _lay_out_single()

    @shows_errors
    def look(chosen: str | None, seen: str | None, request: gr.Request) -> tuple[Any, str]:
        if not chosen:
            return gr.update(choices=[], value=None), ""
        name, reviewer = at_work(store, chosen, request)
        notes = requests.notes_to_adjudicate(store, name)
        known = [one.document for one in notes]
        alone = ", ".join(version.document.id for version in requests.single_notes(store, name, reviewer))
        chosen_note = seen if seen in known else next(iter(known), None)
        return gr.update(choices=[(one.words, one.document) for one in notes], value=chosen_note), alone or "none"

    @shows_errors
    def following(chosen: str, request: gr.Request) -> tuple[Any, str]:
        return look(chosen, None, request)

    @shows_errors
    def show(chosen: str | None, seen: str | None, request: gr.Request) -> tuple[Any, Any]:
        if not chosen or not seen:
            return None, None
        name, reviewer = at_work(store, chosen, request)
        key = DraftKey(name, seen, reviewer)
        merged = editor_value(store, key.gold) if is_correcting(store, key) else None
        return requests.adjudication_value(store, key), merged

    @shows_errors
    def made_gold(chosen: str, seen: str, request: gr.Request) -> tuple[Any, ...]:
        return (*look(chosen, seen, request), show(chosen, seen, request)[0])

    listed = [note, single.notes]
    for event in (refresh.click, tab.select):
        event(look, [project, note], listed, **HIDDEN)
    for event in (project.change, desk.finished, editor.onward):
        event(following, project, listed, **HIDDEN)
    for event in (note.change, desk.correct):
        event(show, [project, note], [desk, editor], **HIDDEN)
    editor.submitted(made_gold, [project, note], [*listed, desk], **HIDDEN)
    _wire_single(store, project, single)


def _lay_out_desk(store: Store) -> tuple[gr.HTML, gr.HTML]:
    """The differences, and the editor for the note that the decisions make; each calls a function named "act"."""

    def desk() -> gr.HTML:
        def act(request: Any) -> dict[str, Any]:
            return requests.answer_adjudication(store, request)

        return adjudication(act, elem_id="adjudication")

    def act(request: Any) -> dict[str, Any]:
        return answer(store, request)

    return desk(), annotation_editor(act, elem_id="gold-editor", label="The merged note")


def _lay_out_single() -> SinglePart:
    with gr.Accordion("Notes that one person reviewed", open=False):
        notes = gr.Textbox(label="Without gold", interactive=False, elem_id="single-notes")
        with gr.Row(elem_classes="odin-moves"):
            reason = gr.Textbox(label="Why one review is enough", scale=4, elem_id="single-reason")
            promote = gr.Button("Take them as gold", scale=0, min_width=170)
    return SinglePart(notes, reason, promote)


def _wire_single(store: Store, project: gr.Dropdown, single: SinglePart) -> None:
    @shows_errors
    def promote(chosen: str, reason: str, request: gr.Request) -> tuple[str, str]:
        name, reviewer = at_work(store, chosen, request)
        count = requests.promote_single(store, name, reviewer, reason or "")
        return f"{count} notes are gold now", ""

    single.promote.click(promote, [project, single.reason], [single.notes, single.reason], **HIDDEN)
