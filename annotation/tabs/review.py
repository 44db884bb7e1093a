"""The Review tab: projects of notes, the editor, adjudication, figures, guidelines, new projects."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from annotation import dashboard, review_handlers
from annotation.adjudication_requests import adjudication_value, answer_adjudication, notes_to_adjudicate
from annotation.components import review_page as page
from annotation.components.annotation_view import label_guide
from annotation.guidelines import current_guideline, revise_guideline
from annotation.project_creation import NewProject, make_project
from annotation.projects import project_names
from annotation.review_requests import answer
from annotation.reviews import DraftKey
from annotation.services import Services, served_folder, shows_errors
from annotation.store import Store, default_store_path
from odin.corpora.catalog import CORPORA, corpora_folder
from odin.errors import InputError
from odin.labels import LabelSet

TITLE = "Review"
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
SHOWN: dict[str, Any] = {"api_visibility": "private"}


@cache
def open_store(path: Path) -> Store:
    """The one open store of this process for that file."""
    return Store(path)


def build(services: Services) -> None:
    """Lay out the tab and wire it."""
    store = open_store(default_store_path())

    def act(request: Any) -> dict[str, Any]:
        return answer(store, request)

    def decide(request: Any) -> dict[str, Any]:
        return answer_adjudication(store, request)

    decide.__name__ = "act"
    with gr.Row():
        project = gr.Dropdown([], label="Project", scale=4, elem_id="review-project")
        refresh = gr.Button("Refresh", scale=1, min_width=100)
    with gr.Tabs():
        with gr.Tab("Notes"):
            review = page.lay_out_review(act)
        with gr.Tab("Adjudicate"):
            desk = page.lay_out_adjudication(decide)
        with gr.Tab("Figures and gold"):
            figures = page.lay_out_dashboard()
        with gr.Tab("Guidelines"):
            guidelines = page.lay_out_guidelines()
        with gr.Tab("New project"):
            at_hand = [name for name in CORPORA if (corpora_folder() / name).is_dir()]
            form = page.lay_out_new_project(
                services.label_sets(), at_hand, services.models(), review_handlers.LONE_REVIEWER
            )
    blocks = gr.context.Context.root_block
    _wire_projects(store, project, refresh, review, blocks)
    _wire_notes(store, project, review)
    _wire_adjudication(store, project, desk)
    _wire_figures(store, project, figures)
    _wire_guidelines(store, project, guidelines, review)
    _wire_creation(services, store, project, form)


def _wire_projects(
    store: Store, project: gr.Dropdown, refresh: gr.Button, review: page.ReviewPart, blocks: gr.Blocks | None
) -> None:
    def names(chosen: str | None) -> Any:
        known = list(project_names(store))
        return gr.update(choices=known, value=chosen if chosen in known else next(iter(known), None))

    @shows_errors
    def enter(chosen: str | None, request: gr.Request) -> tuple[Any, ...]:
        if not chosen:
            return None, "", "", [], None
        reviewer = review_handlers.reviewer_of(request.username)
        review_handlers.enter_project(store, chosen, reviewer)
        guide = label_guide(current_guideline(store, chosen).labels)
        return (*_opened(store, chosen, reviewer, review_handlers.resume(store, chosen, reviewer)), guide)

    shown = [review.editor, review.progress, review.why, review.notes, review.guide]
    refresh.click(names, project, project, **HIDDEN)
    project.change(enter, project, shown, **HIDDEN)
    if blocks is not None:
        blocks.load(names, project, project, **HIDDEN)


def _opened(store: Store, project: str, reviewer: str, value: dict[str, Any] | None) -> tuple[Any, ...]:
    rows = review_handlers.note_rows(store, project, reviewer)
    said = review_handlers.say_progress(store, project, reviewer)
    if value is None:
        why = "Every note is submitted." if rows else "No note of this project is assigned to you."
        return None, said, why, rows
    return value, said, review_handlers.why_next(rows, value["document"]["id"]), rows


def _wire_notes(store: Store, project: gr.Dropdown, review: page.ReviewPart) -> None:
    shown = [review.editor, review.progress, review.why, review.notes]

    @shows_errors
    def following(chosen: str, request: gr.Request) -> tuple[Any, ...]:
        reviewer = review_handlers.reviewer_of(request.username)
        name = review_handlers.check_project(store, chosen)
        last = review_handlers.last_position(store, name, reviewer)
        value = review_handlers.next_note(store, name, reviewer, after=last[0] if last else None)
        return _opened(store, name, reviewer, value or review_handlers.resume(store, name, reviewer))

    @shows_errors
    def choose(chosen: str, event: gr.SelectData, request: gr.Request) -> tuple[Any, ...]:
        reviewer = review_handlers.reviewer_of(request.username)
        name = review_handlers.check_project(store, chosen)
        value = review_handlers.open_note_value(store, name, str(event.row_value[0]), reviewer)
        return _opened(store, name, reviewer, value)

    @shows_errors
    def submitted(chosen: str, request: gr.Request) -> tuple[Any, ...]:
        reviewer = review_handlers.reviewer_of(request.username)
        name = review_handlers.check_project(store, chosen)
        rows = review_handlers.note_rows(store, name, reviewer)
        return review_handlers.say_progress(store, name, reviewer), rows

    review.next.click(following, project, shown, **HIDDEN)
    review.notes.select(choose, project, shown, **HIDDEN)
    review.editor.submitted(submitted, project, [review.progress, review.notes], **HIDDEN)


def _wire_adjudication(store: Store, project: gr.Dropdown, desk: page.AdjudicationPart) -> None:
    @shows_errors
    def look(chosen: str) -> Any:
        notes = notes_to_adjudicate(store, review_handlers.check_project(store, chosen))
        return gr.update(choices=notes, value=next(iter(notes), None))

    @shows_errors
    def show(chosen: str, note: str | None, request: gr.Request) -> Any:
        if not chosen or not note:
            return None
        return adjudication_value(store, DraftKey(chosen, note, review_handlers.reviewer_of(request.username)))

    desk.refresh.click(look, project, desk.note, **HIDDEN)
    desk.note.change(show, [project, desk.note], desk.desk, **HIDDEN)


def _wire_figures(store: Store, project: gr.Dropdown, figures: page.DashboardPart) -> None:
    @shows_errors
    def work_out(chosen: str) -> tuple[Any, ...]:
        name = review_handlers.check_project(store, chosen)
        return (
            dashboard.progress_rows(store, name),
            dashboard.agreement_rows(store, name),
            dashboard.correction_rows(store, name),
        )

    @shows_errors
    def export(chosen: str) -> tuple[str, str]:
        from annotation.gold import export_gold
        from annotation.gold_check import loss_table
        from annotation.gold_command import project_gold

        name = review_handlers.check_project(store, chosen)
        folder = served_folder()
        folder.mkdir(parents=True, exist_ok=True)
        safe = "".join(character if character.isalnum() else "_" for character in name)
        path = folder / f"gold_{safe}.zip"
        proofs = export_gold(project_gold(store, name), path)
        return str(path), loss_table(proofs)

    shown = [figures.progress, figures.agreement, figures.corrections]
    figures.refresh.click(work_out, project, shown, **SHOWN)
    figures.export.click(export, project, [figures.file, figures.loss], **SHOWN)


def _wire_guidelines(
    store: Store, project: gr.Dropdown, guidelines: page.GuidelinePart, review: page.ReviewPart
) -> None:
    @shows_errors
    def load(chosen: str) -> tuple[str, int]:
        newest = current_guideline(store, review_handlers.check_project(store, chosen))
        return json.dumps(newest.labels.to_json(), ensure_ascii=False, indent=2), newest.number

    @shows_errors
    def save(chosen: str, source: str, number: float | None, request: gr.Request) -> tuple[int, Any]:
        name = review_handlers.check_project(store, chosen)
        if not number:
            raise InputError("load the newest version first")
        try:
            value = json.loads(source)
        except ValueError as err:
            raise InputError(f"the guidelines are not valid JSON: {err}") from err
        labels = LabelSet.from_json(value, place="the guidelines")
        by = review_handlers.reviewer_of(request.username)
        saved = revise_guideline(store, name, labels, by, int(number))
        return saved.number, label_guide(saved.labels)

    guidelines.load.click(load, project, [guidelines.source, guidelines.number], **HIDDEN)
    inputs = [project, guidelines.source, guidelines.number]
    guidelines.save.click(save, inputs, [guidelines.number, review.guide], **HIDDEN)


def _wire_creation(services: Services, store: Store, project: gr.Dropdown, form: page.NewProjectPart) -> None:
    @shows_errors
    def create(
        name: str, labels: str, files: list[str] | None, corpus: str, split: str, count: float, model: str,
        reviewers: str, overlap: float, blind: float, request: gr.Request, progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[str, Any]:  # fmt: skip
        wanted = NewProject(
            name=name or "",
            labels=services.labels(labels),
            files=files or (),
            corpus=None if corpus == "none" else corpus,
            split=split,
            count=int(count or 0),
            reviewers=[part.strip() for part in (reviewers or "").split(",") if part.strip()],
            overlap_share=overlap,
            blind_share=blind,
        )
        extractor = None if model == "none" else services.extractor(model)
        by = review_handlers.reviewer_of(request.username)
        told = make_project(store, wanted, extractor, by=by, progress=lambda done, total: progress((done, total)))
        return told, gr.update(choices=list(project_names(store)), value=wanted.name.strip())

    inputs = [
        form.name, form.labels, form.files, form.corpus, form.split, form.count, form.model, form.reviewers,
        form.overlap, form.blind,
    ]  # fmt: skip
    form.create.click(create, inputs, [form.said, project], concurrency_id="model", **SHOWN)
