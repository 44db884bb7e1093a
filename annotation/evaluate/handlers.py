"""What the buttons and tables of the Evaluate tab do; each can be called without a browser."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr

from annotation.components.annotation_view import view_value
from annotation.components.evaluation_charts import confusion_chart, precision_recall_chart, reliability_chart
from annotation.evaluate.chart_files import write_pictures
from annotation.evaluate.evaluating import COMPARED, Evaluation, count_kinds
from annotation.evaluate.sources import projects_with_gold, review_errors
from annotation.services import served_folder
from odin.corpora import catalog, jsonl
from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.calibration import at_threshold, best_threshold
from odin.evaluation.drift import drift
from odin.evaluation.errors import confusion_matrix
from odin.evaluation.report import HEADER, TITLES, interval_words, label_rows, number
from odin.evaluation.scores import LabelScores
from odin.evaluation.slices import ENTITY_SLICES, RELATION_SLICES, slice_entities, slice_relations

MOST_ROWS = 2000
"""Rows of the error table that a browser is asked to hold."""
ALL = "all"
ERRORS = "errors"
"""The tab of the errors."""
Slice = tuple[str, str, str]
"""("mentions" or "relations", slice, value)."""
SHOWN, OPENED = "the notes of the errors shown", "the note that is open"
CHARTS = ("confusion", "reliability", "precision_recall")
DRIFT_ROWS = {
    "labels": "Entity labels, Jensen-Shannon (bits)",
    "relations": "Relation labels, Jensen-Shannon (bits)",
    "assertions": "Assertions, Jensen-Shannon (bits)",
    "sections": "Sections of mentions, Jensen-Shannon (bits)",
    "vocabulary": "Vocabulary, Jensen-Shannon (bits)",
    "length": "Note length, Jensen-Shannon (bits)",
    "classifier_auc": "Told apart by words, AUC (0.5: not at all)",
    "score_stability": "Entity scores, population stability index (above 0.25: shifted)",
}


def splits_of(corpus: str | None) -> Any:
    """An update of the split's choices for a corpus."""
    if not corpus:
        return gr.update()
    known = list(catalog.split_names(catalog.find(corpus).layouts[0]))
    return gr.update(choices=known, value="dev" if "dev" in known else known[0])


def refresh_projects() -> Any:
    """An update of the choices of projects: those that have gold notes by now."""
    names = projects_with_gold()
    return gr.update(choices=names, value=names[0] if names else None)


def show_summary(evaluation: Evaluation | None) -> tuple[Any, Any, Any]:
    """The headline as plain rows, the choices of views, and the comparison of two systems."""
    if evaluation is None:
        return gr.update(value=None), gr.update(), gr.update(visible=False)
    views = evaluation.views()
    rows = [[TITLES[name], *_overview(view)] for name, view in views.items()]
    accuracy, rate = evaluation.scores.assertion_accuracy, evaluation.false_positives
    if accuracy.total:
        rows.append(["Assertion accuracy on found mentions", number(accuracy.value), "", "", str(accuracy.total)])
    if rate.total:
        rows.append(["Co-occurrence false-positive rate", number(rate.value), "", "", str(rate.total)])
    if "strict" in views:
        rows.append(["All-pairs baseline on gold mentions, strict", *_overview(evaluation.all_pairs_baseline)])
    for what, missing in (
        ("Gold notes that were not predicted", evaluation.missing),
        ("Gold notes that the other system did not predict", evaluation.missing_second),
    ):
        if missing:
            rows.append([what, str(missing), "", "", str(len(evaluation.pairs))])
    choices = [(TITLES[name], name) for name in views]
    compared = [
        [
            COMPARED[view],
            number(one.first),
            number(one.second),
            number(one.difference),
            f"{one.interval[0]:.3f} to {one.interval[1]:.3f}" if one.interval else "",
            f"{one.p_value:.4f}" if one.p_value is not None else "",
        ]
        for view, one in evaluation.comparison().items()
    ]
    return (
        gr.update(value=rows),
        gr.update(choices=choices, value=choices[0][1] if choices else None),
        gr.update(value=compared, visible=bool(compared)),
    )


