"""The widgets of the Train tab in their places; `annotation.tabs.train` gives them life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from annotation.components.annotation_view import annotation_view
from annotation.components.notice import notice
from annotation.components.theme import UPLOAD_HEIGHT
from annotation.components.training_charts import CURVES
from annotation.train.training import BASE_WORDS, GENERATIVE, RUN_COLUMNS
from odin.corpora import jsonl
from odin.training.config import JOINT

GUIDANCE = (
    "No run yet. Choose what to learn from on the left and press **Check** to see what it takes, then **Start**. "
    "A run goes on when this page is closed. With no corpus at hand, synthetic notes are enough to try it; "
    "`python -m odin corpora prepare NAME` fetches a public corpus, and gold notes of the Review tab can be chosen "
    "as soon as there are some."
)


@dataclass(frozen=True)
class Form:
    """What is trained on, how, and where; `inputs` is the order in which handlers take them."""

    kind: gr.Radio
    name: gr.Textbox
    base: gr.Dropdown
    sources: gr.Dropdown
    dev: gr.Dropdown
    weights: gr.Dataframe
    files: gr.File
    dev_files: gr.File
    file_labels: gr.Dropdown
    notes: gr.Number
    epochs: gr.Number
    learning_rate: gr.Number
    seed: gr.Number
    device: gr.Dropdown
    batch_pieces: gr.Number
    quantization: gr.Radio
    batch_size: gr.Number
    max_tokens: gr.Number
    dev_documents: gr.Number
    threads: gr.Number
    precision: gr.Dropdown
    more: gr.Textbox
    few: gr.Button
    """Fills in the settings for few notes."""
    encoder: gr.Row
    """What only a compact encoder has."""
    language_model: gr.Row
    """What only a language model has."""
    check: gr.Button
    start: gr.Button

    @property
    def inputs(self) -> list[Any]:
        """Every component but rows and buttons."""
        return [it for it in vars(self).values() if not isinstance(it, gr.Row | gr.Button)]


@dataclass(frozen=True)
class Report:
    """What the check found."""

    box: gr.Column
    said: gr.HTML
    budget: gr.Dataframe
    command: gr.Code


@dataclass(frozen=True)
class Watch:
    """The runs, and the one that is looked at; `shown` is in the order in which handlers return updates."""

    guidance: gr.Markdown
    box: gr.Column
    table: gr.Dataframe
    run: gr.Dropdown
    status: gr.HTML
    steer: gr.Row
    """What holds the next four."""
    pause: gr.Button
    resume: gr.Button
    stop: gr.Button
    use: gr.Button
    plots: tuple[gr.Plot, ...]
    sample: gr.Dropdown
    gold: gr.HTML
    predicted: gr.HTML
    log: gr.Code
    compared: gr.Dropdown
    comparison: gr.Dataframe
    comparison_plot: gr.Plot
    timer: gr.Timer


def lay_out_form(bases: Sequence[str], devices: Sequence[str], label_sets: Sequence[str]) -> tuple[Form, Report]:
    """The left part: the settings, and below them what the check says."""
    parts = {**_lay_out_sources(bases, label_sets), **_lay_out_settings(devices)}
    with gr.Row():
        check = gr.Button("Check", elem_id="train-check")
        start = gr.Button("Start", variant="primary", elem_id="train-start")
    return Form(**parts, check=check, start=start), _lay_out_report()


def _lay_out_sources(bases: Sequence[str], label_sets: Sequence[str]) -> dict[str, Any]:
    """What is trained, from what, and on what."""
    kind = gr.Radio(
        [("Compact encoder", JOINT), ("Small language model (LoRA)", GENERATIVE)], value=JOINT, label="Train",
        elem_id="train-kind",
    )  # fmt: skip
    name = gr.Textbox("", label="Name of the run", placeholder="such as clinic-1", elem_id="train-name")
    base = gr.Dropdown(
        list(bases), value=bases[0], label="Begin with", allow_custom_value=True, elem_id="train-base",
        info=BASE_WORDS[JOINT],
    )  # fmt: skip
    sources = gr.Dropdown([], multiselect=True, label="Learn from", elem_id="train-sources")
    dev = gr.Dropdown(
        [], multiselect=True, label="Score on", elem_id="train-dev", info="Never trained on; chooses the weights kept."
    )
    weights = gr.Dataframe(
        headers=["Source", "Weight"], datatype=["str", "number"], column_count=2, interactive=True,
        static_columns=[0], label="Weights: how often a source is seen an epoch", max_height=180, wrap=True,
        column_widths=["70%", "30%"], elem_id="train-weights",
    )  # fmt: skip
    with gr.Accordion("Files and synthetic notes", open=False, elem_id="train-files"):
        with gr.Row():
            files, dev_files = (
                gr.File(
                    label=label, file_types=list(jsonl.SUFFIXES), file_count="multiple", height=UPLOAD_HEIGHT,
                    elem_id=elem_id,
                )
                for label, elem_id in (
                    ("Train notes (.jsonl)", "train-upload"), ("Dev notes (.jsonl)", "train-upload-dev"),
                )
            )  # fmt: skip
        with gr.Row():
            file_labels = gr.Dropdown(
                list(label_sets), value=label_sets[0], label="Label set of the files", min_width=140
            )
            notes = gr.Number(500, label="Synthetic notes", precision=0, minimum=10, maximum=100_000, min_width=140)
    return {
        "kind": kind, "name": name, "base": base, "sources": sources, "dev": dev, "weights": weights, "files": files,
        "dev_files": dev_files, "file_labels": file_labels, "notes": notes,
    }  # fmt: skip


def _lay_out_settings(devices: Sequence[str]) -> dict[str, Any]:
    """How it is trained, and where."""
    with gr.Row():
        epochs = _count(8, "Epochs", elem_id="train-epochs")
        learning_rate = gr.Number(2e-4, label="Learning rate", minimum=0, min_width=90)
        seed = _count(1, "Seed", minimum=None)
        device = gr.Dropdown(list(devices), value=devices[0], label="Device", min_width=90, elem_id="train-device")
    few = gr.Button("Settings for about 20 notes, all learnt", size="sm", elem_id="train-few")
    with gr.Row(visible=False) as language_model:
        quantization = gr.Radio(
            [("LoRA", "none"), ("QLoRA, 4 bits", "nf4")], value="none", label="Adapter", min_width=150,
            elem_id="train-adapter", info="QLoRA takes less memory.",
        )  # fmt: skip
        batch_size = _count(4, "Windows a pass", info="Four passes a step. Lower it for less memory.")
        max_tokens = _count(2048, "Tokens a window", minimum=128, info="Longer ones are halved.")
    with gr.Accordion("More settings", open=False):
        with gr.Row() as encoder:
            batch_pieces = _count(2048, "Word pieces a step", minimum=64, info="Lower it for less memory.")
        with gr.Row():
            dev_documents = _count(0, "Dev notes a source", minimum=0, info="0 for all.")
            threads = _count(0, "Threads", minimum=0, info="0 for all.")
            precision = gr.Dropdown(["float32", "bfloat16"], value="float32", label="Precision", min_width=110)
        more = gr.Textbox("", label="Further settings (JSON)", lines=2, placeholder='{"dropout": 0.2, "patience": 2}')
    return {
        "epochs": epochs, "learning_rate": learning_rate, "seed": seed, "device": device,
        "batch_pieces": batch_pieces, "quantization": quantization, "batch_size": batch_size,
        "max_tokens": max_tokens, "dev_documents": dev_documents, "threads": threads, "precision": precision,
        "more": more, "few": few, "encoder": encoder, "language_model": language_model,
    }  # fmt: skip


def _count(value: int, label: str, *, minimum: int | None = 1, **options: Any) -> gr.Number:
    return gr.Number(value, label=label, precision=0, minimum=minimum, min_width=110, **options)


def _lay_out_report() -> Report:
    said = notice(elem_id="train-report")
    with gr.Column(visible=False) as box:
        budget = gr.Dataframe(interactive=False, wrap=True, label="Token budget", elem_id="train-budget")
        with gr.Accordion("Command and configuration, to run it elsewhere", open=False):
            command = gr.Code(language=None, label="Command and configuration", max_lines=24, elem_id="train-command")
    return Report(box, said, budget, command)


def lay_out_watch() -> Watch:
    """The right part: all runs, and the chosen one as it goes on."""
    guidance = gr.Markdown(GUIDANCE, elem_id="train-guidance")
    with gr.Column(visible=False, elem_id="train-watch") as box:
        table = gr.Dataframe(
            headers=list(RUN_COLUMNS), interactive=False, wrap=True, max_height=220, elem_id="train-runs",
            label="Runs, the newest first (select a row to watch it)",
            column_widths=["16%", "13%", "11%", "15%", "11%", "11%", "23%"],
        )  # fmt: skip
        run = gr.Dropdown([], label="Run", elem_id="train-run")
        status = notice(elem_id="train-status")
        with gr.Row() as steer:
            pause, resume, stop, use = (
                gr.Button(
                    words, size="sm", min_width=90, interactive=False, elem_id=f"train-{words.split()[0].lower()}"
                )
                for words in ("Pause", "Resume", "Stop", "Use in Extract and Review")
            )
        with gr.Tabs():
            with gr.Tab("Curves"):
                with gr.Row():
                    plots = [gr.Plot(label=title, min_width=340) for title in CURVES[:2]]
                with gr.Row():
                    plots += [gr.Plot(label=title, min_width=340) for title in CURVES[2:]]
            with gr.Tab("Sample predictions"):
                sample = gr.Dropdown([], label="Dev note, at the newest evaluation", elem_id="train-sample")
                with gr.Row():
                    with gr.Column(min_width=320):
                        gr.Markdown("**Gold**")
                        gold = annotation_view(elem_id="train-gold")
                    with gr.Column(min_width=320):
                        gr.Markdown("**Predicted**")
                        predicted = annotation_view(elem_id="train-predicted")
            with gr.Tab("Compare"):
                compared = gr.Dropdown([], multiselect=True, label="Runs", elem_id="train-compared")
                comparison = gr.Dataframe(
                    interactive=False, wrap=True, label="Where they differ", elem_id="train-comparison"
                )
                comparison_plot = gr.Plot(label="Mean dev score")
            with gr.Tab("Log"):
                log = gr.Code(language=None, label="End of log.txt", max_lines=24, elem_id="train-log")
    return Watch(
        guidance, box, table, run, status, steer, pause, resume, stop, use, tuple(plots), sample, gold, predicted, log,
        compared, comparison, comparison_plot, gr.Timer(2.0),
    )  # fmt: skip
