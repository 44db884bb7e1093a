"""The Evaluate tab: how good predictions are, where they fail, and the very notes in which they do."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.evaluation_errors import build_errors
from annotation.components.evaluation_figures import build_figures
from annotation.components.evaluation_source import build_source
from annotation.components.uploads import native_file
from annotation.evaluate import handlers
from annotation.services import Services, shows_errors

TITLE = "Evaluate"
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(services: Services) -> None:
    """Lay out the tab and wire it."""
    evaluation = gr.State(None, time_to_live=24 * 3600)
    within = gr.State(None)
    build_source(services, evaluation)
    with gr.Column(visible=False, elem_id="evaluation") as page:
        with gr.Tabs() as tabs:
            with gr.Tab("Scores"):
                charts = build_figures(evaluation, within, tabs)
            with gr.Tab("Errors", id=handlers.ERRORS):
                build_errors(evaluation, within)
        _build_downloads(evaluation, charts)
    evaluation.change(lambda found: gr.update(visible=found is not None), evaluation, page, **HIDDEN)
    _build_drift()


def _build_downloads(evaluation: gr.State, charts: list[Any]) -> None:
    with gr.Row():
        for label, name, handler, inputs in (
            ("Scores (JSON)", "scores", handlers.download_scores, [evaluation]),
            ("Errors (CSV)", "errors", handlers.download_errors, [evaluation]),
            ("Charts (Vega-Lite JSON)", "charts", handlers.download_charts, charts),
            ("Charts (PNG and SVG)", "pictures", handlers.download_pictures, charts),
        ):
            gr.DownloadButton(label, value=handler, inputs=inputs, elem_id=f"download-{name}", size="sm")


def _build_drift() -> None:
    with gr.Accordion("Drift: how far do two sets of notes differ?", open=False):
        with gr.Row():
            first, second = (
                native_file(label, f"drift-{name}")
                for label, name in (("First set, such as training or real notes", "first"), ("Second set", "second"))
            )
        measure = gr.Button("Measure drift", elem_id="drift-measure")
        with gr.Row():
            table = gr.Dataframe(headers=["", "value"], interactive=False, label="Drift", elem_id="drift-table")
            words = gr.Dataframe(
                headers=["word", "more in", "bits"], interactive=False, label="Words that differ most", max_height=340
            )
    measure.click(shows_errors(handlers.measure_drift), [first, second], [table, words], api_visibility="private")
