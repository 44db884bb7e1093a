"""The form for a new review project, and for more reviewers or suggestions of one that exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from annotation.components.notice import notice
from annotation.components.theme import UPLOAD_HEIGHT
from annotation.review.project_sources import FILES, SOURCES
from odin.extraction.inputs import OFFERED

NO_MODEL = "none"
SPLITS = ("train", "dev")


@dataclass(frozen=True)
class ProjectForm:
    """What a new project is made of; the part of each source shows when it is chosen."""

    name: gr.Textbox
    labels: gr.Dropdown
    own_labels: gr.UploadButton
    model: gr.Dropdown
    source: gr.Radio
    files_part: gr.Row
    files: gr.File
    text_column: gr.Textbox
    corpus_part: gr.Row
    corpus: gr.Dropdown
    split: gr.Dropdown
    count: gr.Number
    seed: gr.Number
    reviewers: gr.Textbox
    overlap: gr.Slider
    shared_by: gr.Number
    blind: gr.Slider
    create: gr.Button
    question: gr.HTML
    answers: gr.Row
    yes: gr.Button
    no: gr.Button
    said: gr.Textbox

    @property
    def fields(self) -> list[Any]:
        """The components that a person fills in."""
        return [
            self.name, self.labels, self.model, self.source, self.files, self.text_column, self.corpus, self.split,
            self.count, self.seed, self.reviewers, self.overlap, self.shared_by, self.blind,
        ]  # fmt: skip


@dataclass(frozen=True)
class ExistingPart:
    """What can be done to a project later."""

    reviewers: gr.Textbox
    overlap: gr.Slider
    shared_by: gr.Number
    assign: gr.Button
    model: gr.Dropdown
    suggest: gr.Button
    said: gr.Textbox


def lay_out_project_form(
    label_sets: Sequence[str], corpora: Sequence[str], models: Sequence[str], reviewers: str
) -> ProjectForm:
    """The form for a new project; `reviewers` are named at first."""
    with gr.Row():
        name = gr.Textbox(label="Name", elem_id="project-name", min_width=200)
        with gr.Column(min_width=160):
            labels = gr.Dropdown(
                list(label_sets), value=next(iter(label_sets), None), label="Label set", elem_id="project-labels"
            )
            own_labels = gr.UploadButton(
                "Add a label set (.json)", file_types=[".json"], size="sm", elem_id="project-own-labels"
            )
        model = gr.Dropdown(
            [NO_MODEL, *models], value=NO_MODEL, label="Suggestions by a model", elem_id="review-model", min_width=200
        )
    source = gr.Radio(list(SOURCES), value=FILES, label="Where the notes come from", elem_id="project-source")
    with gr.Row() as files_part:
        files = gr.File(
            label=f"Notes ({', '.join(OFFERED)})", file_count="multiple", file_types=list(OFFERED),
            height=UPLOAD_HEIGHT, elem_id="project-files", scale=3,
        )  # fmt: skip
        text_column = gr.Textbox("text", label="Text column of a table", max_lines=1, scale=1, min_width=160)
    with gr.Row(visible=False) as corpus_part:
        corpus = gr.Dropdown(
            list(corpora), value=next(iter(corpora), None), label="Corpus at hand", elem_id="project-corpus"
        )
        split = gr.Dropdown(list(SPLITS), value="dev", label="Split")
    with gr.Row():
        count = gr.Number(100, label="Notes (a stratified sample)", precision=0, minimum=1, min_width=150)
        seed = gr.Number(0, label="Seed of the sample", precision=0, minimum=0, min_width=120)
        named = gr.Textbox(reviewers, label="Reviewers, separated by commas", scale=2, min_width=240)
    with gr.Row():
        overlap, shared_by = _lay_out_sharing()
        blind = gr.Slider(
            0, 0.5, 0, step=0.05, label="Share of notes without suggestions (blind arm)", min_width=240,
            elem_id="project-blind",
        )  # fmt: skip
    create = gr.Button("Create project", variant="primary")
    question = notice(elem_id="project-question")
    with gr.Row(visible=False, elem_id="project-answers") as answers:
        yes = gr.Button("Yes, store these notes", variant="primary", elem_id="project-yes")
        no = gr.Button("No, forget them", elem_id="project-no")
    said = gr.Textbox(label="Result", interactive=False, lines=2, elem_id="project-said")
    return ProjectForm(
        name, labels, own_labels, model, source, files_part, files, text_column, corpus_part, corpus, split, count,
        seed, named, overlap, shared_by, blind, create, question, answers, yes, no, said,
    )  # fmt: skip


def lay_out_existing(models: Sequence[str], reviewers: str) -> ExistingPart:
    """The form for the project that is chosen above."""
    with gr.Accordion("The chosen project: more reviewers, other suggestions", open=False):
        with gr.Row():
            named = gr.Textbox(reviewers, label="Reviewers to add, separated by commas", scale=2, min_width=240)
            overlap, shared_by = _lay_out_sharing()
            assign = gr.Button("Assign the notes", min_width=140)
        with gr.Row():
            model = gr.Dropdown(
                list(models), value=next(iter(models), None), label="Model", scale=2, min_width=200,
                info="Its suggestions replace those of notes that nobody has begun",
            )  # fmt: skip
            suggest = gr.Button("Let it suggest", min_width=140)
        said = gr.Textbox(label="Result", interactive=False, elem_id="existing-said")
    return ExistingPart(named, overlap, shared_by, assign, model, suggest, said)


def _lay_out_sharing() -> tuple[gr.Slider, gr.Number]:
    return (
        gr.Slider(0, 1, 1, step=0.05, label="Share of notes that several reviewers do", min_width=240),
        gr.Number(2, label="Reviewers of such a note", precision=0, minimum=2, min_width=150),
    )
