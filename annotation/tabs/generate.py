"""The Generate tab: synthetic notes while they are made, how they are spread, how real they look, files."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from annotation import generating
from annotation.charts import bar_chart, length_chart
from annotation.components.annotation_view import annotation_view, view_value
from annotation.generating import FORMATS, MOST_NOTES, Run
from annotation.services import Services, served_folder, shows_errors
from odin.corpora import jsonl
from odin.errors import InputError
from odin.labels import load_label_set
from odin.synthesis.endpoint import KEY_VARIABLES, Endpoint
from odin.synthesis.generator import GenerationOptions
from odin.synthesis.plan import NOTE_TYPES
from odin.synthesis.rewording import PROMPTS, RewordingOptions

TITLE = "Generate"
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
QUALITY_NOTES = 1000
"""Notes that the report in the tab looks at."""


@dataclass(frozen=True)
class Settings:
    """The components that say what to make, in the order of `inputs`."""

    inputs: tuple[Any, ...]
    start: gr.Button
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


def build(_: Services) -> None:
    """Lay out the tab and wire it."""
    run, at = gr.State(None, time_to_live=24 * 3600), gr.State(0)
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            settings = _lay_out_settings()
        with gr.Column(scale=3):
            results = _lay_out_results()
    _wire_run(settings, results, run, at)
    with gr.Accordion("Quality report", open=False):
        _lay_out_quality(run)
    with gr.Row():
        with gr.Column():
            _lay_out_downloads(run)
        with gr.Column():
            _lay_out_review(run)


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
    with gr.Row():
        start = gr.Button("Generate", variant="primary", elem_id="generate-start")
        stop = gr.Button("Cancel", interactive=False, elem_id="generate-stop")
    status = gr.Markdown("", elem_id="generate-status")
    return Settings((count, seed, labels, types, balance, *bounds, use, url, model, prompt, share), start, stop, status)


def _lay_out_results() -> Results:
    with gr.Row():
        previous = gr.Button("◀ Newer", size="sm", min_width=60, elem_id="generate-previous")
        caption = gr.Markdown("", elem_id="generate-caption")
        following = gr.Button("Older ▶", size="sm", min_width=60, elem_id="generate-following")
    view = annotation_view(elem_id="generate-view", label="Note")
    with gr.Row():
        plots = tuple(gr.Plot(label=name) for name in ("Entities", "Relations", "Assertions"))
    with gr.Row():
        plots += tuple(gr.Plot(label=name) for name in ("Lengths", "Note types"))
    return Results(view, caption, previous, following, plots)


def _wire_run(settings: Settings, results: Results, run: gr.State, at: gr.State) -> None:
    looks = [results.view, results.caption]
    going = settings.start.click(_begin, None, [at, settings.stop, settings.status], **HIDDEN).then(
        shows_errors(start),
        list(settings.inputs),
        [run, settings.status, *looks, *results.plots],
        concurrency_id="generate",
        concurrency_limit=2,
        **HIDDEN,
    )
    going.then(finish, run, [settings.stop, settings.status, *results.plots], **HIDDEN)
    settings.stop.click(finish, run, [settings.stop, settings.status, *results.plots], cancels=[going], **HIDDEN)
    for button, step in ((results.previous, -1), (results.following, 1)):
        button.click(partial(move, step), [run, at], [at, *looks], **HIDDEN)


def _lay_out_quality(run: gr.State) -> None:
    gr.Markdown(f"Compares up to {QUALITY_NOTES:,} notes with real ones, of the file or the server's corpora folder.")
    with gr.Row():
        reference = gr.File(label="Real notes (native JSON lines)", file_types=[".jsonl"], height=120)
        measure = gr.Button("Measure", elem_id="generate-measure")
    table = gr.Dataframe(
        headers=["measure", "notes", "reference"], interactive=False, wrap=True, elem_id="generate-quality"
    )
    measure.click(
        shows_errors(quality_rows), [run, reference], table, concurrency_id="generate", api_visibility="private"
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
        button.click(shows_errors(partial(download, kind)), run, [file, loss], **HIDDEN)


def _lay_out_review(run: gr.State) -> None:
    gr.Markdown("### Send to Review\nA stratified sample: every kind of note is in it.")
    with gr.Row():
        name = gr.Textbox("synthetic sample", label="Review project", elem_id="generate-project")
        count = gr.Number(100, label="Notes", precision=0, minimum=1, maximum=MOST_NOTES)
    send = gr.Button("Send to Review", elem_id="generate-send")
    sent = gr.Markdown("", elem_id="generate-sent")
    send.click(shows_errors(generating.send_to_review), [run, name, count], sent, **HIDDEN)


def _begin() -> tuple[int, Any, str]:
    return 0, gr.update(interactive=True), "Starting"


def start(
    count: float, seed: float, labels: str, types: list[str], balance: bool,
    least_words: float, most_words: float, least_entities: float, most_entities: float, least_relations: float,
    most_relations: float, use: bool, url: str, model: str, prompt: str, share: float,
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """Make the notes: the run, its status, the newest note and, at the end, the plots, now and then."""
    options = GenerationOptions(
        seed=int(seed or 0), balance=bool(balance), note_types=tuple(types or ()),
        min_words=int(least_words or 0), max_words=int(most_words or 0), min_entities=int(least_entities or 0),
        max_entities=int(most_entities or 0), min_relations=int(least_relations or 0),
        max_relations=int(most_relations or 0),
    )  # fmt: skip
    endpoint = rewording = None
    if use:
        if not (url.strip() and model.strip()):
            raise InputError("to reword, give the address of the endpoint and the name of the model")
        endpoint = Endpoint(url.strip(), model.strip())
        rewording = RewordingOptions(prompt=prompt, seed=int(seed or 0), share=float(share))
    run = generating.new_run(count or 0, served_folder() / "generate", labels)
    same = tuple(gr.skip() for _ in range(5))
    for now in generating.perform(run, options, endpoint, rewording):
        yield now, now.status(), *look(now, 0), *same


def finish(run: Run | None) -> tuple[Any, ...]:
    """The end of a run, whether it was done or cancelled."""
    if run is None:
        return gr.update(interactive=False), "", *(None,) * 5
    run.finished = True
    return gr.update(interactive=False), run.status(), *charts(run)


def charts(run: Run) -> tuple[Any, ...]:
    """The plots of a run, in the order of `Results.plots`."""
    return (
        bar_chart(dict(run.entity_labels.most_common()), "Entities"),
        bar_chart(dict(run.relation_labels.most_common()), "Relations"),
        bar_chart(dict(run.assertions.most_common()), "Assertions"),
        length_chart(run.words, "Words a note", 25),
        bar_chart(dict(run.note_types.most_common()), "Note types"),
    )


def look(run: Run | None, at: int) -> tuple[Any, str]:
    """The note `at` places before the newest, and what it is."""
    if run is None or not run.newest:
        return None, ""
    document = run.newest[-1 - min(at, len(run.newest) - 1)]
    words = f"{html.escape(document.id)}: {html.escape(str(document.meta.get('note_type', 'abstract')))}"
    counts = f"{len(document.entities)} entities, {len(document.relations) + len(document.concept_relations)} relations"
    return view_value(document, load_label_set(run.labels)), f"{words}; {counts}"


def move(step: int, run: Run | None, at: int) -> tuple[Any, ...]:
    """Look at an older or newer note."""
    at = max(0, min(at + step, len(run.newest) - 1 if run and run.newest else 0))
    return at, *look(run, at)


def quality_rows(run: Run | None, reference: str | None) -> list[list[str]]:
    """The quality report as rows: measure, notes, reference."""
    from odin.synthesis.quality import compare
    from odin.synthesis.quality_command import known_graph, reference_files, text_of

    documents = generating.documents_of(run)[:QUALITY_NOTES]
    real = [document for path in reference_files([reference] if reference else []) for document in jsonl.read(path)]
    report = compare(documents, reference=real, graph=known_graph(documents))
    lines = [line for line in text_of(report).split("\n")[1:] if line.strip()]
    return [[line[:34].strip(), line[34:46].strip(), line[46:].strip()] for line in lines]


def download(kind: str, run: Run | None) -> tuple[str, str]:
    """The file in a format, and what it could not hold."""
    path, report = generating.write_file(run, kind, served_folder() / "generate")
    lost = f" {len(report.dropped)} things could not be held." if report.dropped else ""
    notes = "".join(f"\n- {html.escape(note)}" for note in dict.fromkeys(report.notes[:5]))
    return str(
        Path(path)
    ), f"{report.documents:,} notes, {report.entities:,} entities, {report.relations:,} relations.{lost}{notes}"
