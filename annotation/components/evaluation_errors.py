"""The errors of an evaluation: how many of each kind, each with its note on both sides, and on to Review."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.annotation_view import annotation_view
from annotation.evaluate import handlers
from annotation.evaluate.evaluating import ERROR_COLUMNS
from annotation.services import shows_errors

WIDTHS = ["15%", "8%", "11%", "24%", "24%", "7%", "11%"]
"""Of the columns under ERROR_COLUMNS: what gold and predictions say is seen without scrolling."""
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build_errors(evaluation: gr.State, within: gr.State) -> None:
    """Lay the errors out and keep them in step with `evaluation` and the slice in `within`."""
    places, opened = gr.State([]), gr.State(None)
    with gr.Row():
        kinds = gr.Dataframe(
            headers=["what", "kind", "errors"], interactive=False, scale=2, min_width=300, wrap=True,
            column_widths=["28%", "50%", "22%"], label="Kinds of error (select a row to see those)",
            elem_id="evaluate-kinds",
        )  # fmt: skip
        kind = gr.Dropdown([handlers.ALL], value=handlers.ALL, label="Show", elem_id="evaluate-kind", scale=1)
    with gr.Row(visible=False, elem_id="evaluate-within") as bounds:
        said = gr.Textbox(label="Only of the slice", interactive=False, max_lines=1, scale=4)
        everything = gr.Button("Show all", size="sm", scale=1, elem_id="evaluate-everything")
    table = gr.Dataframe(
        headers=list(ERROR_COLUMNS), interactive=False, max_height=340, wrap=True,
        label="Errors (select a row to see its note)", elem_id="evaluate-errors", column_widths=WIDTHS,
    )  # fmt: skip
    filtered, rows = [evaluation, kind, within], [table, places]
    evaluation.change(handlers.show_kinds, evaluation, [kinds, kind, within], **HIDDEN).then(
        handlers.show_errors, filtered, rows, **HIDDEN
    )
    kind.input(handlers.show_errors, filtered, rows, **HIDDEN)
    kinds.select(handlers.choose_kind, None, kind, **HIDDEN).then(handlers.show_errors, filtered, rows, **HIDDEN)
    within.change(handlers.say_slice, within, [bounds, said], **HIDDEN).then(
        handlers.show_errors, filtered, rows, **HIDDEN
    )
    everything.click(lambda: None, None, within, **HIDDEN)
    _build_note(evaluation, table, places, opened)
    _build_review(evaluation, places, opened)


def _build_note(evaluation: gr.State, table: gr.Dataframe, places: gr.State, opened: gr.State) -> None:
    with gr.Row(visible=False, elem_id="evaluate-note") as note:
        with gr.Column():
            gr.Markdown("**Gold**")
            gold = annotation_view(elem_id="evaluate-gold-view")
        with gr.Column():
            gr.Markdown("**Predicted**")
            predicted = annotation_view(elem_id="evaluate-predicted-view")
    table.select(handlers.open_error, [evaluation, places], [note, gold, predicted, opened], **HIDDEN)


def _build_review(evaluation: gr.State, places: gr.State, opened: gr.State) -> None:
    with gr.Accordion("Send notes with errors to Review", open=False, elem_id="evaluate-review"):
        with gr.Row():
            which = gr.Radio([handlers.SHOWN, handlers.OPENED], value=handlers.SHOWN, label="Send")
            most = gr.Number(50, label="Notes at most", precision=0, minimum=1)
            side = gr.Radio(["predicted", "gold"], value="predicted", label="Suggest what is")
            name = gr.Textbox(label="Name of the new project", elem_id="evaluate-review-name")
        send = gr.Button("Send to Review", elem_id="evaluate-send")
        sent = gr.Textbox(label="Sent", interactive=False, max_lines=2, elem_id="evaluate-sent")
    given = [evaluation, places, opened, which, most, side, name]
    send.click(shows_errors(handlers.send_to_review), given, sent, **HIDDEN)
