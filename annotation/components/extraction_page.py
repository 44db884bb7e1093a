"""The widgets of the Extract tab in their places; `annotation.tabs.extract` gives them life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from annotation.components.annotation_view import annotation_view
from annotation.components.notice import notice
from annotation.components.relation_graph import relation_graph
from annotation.components.relation_table import relation_table
from annotation.components.theme import UPLOAD_HEIGHT
from annotation.extract.extracting import SUMMARY_COLUMNS
from odin.extraction.inputs import OFFERED

PRIVACY = "Notes stay on the machine that runs Odin; nothing is kept unless you download it."


@dataclass(frozen=True)
class Source:
    """Where notes come in, and with what they are read."""

    sample: gr.Dropdown
    text: gr.Textbox
    extract_text: gr.Button
    files: gr.File
    folder: gr.File
    text_column: gr.Textbox
    extract_files: gr.Button
    labels: gr.Dropdown
    model: gr.Dropdown
    entity: gr.Slider
    relation: gr.Slider
    stop: gr.Button
    progress: gr.HTML


@dataclass(frozen=True)
class Results:
    """What is shown of a run; `shown` is in the order in which handlers return updates."""

    page: gr.Column
    found: gr.HTML
    phi: gr.HTML
    problems: gr.HTML
    table: gr.Dataframe
    chooser: gr.Row
    position: gr.HTML
    view: gr.HTML
    relations: gr.HTML
    graph: gr.HTML
    previous: gr.Button
    following: gr.Button
    downloads: tuple[gr.Button, ...]
    file: gr.DownloadButton
    loss: gr.HTML

    @property
    def shown(self) -> list[Any]:
        """The components that a result fills, from `page` to `graph`."""
        return list(vars(self).values())[:10]


def lay_out_source(
    samples: Sequence[str], models: Sequence[str], label_sets: Sequence[str], thresholds: tuple[float, float]
) -> Source:
    """The upper part: notes on the left, settings on the right. The first model and label set are chosen."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=380), gr.Tabs():
            with gr.Tab("One note"):
                sample = gr.Dropdown(
                    list(samples), value=None, label="Sample note", info="Or paste your own below", elem_id="sample"
                )
                text = gr.Textbox(
                    label="Note", lines=11, max_lines=11, placeholder="Paste a clinical note here", elem_id="note"
                )
                extract_text = gr.Button("Extract", variant="primary", elem_id="extract-text")
            with gr.Tab("Many notes"):
                with gr.Row():
                    files = gr.File(
                        label=f"Files ({', '.join(OFFERED)})", file_count="multiple", file_types=list(OFFERED),
                        height=UPLOAD_HEIGHT, elem_id="files",
                    )  # fmt: skip
                    folder = gr.File(
                        label="Or a folder of .txt notes",
                        file_count="directory",
                        height=UPLOAD_HEIGHT,
                        elem_id="folder",
                    )
                text_column = gr.Textbox(
                    "text", label="Text column", info="The column of a table that holds the note", max_lines=1
                )
                extract_files = gr.Button("Extract from files", variant="primary", elem_id="extract-files")
        with gr.Column(scale=3, min_width=260):
            labels = gr.Dropdown(list(label_sets), label="Label set", info="What is looked for", elem_id="labels")
            model = gr.Dropdown(list(models), label="Model", info="What reads the note", elem_id="model")
            entity = gr.Slider(0, 1, thresholds[0], step=0.01, label="Show mentions from score", elem_id="entity-score")
            relation = gr.Slider(
                0, 1, thresholds[1], step=0.01, label="Show relations from score", elem_id="relation-score"
            )
            gr.Markdown(PRIVACY, elem_classes="odin-quiet")
    progress = notice(elem_id="extract-progress")
    stop = gr.Button("Stop", variant="stop", visible=False, elem_id="stop", size="sm")
    return Source(
        sample, text, extract_text, files, folder, text_column, extract_files, labels, model, entity, relation, stop,
        progress,
    )  # fmt: skip


def lay_out_results(formats: Sequence[str]) -> Results:
    """The lower part, hidden until there is something to show."""
    with gr.Column(visible=False, elem_id="results") as page:
        found, phi, problems = notice(elem_id="found"), notice(elem_id="phi"), notice(elem_id="problems")
        table = gr.Dataframe(
            headers=list(SUMMARY_COLUMNS), datatype=["number", "str"] + ["number"] * 5, interactive=False,
            label="Notes (select a row to see it)", max_height=260, visible=False, elem_id="summary",
        )  # fmt: skip
        with gr.Row(visible=False, elem_classes="odin-moves") as chooser:
            previous = gr.Button("Previous note", size="sm", scale=0, min_width=130, elem_id="previous")
            position = notice(elem_id="position")
            following = gr.Button("Next note", size="sm", scale=0, min_width=130, elem_id="next")
        view = annotation_view(elem_id="view", padding=False)
        gr.Markdown("### Relations", elem_classes="odin-heading")
        relations = relation_table(elem_id="relations")
        with gr.Accordion("Relation graph", open=True, elem_id="graph-panel"):
            graph = relation_graph(elem_id="graph", padding=False)
        gr.Markdown("### Download what is shown", elem_classes="odin-heading")
        with gr.Row(elem_classes="odin-downloads"):
            downloads = tuple(
                gr.Button(kind, size="md", elem_id=f"download-{kind.split()[0].lower()}") for kind in formats
            )
        file = gr.DownloadButton("File", visible="hidden", elem_id="download-file")
        loss = notice(elem_id="loss")
    return Results(
        page, found, phi, problems, table, chooser, position, view, relations, graph, previous, following, downloads,
        file, loss,
    )  # fmt: skip
