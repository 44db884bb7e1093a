"""What the buttons, sliders and tables of the Extract tab do; each can be called without a browser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from annotation.components.annotation_view import selection_update, view_value
from annotation.components.notice import notice_value, progress_value
from annotation.components.relation_graph import graph_value
from annotation.components.relation_table import chosen_update, table_value
from annotation.downloads import write_download
from annotation.extract.extracting import (
    Run,
    count_uploads,
    extract_notes,
    read_uploads,
    say_result,
    say_source,
    shown_documents,
    summary_rows,
)
from annotation.services import Services
from odin.errors import InputError
from odin.extraction import ExtractionOptions
from odin.extraction.batch import check_labels, extract_all
from odin.extraction.inputs import Columns, why_unusable
from odin.phi import NOTICE, describe, find_phi
from odin.schema import Document, ReadReport

MOST_ROWS = 2000
"""Rows of the summary table that a browser is asked to hold."""

SECONDS_SAID = 5
"""How often the time that one note takes is said anew."""

NOTE_ID = "note"


def sample_text(services: Services, title: str | None) -> Any:
    """The text of the sample note with that title. Where none is chosen the note stays as it is.

    The list says that none was chosen whenever the keyboard passes it by.
    """
    return next((note.text for note in services.samples() if note.meta.get("title") == title), gr.skip())


def settings_of(services: Services, model: str | None, labels: str | None) -> tuple[Any, Any, Any]:
    """Updates of the label sets and both sliders for a model; the label set stays where the model knows it."""
    if not model:
        return gr.update(), gr.update(), gr.update()
    summary = services.model(model)
    known = [name for name in services.label_sets() if name in summary.label_sets]
    chosen = labels if labels in known else (known[0] if known else None)
    entity, relation = summary.thresholds.get(chosen or "", (0.5, 0.5))
    return gr.update(choices=known, value=chosen), round(entity, 2), round(relation, 2)


def first_settings(services: Services, models: Sequence[str]) -> tuple[tuple[str, ...], tuple[float, float]]:
    """The label sets of the first model, the default first, and its (entity, relation) thresholds."""
    if not models:
        return (), (0.5, 0.5)
    summary = services.model(models[0])
    known = tuple(name for name in services.label_sets() if name in summary.label_sets)
    return known, summary.thresholds.get(known[0] if known else "", (0.5, 0.5))


def begin() -> tuple[None, int, Any, Any]:
    """Forget the last run, show the stop button, hide the results."""
    return None, 0, gr.update(visible=True), gr.update(visible=False)


def end() -> tuple[Any, None]:
    """Hide the stop button and the progress."""
    return gr.update(visible=False), None


def extract_text(
    services: Services, text: str, labels: str, model: str, entity_threshold: float
) -> Iterator[tuple[Run | None, Any]]:
    """The run over one pasted note. Raises InputError where its text cannot be read."""
    why = why_unusable(text or "")
    if why:
        raise InputError(f"Note: {why}")
    yield None, _progress(0, 1, 0.0)
    yield from _extract(services, [Document(NOTE_ID, text)], 1, ReadReport(), labels, model, entity_threshold)


def extract_files(
    services: Services,
    files: Sequence[str] | None,
    folder: Sequence[str] | None,
    text_column: str,
    labels: str,
    model: str,
    entity_threshold: float,
) -> Iterator[tuple[Run | None, Any]]:
    """The run over uploaded files, with progress. Raises InputError where there are none."""
    paths = [Path(path) for path in files or ()]
    paths += sorted(Path(path) for path in folder or () if Path(path).suffix.lower() == ".txt")
    if not paths:
        raise InputError("No files yet: drop some files, or a folder that holds .txt notes")
    report = ReadReport()
    total = count_uploads(paths)
    yield None, _progress(0, total, 0.0)
    documents = read_uploads(paths, report, Columns(text=text_column.strip() or "text"))
    yield from _extract(services, documents, total, report, labels, model, entity_threshold)


def _extract(
    services: Services,
    documents: Any,
    total: int | None,
    report: ReadReport,
    labels: str,
    model: str,
    entity_threshold: float,
) -> Iterator[tuple[Run | None, Any]]:
    if not model or not labels:
        raise InputError("choose a model and a label set first")
    own, _ = services.model(model).thresholds.get(labels, (0.5, 0.5))
    extractor, label_set = services.extractor(model), services.labels(labels)
    check_labels(extractor, label_set)
    run = Run(label_set, extractor.name, min(own, entity_threshold), model, total)
    for so_far in extract_notes(extractor, documents, run, report):
        yield so_far, _progress(len(so_far.documents) + len(so_far.problems), total, so_far.seconds)


def _progress(done: int, total: int | None, seconds: float) -> dict[str, Any]:
    if total != 1:
        return progress_value(done, total, seconds)
    passed = int(seconds // SECONDS_SAID * SECONDS_SAID)
    return notice_value(f"Reading the note … {passed} s" if passed else "Reading the note …")


def look_lower(
    services: Services, run: Run | None, model: str, entity_threshold: float, _relation_threshold: float
) -> Run | None:
    """The run; a run over one note is made again where the slider goes below what was looked for.

    Not where another model was chosen since: that moves the slider too, and what is shown is not its answer.
    """
    if run is None or run.total != 1 or not run.documents or entity_threshold >= run.entity_floor:
        return run
    if model != run.model_chosen:
        return run
    again = Run(run.labels, run.model, entity_threshold, model, 1)
    note = Document(run.documents[0].id, run.documents[0].text)
    return list(extract_notes(services.extractor(model), [note], again, ReadReport()))[-1]


def show(run: Run | None, at: int, entity_threshold: float, relation_threshold: float) -> list[Any]:
    """Updates of `Results.shown` for the note at that place."""
    if run is None or not (run.documents or run.problems):
        return [gr.update(visible=False), *[gr.skip()] * 9]
    documents = shown_documents(run, entity_threshold, relation_threshold)
    many = len(documents) > 1
    at = max(0, min(at, len(documents) - 1))
    document = documents[at] if documents else Document(NOTE_ID, "")
    return [
        gr.update(visible=True),
        _found(run, documents, entity_threshold),
        _phi_notice(documents),
        _problems(run),
        gr.update(value=summary_rows(documents[:MOST_ROWS]), visible=many),
        gr.update(visible=many),
        notice_value(f"Note {at + 1:,} of {len(documents):,}: {document.id}") if many else None,
        view_value(document, run.labels),
        table_value(document, run.labels),
        graph_value(document, run.labels),
    ]


def _found(run: Run, documents: Sequence[Document], entity_threshold: float) -> dict[str, Any]:
    detail = say_source(run)
    if entity_threshold < run.entity_floor:
        detail += f" · mentions below {run.entity_floor:.2f} were not looked for: extract again to see them"
    if run.labels.concept_relations and not run.labels.relations:
        detail += (
            f" · {run.labels.name} relates concepts: hand in .jsonl notes with entities and concept ids on the "
            "command line (--given-entities) to get them"
        )
    if len(documents) > MOST_ROWS:
        detail += f" · the table lists the first {MOST_ROWS:,} notes; downloads hold all"
    return notice_value(say_result(run, documents), detail=detail)


def _phi_notice(documents: Sequence[Document]) -> dict[str, Any] | None:
    found = [(document, span) for document in documents for span in find_phi(document.text)]
    if not found:
        return None
    items = [
        f"{span.kind}: {document.text[span.start : span.end]}" + (f" ({document.id})" if len(documents) > 1 else "")
        for document, span in found[:200]
    ]
    what = describe(span for _, span in found)
    return notice_value(f"this text may identify somebody: {what}.", tone="warning", detail=NOTICE, items=items)


def _problems(run: Run) -> dict[str, Any] | None:
    if not run.problems:
        return None
    count = len(run.problems)
    words = f"{count:,} input{'' if count == 1 else 's'} could not be done; the rest was."
    return notice_value(words, tone="problem", items=run.problems[:500])


def move(step: int, run: Run | None, at: int) -> int:
    """The place of the note before or after, within the run."""
    last = len(run.documents) - 1 if run else 0
    return max(0, min(last, at + step))


def row_number(event: gr.SelectData) -> int:
    """The place of the note whose row was selected, also where the table is sorted another way."""
    return int(event.row_value[0]) - 1


def choose_in_table(event: gr.EventData) -> Any:
    """Mark in the table what was selected in the text."""
    return chosen_update(event.ids)


def choose_in_view(event: gr.EventData) -> Any:
    """Select in the text what was chosen in the table."""
    return selection_update(event.ids)


def choose_in_both(event: gr.EventData) -> tuple[Any, Any]:
    """Select in text and table what was chosen in the graph."""
    return selection_update(event.ids), chosen_update(event.ids)


def download(
    kind: str, run: Run | None, entity_threshold: float, relation_threshold: float
) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """A file of what is shown, and what its format could not hold. It is deleted once Gradio has its copy."""
    if run is None or not run.documents:
        raise InputError("nothing to download yet: extract first")
    with tempfile.TemporaryDirectory(prefix="odin-") as folder:
        documents = shown_documents(run, entity_threshold, relation_threshold)
        path, report = write_download(kind, documents, Path(folder), f"odin-{run.labels.name}")
        losses = [f"{place} {what}: {why}".strip() for place, what, why in report.dropped] + report.notes
        words = f"{path.name}: what {kind} cannot hold was left out"
        yield str(path), notice_value(words, items=losses[:200]) if losses else None


def extract(services: Services, text: str, labels: str = "clinical", model: str = "odin-mini") -> dict[str, Any]:
    """One note as a document in the native format: `text` in, entities and relations out. Raises OdinError."""
    for name, value in (("text", text), ("labels", labels), ("model", model)):
        if not isinstance(value, str):  # a client may send anything
            raise InputError(f"{name} must be a string, not {type(value).__name__}")
    why = why_unusable(text)
    if why:
        raise InputError(f"text: {why}")
    report = ReadReport()
    found = list(
        extract_all(
            services.extractor(model), [Document(NOTE_ID, text)], services.labels(labels), ExtractionOptions(), report
        )
    )
    if not found:
        raise InputError(report.dropped[0][2])
    return found[0].document.to_json()
