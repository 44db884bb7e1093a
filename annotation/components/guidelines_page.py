"""The guidelines of a review project: to read, and to edit as the next version."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.guideline_view import guideline_form
from annotation.components.listeners import HIDDEN
from annotation.review.guideline_requests import guide_of, guideline_value, save_form
from annotation.review.handlers import at_work
from annotation.services import shows_errors
from annotation.store import Store


def guidelines_panel(store: Store, project: gr.Dropdown, tab: gr.Tab, guide: gr.HTML) -> None:
    """Lay the panel out and wire it to the Review tab's choice of project; `guide` stands beside the editor."""
    form = guideline_form(elem_id="guidelines")

    @shows_errors
    def load(chosen: str | None, request: gr.Request) -> Any:
        return guideline_value(store, at_work(store, chosen, request)[0]) if chosen else None

    @shows_errors
    def save(chosen: str, request: gr.Request, event: gr.EventData) -> tuple[Any, Any]:
        name, reviewer = at_work(store, chosen, request)
        saved = save_form(store, name, event._data, reviewer)
        gr.Info(f"Saved as version {saved.number}.")
        return guideline_value(store, name), guide_of(saved)

    for event in (tab.select, project.change):
        event(load, project, form, **HIDDEN)
    form.saved(save, project, [form, guide], **HIDDEN)
