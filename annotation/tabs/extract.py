"""The Extract tab: a note or many in; mentions, relations and a graph out, to look at and to take away."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from annotation.components.choices import follow_choices
from annotation.components.extraction_page import Results, Source, lay_out_results, lay_out_source
from annotation.downloads import FORMATS
from annotation.extract import handlers
from annotation.services import Services, either_way, shows_errors

TITLE = "Extract"

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
CLICK_FILE = "() => document.querySelector('#download-file').click()"


def build(services: Services) -> None:
    """Lay out the tab and wire it."""
    titles = [str(note.meta.get("title", note.id)) for note in services.samples()]
    models = services.models()
    known, thresholds = handlers.first_settings(services, models)
    source = lay_out_source(titles, models, known, thresholds)
    follow_choices(source.model, services.models, lambda: next(iter(services.models()), None))
    results = lay_out_results(tuple(FORMATS))
    run, at = gr.State(None, time_to_live=24 * 3600), gr.State(0)
    _wire_settings(services, source)
    _wire_runs(services, source, results, run, at)
    _wire_looking(services, source, results, run, at)
    _wire_downloads(source, results, run)
    gr.api(_endpoint(services), api_name="extract")


def _endpoint(services: Services) -> Any:
    @shows_errors
    def extract(text: str, labels: str = "clinical", model: str = "odin-mini") -> dict[str, Any]:
        """One note as a document in the native format: its entities and relations."""
        return handlers.extract(services, text, labels, model)

    return extract


def _wire_settings(services: Services, source: Source) -> None:
    chosen = [source.model, source.labels]
    changed = [source.labels, source.entity, source.relation]
    settings = shows_errors(partial(handlers.settings_of, services))
    source.sample.input(partial(handlers.sample_text, services), source.sample, source.text, **HIDDEN)
    source.model.change(settings, chosen, changed, **HIDDEN)
    source.labels.input(settings, chosen, changed, **HIDDEN)


def _wire_runs(services: Services, source: Source, results: Results, run: gr.State, at: gr.State) -> None:
    look = [run, at, source.entity, source.relation]
    stopped = [source.stop, source.progress]
    running = []
    for button, handler, inputs in (
        (source.extract_text, handlers.extract_text, [source.text]),
        (source.extract_files, handlers.extract_files, [source.files, source.folder, source.text_column]),
    ):
        going = button.click(handlers.begin, None, [run, at, source.stop, results.page], **HIDDEN).then(
            shows_errors(partial(handler, services)),
            [*inputs, source.labels, source.model, source.entity],
            [run, source.progress],
            concurrency_id="model",
            concurrency_limit=2,
            **HIDDEN,
        )
        for afterwards in either_way(going):
            afterwards(handlers.end, None, stopped, **HIDDEN).then(handlers.show, look, results.shown, **HIDDEN)
        running.append(going)
    source.stop.click(handlers.end, None, stopped, cancels=running, **HIDDEN).then(
        handlers.show, look, results.shown, **HIDDEN
    )


def _wire_looking(services: Services, source: Source, results: Results, run: gr.State, at: gr.State) -> None:
    sliders = [source.entity, source.relation]
    look = [run, at, *sliders]
    look_lower = shows_errors(partial(handlers.look_lower, services))
    for slider in sliders:
        slider.change(look_lower, [run, source.model, *sliders], run, trigger_mode="always_last", **HIDDEN).then(
            handlers.show, look, results.shown, **HIDDEN
        )
    for button, step in ((results.previous, -1), (results.following, 1)):
        moved = button.click(partial(handlers.move, step), [run, at], at, **HIDDEN)
        moved.then(handlers.show, look, results.shown, **HIDDEN)
    results.table.select(handlers.row_number, None, at, **HIDDEN).then(handlers.show, look, results.shown, **HIDDEN)
    results.view.select(handlers.choose_in_table, None, results.relations, **HIDDEN)
    results.relations.select(handlers.choose_in_view, None, results.view, **HIDDEN)
    results.graph.select(handlers.choose_in_both, None, [results.view, results.relations], **HIDDEN)


def _wire_downloads(source: Source, results: Results, run: gr.State) -> None:
    for kind, button in zip(FORMATS, results.downloads, strict=True):
        button.click(
            shows_errors(partial(handlers.download, kind)),
            [run, source.entity, source.relation],
            [results.file, results.loss],
            **HIDDEN,
        ).success(None, js=CLICK_FILE)
