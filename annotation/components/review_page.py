"""The layout of the notes under review: the queue, the editor, the guidelines. What they do is wired in the tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from annotation.components.annotation_editor import annotation_editor
from annotation.components.guideline_view import guideline_view
from annotation.components.notes_list import notes_list


@dataclass(frozen=True)
class ReviewPart:
    """Notes: the queue, the editor, the guidelines."""

    progress: gr.Textbox
    why: gr.Textbox
    next: gr.Button
    editor: gr.HTML
    notes: gr.HTML
    guide: gr.HTML


def lay_out_review(act: Callable[[Any], dict[str, Any]]) -> ReviewPart:
    """The notes and the editor, whose requests `act` answers."""
    with gr.Row(elem_classes="odin-moves"):
        progress = gr.Textbox(label="Progress", interactive=False, scale=3)
        why = gr.Textbox(label="This note", interactive=False, scale=5)
        following = gr.Button("Next note", scale=0, min_width=120)
    editor = annotation_editor(act, elem_id="review-editor")
    with gr.Accordion("Notes in the order of the queue", open=False):
        notes = notes_list(elem_id="review-notes")
    with gr.Accordion("Guidelines", open=False):
        guide = guideline_view(elem_id="review-guide")
    return ReviewPart(progress, why, following, editor, notes, guide)
