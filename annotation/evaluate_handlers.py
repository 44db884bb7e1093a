"""What the buttons and tables of the Evaluate tab do; each can be called without a browser."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from annotation.components.annotation_view import view_value
from annotation.components.evaluation_charts import confusion_chart, precision_recall_chart, reliability_chart
from annotation.evaluating import COMPARED, Evaluation, count_kinds
from annotation.services import Services, served_folder
from odin.corpora import catalog, jsonl
from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.calibration import at_threshold, best_threshold
from odin.evaluation.drift import drift
from odin.evaluation.errors import confusion_matrix
from odin.evaluation.report import HEADER, TITLES, label_rows, number
from odin.evaluation.slices import ENTITY_SLICES, RELATION_SLICES, Training, slice_entities, slice_relations
from odin.extraction import ExtractionOptions
from odin.extraction.batch import extract_all
from odin.schema import Document, ReadReport

MOST_ROWS = 2000
"""Rows of the error table that a browser is asked to hold."""
ALL = "all"
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


def evaluate_files(
    services: Services, gold: str | None, predicted: str | None, second: str | None, training: str | None, labels: str
) -> Evaluation:
    """The evaluation of uploaded files. Raises InputError, or FormatError with the line, where one cannot be used."""
    if not gold or not predicted:
        raise InputError("choose a gold file and a predicted file in the native format (.jsonl) first")
    return Evaluation.of(
        f"{Path(predicted).name} against {Path(gold).name}",
        list(jsonl.read(gold)),
        jsonl.read(predicted),
        services.labels(labels),
        second=list(jsonl.read(second)) if second else None,
        training=Training.of(jsonl.read(training)) if training else None,
    )


def evaluate_model(
    services: Services, model: str | None, second: str | None, corpus: str | None, split: str, most: float
) -> Iterator[tuple[Evaluation | None, str]]:
    """(None, progress) while the model reads the notes, then (the evaluation, what was done)."""
    if not model or not corpus:
        raise InputError("choose a model and a corpus first")
    entry = catalog.find(corpus)
    if entry.label_set is None:
        raise InputError(f"the corpus {corpus} has no label set that models answer with; choose another")
    labels = services.labels(entry.label_set)
    gold = [catalog.as_label_set(one, entry.label_set) for one in catalog.load(corpus, split)]
    gold = gold[: int(most)] if most else gold
    found: list[list[Document]] = []
    failed = ReadReport()
    for name in [model, *([second] if second and second != model else [])]:
        found.append([])
        bare = (one.with_annotations(()) for one in gold)
        for item in extract_all(services.extractor(name), bare, labels, ExtractionOptions(), failed):
            found[-1].append(item.document)
            yield None, f"{name}: {len(found[-1])} of {len(gold)} notes"
    training = None
    if split != "train":
        yield None, "reading the training notes, for seen and unseen mentions"
        training = Training.of(catalog.load(corpus, "train"))
    other = found[1] if len(found) > 1 else None
    title = f"{model} on {corpus} {split}"
    evaluation = Evaluation.of(title, gold, found[0], labels, second=other, training=training)
    yield evaluation, f"{title}: done" + (f"; {len(failed.dropped)} notes could not be read" if failed.dropped else "")


def splits_of(corpus: str | None) -> Any:
    """An update of the split's choices for a corpus."""
    if not corpus:
        return gr.update()
    splits = catalog.find(corpus).splits
    known = ["train", "dev"] if "all" in splits else list(splits)
    return gr.update(choices=known, value="dev" if "dev" in known else known[0])


