"""The Review tab: projects of notes, the editor, adjudication, figures, guidelines, new projects."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.adjudication_page import adjudication_panel
from annotation.components.figures_page import figures_panel
from annotation.components.guidelines_page import guidelines_panel
from annotation.components.label_studio_page import label_studio_panel
from annotation.components.listeners import HIDDEN
from annotation.components.notes_list import notes_value
from annotation.components.project_page import project_panel
from annotation.components.review_page import ReviewPart, lay_out_review
from annotation.review import guidance as guide_to
from annotation.review import handlers
from annotation.review.guideline_requests import guide_of
from annotation.review.login import reviewer_of, say_reviewer
from annotation.review.requests import answer
from annotation.services import Services, shows_errors
from annotation.store import Store, default_store_path, open_store
from annotation.store.guidelines import current_guideline
from annotation.store.projects import project_names
from odin.errors import OdinError

TITLE = "Review"


def build(services: Services) -> None:
    """Lay out the tab and wire it."""
    store = open_store(default_store_path())

    def act(request: Any) -> dict[str, Any]:
        return answer(store, request)

    who = gr.Markdown(elem_id="review-who", elem_classes="odin-quiet")
    with gr.Row(elem_classes="odin-moves"):
        project = gr.Dropdown([], label="Project", scale=4, elem_id="review-project")
        refresh = gr.Button("Refresh", scale=0, min_width=110)
    with gr.Tabs() as places:
        with gr.Tab("Notes", id=guide_to.NOTES):
            review = lay_out_review(act)
        with gr.Tab("Adjudicate", id=guide_to.ADJUDICATE) as tab:
            adjudication_panel(store, project, tab)
        with gr.Tab("Figures and gold", id=guide_to.FIGURES) as tab:
            figures_panel(store, project, tab)
        with gr.Tab("Label Studio", id="label_studio"):
            label_studio_panel(store, project)
        with gr.Tab("Guidelines", id=guide_to.GUIDELINES) as tab:
            guidelines_panel(store, project, tab, review.guide)
        with gr.Tab("New project", id=guide_to.NEW):
            project_panel(services, store, project)
    _wire_projects(store, who, project, refresh, review)
    _wire_notes(store, project, review)
    _wire_guidance(store, review, places)


def _wire_projects(
    store: Store, who: gr.Markdown, project: gr.Dropdown, refresh: gr.Button, review: ReviewPart
) -> None:
    def names(chosen: str | None, request: gr.Request) -> tuple[str, Any]:
        try:
            reviewer = reviewer_of(store, request)
        except OdinError as err:
            return str(err), gr.update(choices=[], value=None)
        known = list(project_names(store))
        chosen = chosen if chosen in known else handlers.first_project(store, reviewer)
        return say_reviewer(store, reviewer), gr.update(choices=known, value=chosen)

    @shows_errors
    def enter(chosen: str | None, request: gr.Request) -> tuple[Any, ...]:
        if not chosen:
            return guide_to.no_project(), "", "", notes_value([], None), None
        name, reviewer = handlers.at_work(store, chosen, request)
        handlers.enter_project(store, name, reviewer)
        guide = guide_of(current_guideline(store, name))
        return (*_opened(store, name, reviewer, handlers.resume(store, name, reviewer)), guide)

    shown = [review.editor, review.progress, review.why, review.notes, review.guide]
    refresh.click(names, project, [who, project], **HIDDEN)
    project.change(enter, project, shown, **HIDDEN)
    blocks = gr.context.Context.root_block
    if blocks is not None:
        blocks.load(names, project, [who, project], **HIDDEN)


def _opened(store: Store, project: str, reviewer: str, value: dict[str, Any] | None) -> tuple[Any, ...]:
    rows = handlers.note_rows(store, project, reviewer)
    said = handlers.say_progress(store, project, reviewer)
    if value is None:
        why = "Every note is submitted." if rows else "No note of this project is assigned to you."
        return guide_to.no_note(store, project, reviewer), said, why, notes_value(rows, None)
    opened = value["document"]["id"]
    return value, said, handlers.why_next(rows, opened), notes_value(rows, opened)


def _wire_notes(store: Store, project: gr.Dropdown, review: ReviewPart) -> None:
    shown = [review.editor, review.progress, review.why, review.notes]

    def following(name: str, reviewer: str, after: str | None) -> tuple[Any, ...]:
        value = handlers.next_note(store, name, reviewer, after=after)
        return _opened(store, name, reviewer, value or handlers.resume(store, name, reviewer))

    @shows_errors
    def press_next(chosen: str, request: gr.Request) -> tuple[Any, ...]:
        name, reviewer = handlers.at_work(store, chosen, request)
        last = handlers.last_position(store, name, reviewer)
        return following(name, reviewer, last[0] if last else None)

    @shows_errors
    def onward(chosen: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        name, reviewer = handlers.at_work(store, chosen, request)
        return following(name, reviewer, str(event._data["document"]))

    @shows_errors
    def choose(chosen: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        name, reviewer = handlers.at_work(store, chosen, request)
        value = handlers.open_note_value(store, name, str(event._data["note"]), reviewer)
        return _opened(store, name, reviewer, value)

    @shows_errors
    def submitted(chosen: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        name, reviewer = handlers.at_work(store, chosen, request)
        rows, note = handlers.note_rows(store, name, reviewer), str(event._data["document"])
        said, why = handlers.say_progress(store, name, reviewer), handlers.why_next(rows, note)
        return said, why, notes_value(rows, note, stay=True)

    review.next.click(press_next, project, shown, **HIDDEN)
    review.editor.onward(onward, project, shown, **HIDDEN)
    review.notes.open(choose, project, shown, **HIDDEN)
    review.editor.submitted(submitted, project, [review.progress, review.why, review.notes], **HIDDEN)


def _wire_guidance(store: Store, review: ReviewPart, places: gr.Tabs) -> None:
    def greet() -> Any:
        return gr.skip() if project_names(store) else guide_to.no_project()

    def lead(event: gr.EventData) -> Any:
        return gr.update(selected=event._data["go"])

    blocks = gr.context.Context.root_block
    if blocks is not None:
        blocks.load(greet, None, review.editor, **HIDDEN)
    review.editor.lead(lead, None, places, **HIDDEN)
