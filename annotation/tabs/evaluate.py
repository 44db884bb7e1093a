"""The Evaluate tab: how good predictions are, where they fail, and the very notes in which they do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from annotation import evaluate_handlers as handlers
from annotation.components.annotation_view import annotation_view
from annotation.evaluating import ERROR_COLUMNS
from annotation.services import Services, shows_errors
from odin.corpora.catalog import CORPORA
from odin.labels import label_set_names

TITLE = "Evaluate"
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
COMPARISON = ("", "first", "second", "difference", "95 % interval", "p-value")


@dataclass(frozen=True)
class Source:
    """What is evaluated."""

    gold: gr.File
    predicted: gr.File
    second: gr.File
    training: gr.File
    labels: gr.Dropdown
    evaluate_files: gr.Button
    model: gr.Dropdown
    second_model: gr.Dropdown
    corpus: gr.Dropdown
    split: gr.Dropdown
    most: gr.Number
    evaluate_model: gr.Button
    stop: gr.Button
    progress: gr.Textbox


@dataclass(frozen=True)
class Figures:
    """The tables and charts."""

    summary: gr.Dataframe
    comparison: gr.Dataframe
    view: gr.Dropdown
    table: gr.Dataframe
    what: gr.Radio
    threshold: gr.Slider
    said: gr.Textbox
    charts: tuple[gr.Plot, gr.Plot, gr.Plot]
    slice: gr.Dropdown
    slices: gr.Dataframe


@dataclass(frozen=True)
class Errors:
    """The error table and the note of the chosen error."""

    kinds: gr.Dataframe
    kind: gr.Dropdown
    table: gr.Dataframe
    note: gr.Row
    gold: gr.HTML
    predicted: gr.HTML


def build(services: Services) -> None:
    """Lay out the tab and wire it."""
    source = _lay_out_source(services)
    with gr.Column(visible=False, elem_id="evaluation") as page, gr.Tabs():
        with gr.Tab("Scores"):
            figures = _lay_out_figures()
        with gr.Tab("Errors"):
            errors = _lay_out_errors()
    evaluation, places = gr.State(None, time_to_live=24 * 3600), gr.State([])
    _wire_runs(services, source, evaluation)
    _wire_figures(page, evaluation, figures)
    _wire_errors(evaluation, places, errors)
    with gr.Row():
        for label, name, handler, inputs in (
            ("Scores (JSON)", "scores", handlers.download_scores, [evaluation]),
            ("Errors (CSV)", "errors", handlers.download_errors, [evaluation]),
            (
                "Charts (Vega-Lite JSON)",
                "charts",
                handlers.download_charts,
                [evaluation, figures.what, figures.threshold],
            ),
        ):
            gr.DownloadButton(label, value=handler, inputs=inputs, elem_id=f"download-{name}", size="sm")
    _build_drift()


def _lay_out_source(services: Services) -> Source:
    models = list(services.models())
    corpora = [name for name, corpus in CORPORA.items() if corpus.label_set]
    with gr.Tabs():
        with gr.Tab("Files"):
            with gr.Row():
                gold, predicted, second, training = (
                    gr.File(label=label, file_types=[".jsonl"], type="filepath", height=130, elem_id=f"evaluate-{name}")
                    for label, name in (
                        ("Gold (.jsonl)", "gold"),
                        ("Predicted (.jsonl)", "predicted"),
                        ("Another system, to compare (optional)", "second"),
                        ("Training notes, for seen and unseen (optional)", "training"),
                    )
                )
            labels = gr.Dropdown(
                list(label_set_names()), value="clinical", label="Label set", elem_id="evaluate-labels"
            )
            files = gr.Button("Evaluate files", variant="primary", elem_id="evaluate-files")
        with gr.Tab("Model and corpus"):
            with gr.Row():
                model = gr.Dropdown(models, label="Model", elem_id="evaluate-model-name")
                second_model = gr.Dropdown(models, value=None, label="Another model, to compare (optional)")
                corpus = gr.Dropdown(corpora, value="clinical_notes", label="Corpus", elem_id="evaluate-corpus")
                split = gr.Dropdown(["train", "dev"], value="dev", label="Split")
                most = gr.Number(0, label="Notes at most", info="0 for all", precision=0, minimum=0)
            run = gr.Button("Evaluate model", variant="primary", elem_id="evaluate-model")
    with gr.Row():
        progress = gr.Textbox(label="Progress", interactive=False, max_lines=1, elem_id="evaluate-progress", scale=4)
        stop = gr.Button("Stop", variant="stop", size="sm", scale=1)
    return Source(
        gold, predicted, second, training, labels, files, model, second_model, corpus, split, most, run, stop, progress
    )


def _lay_out_figures() -> Figures:
    summary = gr.Dataframe(
        headers=["", "F1 or rate", "support"], interactive=False, label="Overview", elem_id="evaluate-summary"
    )
    comparison = gr.Dataframe(
        headers=list(COMPARISON), interactive=False, visible=False,
        label="Two systems: micro F1, paired bootstrap over notes",
    )  # fmt: skip
    view = gr.Dropdown([], label="Matching", elem_id="evaluate-view")
    table = gr.Dataframe(
        headers=handlers.TABLE_HEADER, interactive=False, label="By label", elem_id="evaluate-table", wrap=True
    )
    with gr.Row():
        what = gr.Radio(["mentions", "relations"], value="mentions", label="Of", elem_id="evaluate-what")
        threshold = gr.Slider(0, 1, 0.5, step=0.01, label="Threshold")
    said = gr.Textbox(label="At this threshold", interactive=False, max_lines=2)
    with gr.Row():
        charts = gr.Plot(label="Confusion matrix"), gr.Plot(label="Reliability"), gr.Plot(label="Precision and recall")
    by = gr.Dropdown(list(handlers.ENTITY_SLICES), value="label", label="Sliced by", elem_id="evaluate-slice")
    slices = gr.Dataframe(headers=handlers.TABLE_HEADER, interactive=False, label="By slice", wrap=True)
    return Figures(summary, comparison, view, table, what, threshold, said, charts, by, slices)


def _lay_out_errors() -> Errors:
    with gr.Row():
        kinds = gr.Dataframe(headers=["what", "kind", "errors"], interactive=False, label="Kinds of error", scale=2)
        kind = gr.Dropdown([handlers.ALL], value=handlers.ALL, label="Show", elem_id="evaluate-kind", scale=1)
    table = gr.Dataframe(
        headers=list(ERROR_COLUMNS), interactive=False, max_height=340, wrap=True,
        label="Errors (select a row to see its note)", elem_id="evaluate-errors",
    )  # fmt: skip
    with gr.Row(visible=False, elem_id="evaluate-note") as note:
        with gr.Column():
            gr.Markdown("**Gold**")
            gold = annotation_view(elem_id="evaluate-gold-view")
        with gr.Column():
            gr.Markdown("**Predicted**")
            predicted = annotation_view(elem_id="evaluate-predicted-view")
    return Errors(kinds, kind, table, note, gold, predicted)


def _wire_runs(services: Services, source: Source, evaluation: gr.State) -> None:
    source.corpus.input(handlers.splits_of, source.corpus, source.split, **HIDDEN)
    source.evaluate_files.click(
        shows_errors(partial(handlers.evaluate_files, services)),
        [source.gold, source.predicted, source.second, source.training, source.labels],
        evaluation,
        api_visibility="private",
    )
    running = source.evaluate_model.click(
        shows_errors(partial(handlers.evaluate_model, services)),
        [source.model, source.second_model, source.corpus, source.split, source.most],
        [evaluation, source.progress],
        concurrency_id="model",
        concurrency_limit=2,
        **HIDDEN,
    )
    source.stop.click(lambda: "stopped", None, source.progress, cancels=[running], **HIDDEN)


def _wire_figures(page: gr.Column, evaluation: gr.State, figures: Figures) -> None:
    curves = [evaluation, figures.what, figures.threshold]
    drawn = [*figures.charts, figures.said]
    sliced = [evaluation, figures.what, figures.slice]
    shown = [figures.summary, figures.view, figures.comparison]
    evaluation.change(lambda found: gr.update(visible=found is not None), evaluation, page, **HIDDEN)
    evaluation.change(handlers.show_summary, evaluation, shown, **HIDDEN).then(
        handlers.show_table, [evaluation, figures.view], figures.table, **HIDDEN
    )
    evaluation.change(handlers.show_charts, curves, drawn, **HIDDEN)
    evaluation.change(handlers.show_slices, sliced, figures.slices, **HIDDEN)
    figures.view.input(handlers.show_table, [evaluation, figures.view], figures.table, **HIDDEN)
    figures.what.input(handlers.show_charts, curves, drawn, **HIDDEN)
    figures.what.input(handlers.slice_names, figures.what, figures.slice, **HIDDEN).then(
        handlers.show_slices, sliced, figures.slices, **HIDDEN
    )
    figures.threshold.release(handlers.show_charts, curves, drawn, trigger_mode="always_last", **HIDDEN)
    figures.slice.input(handlers.show_slices, sliced, figures.slices, **HIDDEN)


def _wire_errors(evaluation: gr.State, places: gr.State, errors: Errors) -> None:
    rows = [errors.table, places]
    filtered = [evaluation, errors.kind]
    evaluation.change(handlers.show_kinds, evaluation, [errors.kinds, errors.kind], **HIDDEN).then(
        handlers.show_errors, filtered, rows, **HIDDEN
    )
    errors.kind.input(handlers.show_errors, filtered, rows, **HIDDEN)
    errors.table.select(
        handlers.open_error, [evaluation, places], [errors.note, errors.gold, errors.predicted], **HIDDEN
    )


def _build_drift() -> None:
    with gr.Accordion("Drift: how far do two sets of notes differ?", open=False):
        with gr.Row():
            first, second = (
                gr.File(label=label, file_types=[".jsonl"], type="filepath", height=130, elem_id=f"drift-{name}")
                for label, name in (("First set, such as training or real notes", "first"), ("Second set", "second"))
            )
        measure = gr.Button("Measure drift", elem_id="drift-measure")
        with gr.Row():
            table = gr.Dataframe(headers=["", "value"], interactive=False, label="Drift", elem_id="drift-table")
            words = gr.Dataframe(
                headers=["word", "more in", "bits"], interactive=False, label="Words that differ most", max_height=340
            )
    measure.click(shows_errors(handlers.measure_drift), [first, second], [table, words], api_visibility="private")