def _overview(view: LabelScores) -> list[str]:
    """The cells under OVERVIEW_HEADER after the first."""
    within = interval_words(bootstrap(view).micro)
    return [number(view.micro.f1), within, number(view.macro.f1), str(view.micro.support)]


def show_table(evaluation: Evaluation | None, view: str | None) -> list[list[str]]:
    """The table of one view: a row a label, then micro and macro, with intervals."""
    if evaluation is None or view is None:
        return []
    scores = evaluation.views().get(view)
    return [] if scores is None else [list(row) for row in label_rows(scores, bootstrap(scores))]


OVERVIEW_HEADER = ["", "micro F1 or rate", "95 % interval", "macro F1", "support"]
TABLE_HEADER = ["label", *HEADER[1:]]


def show_charts(evaluation: Evaluation | None, what: str, threshold: float) -> tuple[Any, Any, Any, str]:
    """The confusion matrix, reliability, precision and recall, and what the chosen threshold gives."""
    if evaluation is None:
        return None, None, None, ""
    found, gold = evaluation.outcomes(what)
    matrix = confusion_matrix(evaluation.judged(what))
    said = "The predictions carry no scores."
    best = best_threshold(found, gold)
    if not gold:
        said = f"Gold has no {what}: there is nothing to find at any threshold."
    elif best is not None:
        here = at_threshold(found, gold, threshold)
        said = (
            f"From {threshold:.2f}: precision {number(here.precision)}, recall {number(here.recall)}, "
            f"F1 {number(here.f1)}. The highest F1 on these notes, {number(best[1].f1)}, is from {best[0]:.2f}."
        )
    return (
        confusion_chart(matrix),
        reliability_chart(found),
        precision_recall_chart(found, gold, threshold),
        said,
    )


def slice_names(what: str) -> Any:
    """An update of the properties by which mentions or relations are sliced."""
    return gr.update(choices=list(ENTITY_SLICES if what == "mentions" else RELATION_SLICES), value="label")


def show_slices(evaluation: Evaluation | None, what: str, name: str) -> list[list[str]]:
    """The scores by a property of the mentions or relations."""
    if evaluation is None:
        return []
    if what == "mentions" and name in ENTITY_SLICES:
        rows = [(one.gold, one.predicted, one.judged) for one in evaluation.entities]
        scores = slice_entities(name, rows, evaluation.training)
    elif what == "relations" and name in RELATION_SLICES:
        relations = [(one.gold, one.predicted, one.judged) for one in evaluation.relations]
        scores = slice_relations(name, relations)
    else:
        return []
    return [list(row) for row in label_rows(scores, bootstrap(scores))[:-2]]


def choose_slice(what: str, name: str, event: gr.SelectData) -> tuple[Slice, Any]:
    """The chosen row of the table by slice, and the tab of its errors."""
    return (what, name, str(event.row_value[0])), gr.update(selected=ERRORS)


def say_slice(within: Slice | None) -> tuple[Any, str]:
    """Whether the errors shown are of one slice, and of which."""
    return gr.update(visible=within is not None), "" if within is None else f"{within[0]}, {within[1]}: {within[2]}"


def show_kinds(evaluation: Evaluation | None) -> tuple[list[list[str]], Any, None]:
    """How many errors of each kind, the choices of the filter, and no slice."""
    kinds = count_kinds(evaluation.errors) if evaluation else []
    choices = [ALL, *(f"{what}: {kind}" for what, kind, _ in kinds)]
    return [[what, kind, str(count)] for what, kind, count in kinds], gr.update(choices=choices, value=ALL), None


def choose_kind(event: gr.SelectData) -> str:
    """The kind of the chosen row, for the filter."""
    what, kind, *_ = event.row_value
    return f"{what}: {kind}"


