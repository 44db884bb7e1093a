"""The layout of the Review tab: which components stand where. What they do is wired in the tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from annotation.components.adjudication import adjudication
from annotation.components.annotation_editor import annotation_editor
from annotation.components.guideline_view import guideline_view
from annotation.dashboard import AGREEMENT_HEAD, CORRECTIONS_HEAD, PROGRESS_HEAD

NOTES_HEAD = ["note", "state", "why it is next"]
Act = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class ReviewPart:
    """Notes: the queue, the editor, the guidelines."""

    progress: gr.Textbox
    why: gr.Textbox
    next: gr.Button
    editor: gr.HTML
    notes: gr.Dataframe
    guide: gr.HTML


@dataclass(frozen=True)
class AdjudicationPart:
    """The notes with two versions, and their differences."""

    note: gr.Dropdown
    refresh: gr.Button
    desk: gr.HTML


@dataclass(frozen=True)
class DashboardPart:
    """Figures and the way out."""

    refresh: gr.Button
    progress: gr.Dataframe
    agreement: gr.Dataframe
    corrections: gr.Dataframe
    export: gr.Button
    file: gr.File
    loss: gr.Textbox


@dataclass(frozen=True)
class GuidelinePart:
    """The guidelines as they are and as they are edited."""

    source: gr.Code
    number: gr.Number
    load: gr.Button
    save: gr.Button


@dataclass(frozen=True)
class NewProjectPart:
    """What a new project is made of."""

    name: gr.Textbox
    labels: gr.Dropdown
    files: gr.File
    corpus: gr.Dropdown
    split: gr.Dropdown
    count: gr.Number
    model: gr.Dropdown
    reviewers: gr.Textbox
    overlap: gr.Slider
    blind: gr.Slider
    create: gr.Button
    said: gr.Textbox


def lay_out_review(act: Act) -> ReviewPart:
    """The notes and the editor."""
    with gr.Row(equal_height=True):
        progress = gr.Textbox(label="Progress", interactive=False, scale=3)
        why = gr.Textbox(label="This note", interactive=False, scale=5)
        following = gr.Button("Next note", scale=1, min_width=120)
    editor = annotation_editor(act, elem_id="review-editor")
    with gr.Accordion("Notes in the order of the queue", open=False):
        notes = gr.Dataframe(headers=NOTES_HEAD, datatype="str", interactive=False, wrap=True, elem_id="review-notes")
    with gr.Accordion("Guidelines", open=False):
        guide = guideline_view(elem_id="review-guide")
    return ReviewPart(progress, why, following, editor, notes, guide)


def lay_out_adjudication(act: Act) -> AdjudicationPart:
    """The adjudicator's desk."""
    with gr.Row():
        note = gr.Dropdown([], label="Note with two versions", scale=4, elem_id="adjudication-note")
        refresh = gr.Button("Look for notes", scale=1)
    return AdjudicationPart(note, refresh, adjudication(act, elem_id="adjudication"))


def lay_out_dashboard() -> DashboardPart:
    """The figures."""
    refresh = gr.Button("Work out the figures")
    progress = gr.Dataframe(headers=PROGRESS_HEAD, datatype="str", interactive=False, label="Progress")
    agreement = gr.Dataframe(
        headers=AGREEMENT_HEAD, datatype="str", interactive=False, wrap=True, label="Agreement, on submitted notes"
    )
    corrections = gr.Dataframe(
        headers=CORRECTIONS_HEAD, datatype="str", interactive=False, wrap=True, label="How often the model was right"
    )
    with gr.Row():
        export = gr.Button("Export gold", variant="primary")
        file = gr.File(label="Gold set", interactive=False)
    loss = gr.Textbox(label="What each format holds", interactive=False, lines=6, elem_classes="odin-mono")
    return DashboardPart(refresh, progress, agreement, corrections, export, file, loss)


def lay_out_guidelines() -> GuidelinePart:
    """The editing of the guidelines."""
    with gr.Row():
        number = gr.Number(label="Version you edit", interactive=False, precision=0)
        load = gr.Button("Load the newest version")
        save = gr.Button("Save as the next version", variant="primary")
    source = gr.Code(label="Definitions, examples, decisions (JSON)", language="json", lines=20, max_lines=40)
    return GuidelinePart(source, number, load, save)


def lay_out_new_project(
    label_sets: Sequence[str], corpora: Sequence[str], models: Sequence[str], lone_reviewer: str
) -> NewProjectPart:
    """The form for a new project."""
    gr.Markdown(
        "Notes stay on this machine, in the store. Choose files, or a corpus that is at hand; annotations that they "
        "have become suggestions. Synthetic notes come from the Generate tab."
    )
    with gr.Row():
        name = gr.Textbox(label="Name", elem_id="project-name")
        labels = gr.Dropdown(list(label_sets), value=label_sets[0] if label_sets else None, label="Label set")
        model = gr.Dropdown(["none", *models], value="none", label="Suggestions by a model")
    with gr.Row():
        files = gr.File(
            label="Notes (.txt, .jsonl, .csv, .parquet)",
            file_count="multiple",
            file_types=[".txt", ".jsonl", ".csv", ".tsv", ".parquet"],
            elem_id="project-files",
        )
        with gr.Column():
            corpus = gr.Dropdown(["none", *corpora], value="none", label="or a corpus")
            split = gr.Dropdown(["train", "dev"], value="dev", label="Split of the corpus")
        with gr.Column():
            count = gr.Number(100, label="Notes (a stratified sample)", precision=0, minimum=1)
            reviewers = gr.Textbox(lone_reviewer, label="Reviewers, separated by commas")
    with gr.Row():
        overlap = gr.Slider(0, 1, 1, step=0.05, label="Share of notes that two reviewers do")
        blind = gr.Slider(0, 0.5, 0, step=0.05, label="Share of notes without suggestions (blind arm)")
    create = gr.Button("Create project", variant="primary")
    said = gr.Textbox(label="Result", interactive=False, lines=2, elem_id="project-said")
    return NewProjectPart(name, labels, files, corpus, split, count, model, reviewers, overlap, blind, create, said)