def show_summary(evaluation: Evaluation | None) -> tuple[Any, Any, Any]:
    """The headline as plain rows, the choices of views, and the comparison of two systems."""
    if evaluation is None:
        return gr.update(value=None), gr.update(), gr.update(visible=False)
    views = evaluation.views()
    rows = [[TITLES[name], number(view.micro.f1), str(view.micro.support)] for name, view in views.items()]
    accuracy, rate = evaluation.scores.assertion_accuracy, evaluation.false_positives
    if accuracy.total:
        rows.append(["Assertion accuracy on found mentions", number(accuracy.value), str(accuracy.total)])
    if rate.total:
        rows.append(["Co-occurrence false-positive rate", number(rate.value), str(rate.total)])
    if "strict" in views:
        baseline = evaluation.all_pairs_baseline.micro
        rows.append(["All-pairs baseline on gold mentions, strict", number(baseline.f1), str(baseline.support)])
    if evaluation.missing:
        rows.append(["Gold notes that were not predicted", str(evaluation.missing), str(len(evaluation.pairs))])
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


def show_table(evaluation: Evaluation | None, view: str | None) -> list[list[str]]:
    """The table of one view: a row a label, then micro and macro, with intervals."""
    if evaluation is None or view is None:
        return []
    scores = evaluation.views().get(view)
    return [] if scores is None else [list(row) for row in label_rows(scores, bootstrap(scores))]


TABLE_HEADER = ["label", *HEADER[1:]]


def show_charts(evaluation: Evaluation | None, what: str, threshold: float) -> tuple[Any, Any, Any, str]:
    """The confusion matrix, reliability, precision and recall, and what the chosen threshold gives."""
    if evaluation is None:
        return None, None, None, ""
    found, gold = evaluation.outcomes(what)
    matrix = confusion_matrix(one for document in evaluation.entities for one in document.judged)
    said = "The predictions carry no scores."
    best = best_threshold(found, gold)
    if best is not None:
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


def show_kinds(evaluation: Evaluation | None) -> tuple[list[list[str]], Any]:
    """How many errors of each kind, and the choices of the filter."""
    kinds = count_kinds(evaluation.errors) if evaluation else []
    choices = [ALL, *(f"{what}: {kind}" for what, kind, _ in kinds)]
    return [[what, kind, str(count)] for what, kind, count in kinds], gr.update(choices=choices, value=ALL)


def show_errors(evaluation: Evaluation | None, chosen: str) -> tuple[list[list[str]], list[int]]:
    """The rows of the error table under the filter, and which errors they are."""
    errors = evaluation.errors if evaluation else ()
    places = [i for i, error in enumerate(errors) if chosen in (ALL, f"{error.what}: {error.kind}")][:MOST_ROWS]
    return [list(errors[place].cells) for place in places], places


def open_error(evaluation: Evaluation | None, places: list[int], event: gr.SelectData) -> tuple[Any, Any, Any]:
    """Gold and predicted of the note of the chosen error, side by side, with what is wrong selected."""
    row = event.index[0] if isinstance(event.index, list | tuple) else event.index
    return side_by_side(evaluation, places, int(row))


def side_by_side(evaluation: Evaluation | None, places: list[int], row: int) -> tuple[Any, Any, Any]:
    """(both views shown, gold, predicted) of the error in that row of the table."""
    if evaluation is None or not 0 <= row < len(places):
        return gr.update(visible=False), None, None
    error = evaluation.errors[places[row]]
    gold, predicted = next(pair for pair in evaluation.pairs if pair[0].id == error.document)
    return (
        gr.update(visible=True),
        view_value(gold, evaluation.labels, selected=error.gold_ids),
        view_value(predicted, evaluation.labels, selected=error.predicted_ids),
    )


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


def measure_drift(first: str | None, second: str | None) -> tuple[list[list[str]], list[list[str]]]:
    """How far the second file differs from the first, and by which words. Raises InputError where one is not chosen."""
    if not first or not second:
        raise InputError("choose two files in the native format (.jsonl) first")
    found = drift(list(jsonl.read(first)), list(jsonl.read(second)))
    rows = [[title, number(getattr(found, name))] for name, title in DRIFT_ROWS.items()]
    words = [[word, "second" if part > 0 else "first", f"{abs(part):.4f}"] for word, part in found.most_different_words]
    return rows, words


def _file(evaluation: Evaluation | None, name: str, content: str) -> str | None:
    if evaluation is None:
        return None
    served_folder().mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=served_folder())) / name
    path.write_text(content, encoding="utf-8")
    return str(path)
