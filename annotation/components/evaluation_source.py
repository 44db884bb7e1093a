"""What the Evaluate tab evaluates: files, a model on a corpus, or a model on the gold notes of a project."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from annotation.components.choices import follow_choices
from annotation.components.uploads import native_file
from annotation.evaluate import handlers, sources
from annotation.services import Services, shows_errors
from odin.corpora.catalog import CORPORA

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
READING: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 2, **HIDDEN}
"""Of what lets a model read notes."""


def build_source(services: Services, evaluation: gr.State) -> None:
    """The three ways to say what is evaluated, with live progress and a stop; each fills `evaluation`."""
    with gr.Tabs():
        with gr.Tab("Files"):
            files, run_files = _build_files(services)
        with gr.Tab("Model and corpus"):
            corpus, run_corpus = _build_corpus(services)
        with gr.Tab("Model and gold project") as tab:
            project, run_project = _build_project(services)
    tab.select(shows_errors(handlers.refresh_projects), None, project[2], **HIDDEN)
    with gr.Row(visible=False) as reading:
        progress = gr.Textbox(label="Progress", interactive=False, max_lines=3, elem_id="evaluate-progress", scale=4)
        stop = gr.Button("Stop", variant="stop", size="sm", scale=1, elem_id="evaluate-stop")
    shown = [reading, progress, stop]
    scoring = run_files.click(partial(_begin, stoppable=False), None, shown, **HIDDEN).then(
        shows_errors(partial(sources.score_files, services)), files, [evaluation, progress], **HIDDEN
    )
    _wire_end(scoring, progress, reading, stop)
    running = []
    for button, start, given in (
        (run_corpus, sources.evaluate_model, corpus),
        (run_project, sources.evaluate_project, project),
    ):
        going = button.click(_begin, None, shown, **HIDDEN).then(
            shows_errors(partial(start, services)), given, [evaluation, progress], **READING
        )
        _wire_end(going, progress, reading, stop)
        running.append(going)
    stopped = stop.click(lambda: _end("stopped"), None, [reading, stop], cancels=running, **HIDDEN)
    stopped.then(lambda: "stopped", None, progress, **HIDDEN)  # after what was on its way when it was pressed


def _begin(*, stoppable: bool = True) -> tuple[Any, ...]:
    return gr.update(visible=True), "", gr.update(visible=stoppable)


def _end(said: str) -> tuple[Any, ...]:
    return gr.update(visible=bool(said)), gr.update(visible=False)


def _wire_end(going: Any, progress: gr.Textbox, reading: gr.Row, stop: gr.Button) -> None:
    going.success(_end, progress, [reading, stop], **HIDDEN)
    going.failure(lambda: _end(""), None, [reading, stop], **HIDDEN)


def _build_files(services: Services) -> tuple[list[Any], gr.Button]:
    """The inputs of `sources.score_files`, and the button."""
    with gr.Row():
        files = [
            native_file(label, f"evaluate-{name}")
            for label, name in (
                ("Gold (.jsonl)", "gold"),
                ("Predicted (.jsonl)", "predicted"),
                ("Another system, to compare (optional)", "second"),
                ("Training notes, for seen and unseen (optional)", "training"),
            )
        ]
    known = services.label_sets()
    labels = gr.Dropdown(list(known), value=known[0], label="Label set", elem_id="evaluate-labels")
    follow_choices(labels, services.label_sets, lambda: services.label_sets()[0])
    run = gr.Button("Evaluate files", variant="primary", elem_id="evaluate-files")
    return [*files, labels], run


def _build_corpus(services: Services) -> tuple[list[Any], gr.Button]:
    """The inputs of `sources.evaluate_model`, and the button."""
    corpora = [name for name, corpus in CORPORA.items() if corpus.label_set]
    with gr.Row():
        model, second = _models(services, elem_id="evaluate-model-name")
        corpus = gr.Dropdown(corpora, value="clinical_notes", label="Corpus", elem_id="evaluate-corpus")
        split = gr.Dropdown(["train", "dev"], value="dev", label="Split")
        most = gr.Number(0, label="Notes at most", info="0 for all", precision=0, minimum=0)
    corpus.input(handlers.splits_of, corpus, split, **HIDDEN)
    run = gr.Button("Evaluate model", variant="primary", elem_id="evaluate-model")
    return [model, second, corpus, split, most], run


def _build_project(services: Services) -> tuple[list[Any], gr.Button]:
    """The inputs of `sources.evaluate_project`, and the button."""
    with gr.Row():
        model, second = _models(services, elem_id="evaluate-project-model")
        project = gr.Dropdown([], label="Project with adjudicated notes", elem_id="evaluate-project-name")
    run = gr.Button("Evaluate on project", variant="primary", elem_id="evaluate-project")
    return [model, second, project], run


def _models(services: Services, *, elem_id: str) -> tuple[gr.Dropdown, gr.Dropdown]:
    """The model that is judged, and one to compare with it."""
    names = list(services.models())
    first = gr.Dropdown(names, value=names[0] if names else None, label="Model", elem_id=elem_id)
    second = gr.Dropdown(names, value=None, label="Another model, to compare (optional)", elem_id=f"{elem_id}-second")
    follow_choices(first, services.models, lambda: next(iter(services.models()), None))
    follow_choices(second, services.models, lambda: None)
    return first, second
