"""The Generate tab: synthetic notes while they are made, how they are spread, how real they look, files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from annotation.components.annotation_view import annotation_view
from annotation.components.theme import UPLOAD_HEIGHT
from annotation.generate import generating, handlers
from annotation.generate.generating import AUGMENTATIONS, FORMATS, MOST_NOTES
from annotation.services import Services, either_way, shows_errors
from odin.corpora import jsonl
from odin.synthesis.endpoint import KEY_VARIABLES
from odin.synthesis.plan import NOTE_TYPES
from odin.synthesis.rewording import PROMPTS

TITLE = "Generate"
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass(frozen=True)
class Settings:
    """The components that say what to make, in the order of `inputs`."""

    inputs: tuple[Any, ...]
    augmentation: tuple[Any, ...]
    """The components of `augment`, in their order."""
    start: gr.Button
    augment: gr.Button
    stop: gr.Button
    status: gr.Markdown


@dataclass(frozen=True)
class Results:
    """The components that show what was made."""

    view: gr.HTML
    caption: gr.Markdown
    previous: gr.Button
    following: gr.Button
    plots: tuple[gr.Plot, ...]
    pages: tuple[Any, ...]
    """What stands there before there are notes, the note, and the plots."""


def build(_: Services) -> None:
    """Lay out the tab and wire it."""
    run, at = gr.State(None, time_to_live=24 * 3600), gr.State(0)
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            settings = _lay_out_settings()
        with gr.Column(scale=3):
            results = _lay_out_results()
    with gr.Column(visible=False, elem_id="generate-use") as use:
        with gr.Accordion("Quality report", open=False):
            _lay_out_quality(run)
        with gr.Row():
            with gr.Column():
                _lay_out_downloads(run)
            with gr.Column():
                _lay_out_review(run)
    _wire_run(settings, results, [*results.pages, use], run, at)


def _lay_out_settings() -> Settings:
    count = gr.Number(100, label="Notes", precision=0, minimum=1, maximum=MOST_NOTES, elem_id="generate-count")
    seed = gr.Number(42, label="Seed", precision=0, info="Equal seeds give equal notes.", elem_id="generate-seed")
    labels = gr.Radio(
        [("Clinical notes", "clinical"), ("Biomedical abstracts", "biored")], value="clinical", label="What to write"
    )
    types = gr.Dropdown(
        list(NOTE_TYPES),
        multiselect=True,
        label="Note types",
        info="All, where none is chosen.",
        elem_id="generate-types",
    )
    balance = gr.Checkbox(False, label="Balance: no label and no relation below 15 %", elem_id="generate-balance")
    held_out = gr.Checkbox(
        False,
        label="Test set: sentences and names that training notes never use",
        info="For models that were trained on synthetic notes.",
        elem_id="generate-held-out",
    )
    bounds = []
    with gr.Accordion("Lengths", open=False):
        for what, top in (("words", 2000), ("entities", 200), ("relations", 100)):
            with gr.Row():
                bounds.append(gr.Number(0, label=f"Least {what}", precision=0, minimum=0, min_width=80))
                bounds.append(gr.Number(top, label=f"Most {what}", precision=0, minimum=0, min_width=80))
    with gr.Accordion("Reword with a language model", open=False):
        gr.Markdown(
            "Off by default. Notes go to the address you give; they are synthetic. The key is read from "
            f"`{KEY_VARIABLES[0]}` in the environment of the server. A rewording is used only if each mention survives."
        )
        use = gr.Checkbox(False, label="Reword")
        url = gr.Textbox("", label="Address", placeholder="http://localhost:8000/v1")
        model = gr.Textbox("", label="Model")
        prompt = gr.Dropdown(list(PROMPTS), value="paraphrase", label="How")
        share = gr.Slider(0, 1, 1, step=0.05, label="Share of the notes")
    file, how, copies, augment_button = _lay_out_augmentation()
    with gr.Row():
        start = gr.Button("Generate", variant="primary", elem_id="generate-start")
        stop = gr.Button("Cancel", interactive=False, elem_id="generate-stop")
    status = gr.Markdown("", elem_id="generate-status")
    inputs = (count, seed, labels, types, balance, held_out, *bounds, use, url, model, prompt, share)
    augmentation = (file, how, copies, seed, labels, url, model)
    return Settings(inputs, augmentation, start, augment_button, stop, status)


def _lay_out_augmentation() -> tuple[Any, ...]:
    """File, way, copies and button."""
    with gr.Accordion("More notes from annotated ones", open=False):
        gr.Markdown(
            "New notes from yours, under the seed and the label set above. A new note is kept only if each mention "
            "stands in it as planned and no other known term is new."
        )
        file = gr.File(
            label="Annotated notes (native JSON lines)",
            file_types=list(jsonl.SUFFIXES),
            height=UPLOAD_HEIGHT,
            elem_id="generate-annotated",
        )
        how = gr.Dropdown(list(AUGMENTATIONS), value=next(iter(AUGMENTATIONS)), label="How", elem_id="generate-how")
        copies = gr.Number(1, label="New notes of each, at most", precision=0, minimum=1, maximum=20)
        button = gr.Button("Augment", elem_id="generate-augment")
    return file, how, copies, button


def _lay_out_results() -> Results:
    nothing = gr.Markdown(handlers.NO_NOTES, elem_id="generate-nothing")
    with gr.Column(visible=False) as note:
        with gr.Row(elem_classes="odin-moves", elem_id="generate-moves"):
            previous = gr.Button("◀ Newer", size="sm", min_width=60, elem_id="generate-previous")
            caption = gr.Markdown("", elem_id="generate-caption")
            following = gr.Button("Older ▶", size="sm", min_width=60, elem_id="generate-following")
        view = annotation_view(elem_id="generate-view", label="Note")
    with gr.Column(visible=False, elem_id="generate-plots") as spread:
        with gr.Row():
            plots = tuple(gr.Plot(label=name, show_label=False) for name in ("Entities", "Relations"))
        with gr.Row():
            plots += tuple(gr.Plot(label=name, show_label=False) for name in ("Assertions", "Lengths"))
        plots += (gr.Plot(label="Note types", show_label=False),)
    return Results(view, caption, previous, following, plots, (nothing, note, spread))


def _wire_run(settings: Settings, results: Results, pages: list[Any], run: gr.State, at: gr.State) -> None:
    """`pages` are those of `Results`, and what can be done with the notes."""
    looks = [results.view, results.caption]
    shown = [run, settings.status, *looks, *results.plots]
    buttons = [settings.start, settings.augment, settings.stop]
    ended = [*buttons, settings.status, *results.plots, *pages]
    runs = []
    for button, work, inputs in (
        (settings.start, handlers.start, settings.inputs),
        (settings.augment, handlers.augment, settings.augmentation),
    ):
        going = button.click(handlers.begin, run, [at, *buttons, settings.status, *pages], **HIDDEN).then(
            shows_errors(work), list(inputs), shown, concurrency_id="generate", concurrency_limit=2, **HIDDEN
        )
        for afterwards in either_way(going):
            afterwards(handlers.finish, run, ended, **HIDDEN)
        runs.append(going)
    settings.stop.click(handlers.finish, run, ended, cancels=runs, **HIDDEN)
    for button, step in ((results.previous, -1), (results.following, 1)):
        button.click(partial(handlers.move, step), [run, at], [at, *looks], **HIDDEN)


def _lay_out_quality(run: gr.State) -> None:
    gr.Markdown(
        f"Compares up to {handlers.QUALITY_NOTES:,} notes with real ones, of the file or the server's corpora folder. "
        "In every corpus of that folder it looks for the longest run of words that they share: half a minute in all."
    )
    with gr.Row():
        reference = gr.File(
            label="Real notes (native JSON lines)", file_types=list(jsonl.SUFFIXES), height=UPLOAD_HEIGHT
        )
        measure = gr.Button("Measure", elem_id="generate-measure")
    table = gr.Markdown(elem_id="generate-quality")
    measure.click(
        shows_errors(handlers.quality_table),
        [run, reference],
        table,
        concurrency_id="generate",
        api_visibility="private",
    )


def _lay_out_downloads(run: gr.State) -> None:
    gr.Markdown("### Take away")
    with gr.Row():
        buttons = [
            gr.Button(kind, size="sm", min_width=80, elem_id=f"generate-download-{kind.lower()}") for kind in FORMATS
        ]
    file = gr.File(label="File", interactive=False, elem_id="generate-file")
    loss = gr.Markdown("")
    for kind, button in zip(FORMATS, buttons, strict=True):
        button.click(shows_errors(partial(handlers.download, kind)), run, [file, loss], **HIDDEN)


def _lay_out_review(run: gr.State) -> None:
    gr.Markdown("### Send to Review\nA stratified sample: every kind of note is in it.")
    with gr.Row():
        name = gr.Textbox("synthetic sample", label="Review project", elem_id="generate-project")
        count = gr.Number(100, label="Notes", precision=0, minimum=1, maximum=MOST_NOTES)
    send = gr.Button("Send to Review", elem_id="generate-send")
    sent = gr.Markdown("", elem_id="generate-sent")
    send.click(shows_errors(generating.send_to_review), [run, name, count], sent, **HIDDEN)
