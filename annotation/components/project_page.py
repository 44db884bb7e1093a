"""The New project part of the Review tab: the form, the question before anything is stored, and what comes later."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from annotation.components.choices import follow_choices
from annotation.components.listeners import HIDDEN, SHOWN
from annotation.components.notice import notice_value
from annotation.components.project_form import (
    NO_MODEL,
    ExistingPart,
    ProjectForm,
    lay_out_existing,
    lay_out_project_form,
)
from annotation.review import project_creation
from annotation.review.handlers import at_work
from annotation.review.login import LONE_REVIEWER, reviewer_of
from annotation.review.project_creation import NewProject, Question, make_project
from annotation.review.project_sources import CORPUS, FILES, Wanted
from annotation.services import Services, shows_errors
from annotation.store import Store
from annotation.store.projects import project_names
from annotation.store.users import user_names
from odin.corpora.catalog import CORPORA, corpora_folder
from odin.extraction.catalog import chosen_model

NEEDS_EXAMPLES = (
    "Models learn it from examples: review about 20 notes, then choose their gold in the Train tab and press “Settings "
    "for about 20 notes”."
)


def project_panel(services: Services, store: Store, project: gr.Dropdown) -> None:
    """Lay the panel out and wire it to the Review tab's choice of project."""
    gr.Markdown(
        f"Notes are stored in `{store.path}` on this machine, and go nowhere else unless somebody pushes them to Label "
        "Studio.",
        elem_classes="odin-quiet",
    )
    named = ", ".join(user_names(store) or (LONE_REVIEWER,))
    at_hand = [name for name in CORPORA if (corpora_folder() / name).is_dir()]
    form = lay_out_project_form(services.label_sets(), at_hand, services.models(), named)
    follow_choices(form.model, lambda: (NO_MODEL, *services.models()), lambda: chosen_model() or NO_MODEL)
    follow_choices(form.labels, services.label_sets, lambda: services.label_sets()[0])
    existing = lay_out_existing(services.models(), named)
    follow_choices(existing.model, services.models, chosen_model)
    _wire_form(services, store, project, form)
    _wire_existing(services, store, project, existing)


def _wire_form(services: Services, store: Store, project: gr.Dropdown, form: ProjectForm) -> None:
    def make(values: dict[Any, Any], request: gr.Request, progress: gr.Progress, *, sure: bool) -> tuple[Any, ...]:
        by = reviewer_of(store, request)
        wanted = replace(_read_form(services, form, values), may_store_identifiers=sure)
        model = values[form.model]
        extractor = None if model == NO_MODEL else services.extractor(model)
        told = make_project(store, wanted, extractor, by=by, progress=lambda done, total: progress((done, total)))
        if isinstance(told, Question):
            asked = notice_value(told.words, tone="warning", detail=told.detail, items=told.places)
            return asked, gr.update(visible=True), "Nothing is stored yet: please answer the question above.", gr.skip()
        chosen = gr.update(choices=list(project_names(store)), value=wanted.name.strip())
        return None, gr.update(visible=False), told, chosen

    @shows_errors
    def create(values: dict[Any, Any], request: gr.Request, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
        return make(values, request, progress, sure=False)

    @shows_errors
    def confirm(values: dict[Any, Any], request: gr.Request, progress: gr.Progress = gr.Progress()) -> Any:  # noqa: B008
        return make(values, request, progress, sure=True)

    @shows_errors
    def keep(path: str) -> tuple[Any, str]:
        labels = services.keep_labels(path)
        counts = f"{len(labels.entities)} labels of mentions and {len(labels.relations)} of relations"
        said = f"The label set “{labels.name}” is kept: {counts}. {NEEDS_EXAMPLES}"
        return gr.update(choices=list(services.label_sets()), value=labels.name), said

    def forget(files: list[str] | None) -> tuple[Any, ...]:
        for path in files or ():
            with suppress(FileNotFoundError):
                Path(path).unlink()
        return None, gr.update(visible=False), "Nothing was stored; the uploaded files are deleted.", None

    shown = [form.question, form.answers, form.said, project]
    form.own_labels.upload(keep, form.own_labels, [form.labels, form.said], **HIDDEN)
    form.create.click(create, set(form.fields), shown, concurrency_id="model", **SHOWN)
    form.yes.click(confirm, set(form.fields), shown, concurrency_id="model", **SHOWN)
    form.no.click(forget, form.files, [form.question, form.answers, form.said, form.files], **HIDDEN)
    form.source.change(
        lambda source: (gr.update(visible=source == FILES), gr.update(visible=source == CORPUS)),
        form.source, [form.files_part, form.corpus_part], **HIDDEN,
    )  # fmt: skip


def _read_form(services: Services, form: ProjectForm, values: dict[Any, Any]) -> NewProject:
    """What the form says, from its components' values. Raises LabelError."""
    notes = Wanted(
        source=values[form.source],
        labels=services.labels(values[form.labels]),
        count=int(values[form.count] or 0),
        seed=int(values[form.seed] or 0),
        files=values[form.files] or (),
        text_column=values[form.text_column] or "text",
        corpus=values[form.corpus],
        split=values[form.split],
    )
    return NewProject(
        name=values[form.name] or "",
        notes=notes,
        reviewers=_names(values[form.reviewers]),
        overlap_share=values[form.overlap],
        shared_by=int(values[form.shared_by] or 0),
        blind_share=values[form.blind],
    )


def _wire_existing(services: Services, store: Store, project: gr.Dropdown, part: ExistingPart) -> None:
    @shows_errors
    def assign(chosen: str, reviewers: str, overlap: float, shared_by: float | None, request: gr.Request) -> str:
        name, _ = at_work(store, chosen, request)
        named = _names(reviewers)
        return project_creation.assign_notes(store, name, named, overlap, shared_by=int(shared_by or 0))

    @shows_errors
    def suggest(chosen: str, model: str, request: gr.Request, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
        name, _ = at_work(store, chosen, request)
        extractor = services.extractor(model)
        return project_creation.suggest(store, name, extractor, progress=lambda done, total: progress((done, total)))

    part.assign.click(assign, [project, part.reviewers, part.overlap, part.shared_by], part.said, **SHOWN)
    part.suggest.click(suggest, [project, part.model], part.said, concurrency_id="model", **SHOWN)


def _names(written: str | None) -> Sequence[str]:
    """The names in a list with commas."""
    return [part.strip() for part in (written or "").split(",") if part.strip()]
