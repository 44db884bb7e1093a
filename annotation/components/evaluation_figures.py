"""The figures of an evaluation: overview, comparison, table of a view, charts at a threshold, slices."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.evaluate import handlers

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
WIDTHS = ["19%", "10.5%", "8%", "8%", "17%", "8%", "10.5%", "9.5%", "9.5%"]
"""Of the columns under `handlers.TABLE_HEADER`."""
COMPARISON = ("", "first", "second", "difference", "95 % interval", "p-value")


def build_figures(evaluation: gr.State, within: gr.State, tabs: gr.Tabs) -> list[Any]:
    """Lay the figures out and keep them in step with `evaluation`; the inputs of the charts.

    A chosen row of the table by slice goes into `within`, and `tabs` turns to its errors.
    """
    _build_tables(evaluation)
    with gr.Row():
        what = gr.Radio(["mentions", "relations"], value="mentions", label="Of", elem_id="evaluate-what")
        threshold = gr.Slider(0, 1, 0.5, step=0.01, label="Threshold")
    charts = [evaluation, what, threshold]
    _build_charts(evaluation, what, threshold)
    _build_slices(evaluation, what, within, tabs)
    return charts


def _build_tables(evaluation: gr.State) -> None:
    summary = gr.Dataframe(
        headers=handlers.OVERVIEW_HEADER, interactive=False, label="Overview", elem_id="evaluate-summary", wrap=True,
        column_widths=["40%", "15%", "17%", "14%", "14%"],
    )  # fmt: skip
    comparison = gr.Dataframe(
        headers=list(COMPARISON), interactive=False, visible=False, elem_id="evaluate-comparison",
        label="Two systems: micro F1, paired bootstrap over notes",
    )  # fmt: skip
    view = gr.Dropdown([], label="Matching", elem_id="evaluate-view")
    table = gr.Dataframe(
        headers=handlers.TABLE_HEADER, interactive=False, label="By label", elem_id="evaluate-table", wrap=True,
        column_widths=WIDTHS,
    )  # fmt: skip
    shown = evaluation.change(handlers.show_summary, evaluation, [summary, view, comparison], **HIDDEN)
    shown.then(handlers.show_table, [evaluation, view], table, **HIDDEN)
    view.input(handlers.show_table, [evaluation, view], table, **HIDDEN)


def _build_charts(evaluation: gr.State, what: gr.Radio, threshold: gr.Slider) -> None:
    said = gr.Textbox(label="At this threshold", interactive=False, max_lines=4, elem_id="evaluate-threshold")
    with gr.Row():
        charts = [
            gr.Plot(label=label, show_label=False, min_width=330)
            for label in ("Confusion matrix", "Reliability", "Precision and recall")
        ]
    for event in (evaluation.change, what.input, threshold.release):
        event(
            handlers.show_charts,
            [evaluation, what, threshold],
            [*charts, said],
            trigger_mode="always_last",
            **HIDDEN,
        )


def _build_slices(evaluation: gr.State, what: gr.Radio, within: gr.State, tabs: gr.Tabs) -> None:
    by = gr.Dropdown(list(handlers.ENTITY_SLICES), value="label", label="Sliced by", elem_id="evaluate-slice")
    slices = gr.Dataframe(
        headers=handlers.TABLE_HEADER, interactive=False, wrap=True, elem_id="evaluate-slices", column_widths=WIDTHS,
        label="By slice (select a row to see its errors)",
    )  # fmt: skip
    sliced = [evaluation, what, by]
    evaluation.change(handlers.show_slices, sliced, slices, **HIDDEN)
    by.input(handlers.show_slices, sliced, slices, **HIDDEN)
    what.input(handlers.slice_names, what, by, **HIDDEN).then(handlers.show_slices, sliced, slices, **HIDDEN)
    slices.select(handlers.choose_slice, [what, by], [within, tabs], **HIDDEN)