def show_errors(evaluation: Evaluation | None, chosen: str, within: Slice | None) -> tuple[list[list[str]], list[int]]:
    """The rows of the error table of a kind and within a slice, and which errors they are."""
    errors = evaluation.errors if evaluation else ()
    sliced = evaluation.errors_within(*within) if evaluation and within else None
    places = [
        place
        for place, error in enumerate(errors)
        if chosen in (ALL, f"{error.what}: {error.kind}") and (sliced is None or place in sliced)
    ][:MOST_ROWS]
    return [list(errors[place].cells) for place in places], places


def open_error(evaluation: Evaluation | None, places: list[int], event: gr.SelectData) -> tuple[Any, Any, Any, Any]:
    """Gold and predicted of the note of the chosen error, side by side, with what is wrong selected; which error."""
    row = int(event.index[0] if isinstance(event.index, list | tuple) else event.index)
    return *side_by_side(evaluation, places, row), places[row] if row < len(places) else None


def side_by_side(evaluation: Evaluation | None, places: list[int], row: int) -> tuple[Any, Any, Any]:
    """(both views shown, gold, predicted) of the error in that row of the table."""
    if evaluation is None or not 0 <= row < len(places):
        return gr.update(visible=False), None, None
    error = evaluation.errors[places[row]]
    gold, predicted = next(pair for pair in evaluation.pairs if pair[0].id == error.document)
    return (
        gr.update(visible=True),
        view_value(gold, evaluation.labels, selected=error.gold_ids, place=error.start),
        view_value(predicted, evaluation.labels, selected=error.predicted_ids, place=error.start),
    )


def send_to_review(
    evaluation: Evaluation | None, places: list[int], opened: int | None, which: str, most: float, side: str, name: str
) -> str:
    """Make a review project of the note that is open, or of the notes of the errors shown, at most `most`."""
    errors = evaluation.errors if evaluation else ()
    chosen = places if which == SHOWN else [place for place in places if place == opened]
    notes = list(dict.fromkeys(errors[place].document for place in chosen if place < len(errors)))
    return review_errors(evaluation, notes[: int(most)], name, side=side)


def download_scores(evaluation: Evaluation | None) -> str | None:
    """The scores as a JSON file."""
    return _file(evaluation, "scores.json", evaluation.to_json() if evaluation else "")


def download_errors(evaluation: Evaluation | None) -> str | None:
    """The errors as a CSV file."""
    return _file(evaluation, "errors.csv", evaluation.errors_csv() if evaluation else "")


def download_charts(evaluation: Evaluation | None, what: str, threshold: float) -> str | None:
    """The charts with their data as a JSON file of Vega-Lite specifications."""
    charts = zip(CHARTS, show_charts(evaluation, what, threshold), strict=False)
    found = {name: chart.to_dict() for name, chart in charts if chart}
    return _file(evaluation, "charts.json", json.dumps(found, indent=1))


def download_pictures(evaluation: Evaluation | None, what: str, threshold: float) -> str | None:
    """The charts as a zip of SVG and PNG files."""
    charts = zip(CHARTS, show_charts(evaluation, what, threshold), strict=False)
    path = _place(evaluation, "charts.zip")
    if path is not None:
        write_pictures({name: chart for name, chart in charts if chart}, path)
    return path and str(path)


def measure_drift(first: str | None, second: str | None) -> tuple[list[list[str]], list[list[str]]]:
    """How far the second file differs from the first, and by which words. Raises InputError where one is not chosen."""
    if not first or not second:
        raise InputError("choose two files in the native format (.jsonl) first")
    found = drift(list(jsonl.read(first)), list(jsonl.read(second)))
    rows = [[title, number(getattr(found, name))] for name, title in DRIFT_ROWS.items()]
    words = [[word, "second" if part > 0 else "first", f"{abs(part):.4f}"] for word, part in found.most_different_words]
    return rows, words


def _file(evaluation: Evaluation | None, name: str, content: str) -> str | None:
    path = _place(evaluation, name)
    if path is not None:
        path.write_text(content, encoding="utf-8")
    return path and str(path)


def _place(evaluation: Evaluation | None, name: str) -> Path | None:
    """Where a file for the browser is to be written; None where there is nothing to write."""
    if evaluation is None:
        return None
    served_folder().mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=served_folder())) / name
