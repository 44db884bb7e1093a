"""Where an evaluation comes from: two files, a model on a corpus, or a model on the gold notes of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from annotation.background import in_background
from annotation.evaluate.evaluating import Evaluation
from annotation.services import Services
from annotation.store import Store, default_store_path
from annotation.store.projects import create_project, load_project, project_names
from annotation.store.versions import gold_versions
from odin.corpora import catalog, jsonl
from odin.errors import InputError
from odin.evaluation.slices import Training
from odin.extraction import ExtractionOptions
from odin.extraction.batch import extract_all
from odin.labels import LabelSet
from odin.schema import Document, ReadReport

SECONDS_BETWEEN_UPDATES = 2.0
"""How long a model may be at its notes before the page hears of it, and can stop it."""

SWAPPED = ". Gold carries scores and what is predicted does not: are the two files swapped?"

Steps = Iterator[tuple[Evaluation | None, str]]
"""(None, progress) while a model reads the notes, then (the evaluation, what was done)."""


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


def score_files(services: Services, *given: Any) -> Steps:
    """The evaluation of uploaded files as steps: what `evaluate_files` takes."""
    yield None, "reading and scoring the files"
    evaluation = evaluate_files(services, *given)
    gold, predicted = (_has_scores(pair[side] for pair in evaluation.pairs) for side in (0, 1))
    yield evaluation, f"{evaluation.name}: done" + (SWAPPED if gold and not predicted else "")


def evaluate_model(
    services: Services, model: str | None, second: str | None, corpus: str | None, split: str, most: float
) -> Steps:
    """The evaluation of one or two models on a split of a corpus."""
    if not model or not corpus:
        raise InputError("choose a model and a corpus first")
    entry = catalog.find(corpus)
    if entry.label_set is None:
        raise InputError(f"the corpus {corpus} has no label set that models answer with; choose another")
    gold = [catalog.as_label_set(one, entry.label_set) for one in catalog.load(corpus, split)]
    gold = gold[: int(most)] if most else gold

    def training() -> Training | None:
        return None if split == "train" else Training.of(catalog.load(corpus, "train"))

    labels = services.labels(entry.label_set)
    yield from _evaluate(services, [model, second], f"{corpus} {split}", gold, labels, training)


def evaluate_project(services: Services, model: str | None, second: str | None, project: str | None) -> Steps:
    """The evaluation of one or two models on the adjudicated notes of a review project."""
    if not model or not project:
        raise InputError("choose a model and a project with gold notes first")
    gold, labels = gold_of_project(project)
    yield from _evaluate(services, [model, second], f"gold of {project}", gold, labels, lambda: None)


def _evaluate(
    services: Services,
    models: Sequence[str | None],
    title: str,
    gold: Sequence[Document],
    labels: LabelSet,
    training: Callable[[], Training | None],
) -> Steps:
    names = list(dict.fromkeys(name for name in models if name))
    found: list[list[Document]] = []
    failed = ReadReport()
    for name in names:
        found.append([])
        bare = (one.with_annotations(()) for one in gold)
        read = extract_all(services.extractor(name), bare, labels, ExtractionOptions(), failed)
        for item in in_background(read, SECONDS_BETWEEN_UPDATES):
            found[-1] += [item.document] if item else []
            yield None, f"{name}: {len(found[-1])} of {len(gold)} notes"
    given: list[Document] = []
    if labels.relations or labels.concept_relations:
        options = ExtractionOptions(given_entities=True)
        read = extract_all(services.extractor(names[0]), gold, labels, options, failed)
        for item in in_background(read, SECONDS_BETWEEN_UPDATES):
            given += [item.document] if item else []
            yield None, f"{names[0]}, given gold entities: {len(given)} of {len(gold)} notes"
    yield None, "reading the training notes, for seen and unseen mentions"
    evaluation = Evaluation.of(
        f"{names[0]} on {title}",
        gold,
        found[0],
        labels,
        second=found[1] if len(found) > 1 else None,
        training=training(),
        given=given or None,
    )
    said = f"{evaluation.name}: done"
    yield evaluation, said + (f"; {len(failed.dropped)} notes could not be read" if failed.dropped else "")


def _has_scores(documents: Iterable[Document]) -> bool:
    return any(entity.score is not None for document in documents for entity in document.entities)


def projects_with_gold(path: Path | None = None) -> list[str]:
    """The names of the review projects that have gold notes, the newest first; none where there is no store yet."""
    path = path or default_store_path()
    if not path.is_file():
        return []
    store = Store(path)
    try:
        return [name for name in project_names(store) if gold_versions(store, name)]
    finally:
        store.close()


def gold_of_project(name: str, path: Path | None = None) -> tuple[list[Document], LabelSet]:
    """The adjudicated notes of a project, and its label set. Raises InputError where there is none."""
    store = Store(path or default_store_path())
    try:
        labels = load_project(store, name).labels
        gold = [version.document for version in gold_versions(store, name)]
    finally:
        store.close()
    if not gold:
        raise InputError(f"the project {name!r} has no gold note yet; adjudicate some in the Review tab first")
    return gold, labels


def review_errors(
    evaluation: Evaluation | None, notes: Sequence[str], name: str, *, side: str = "predicted", path: Path | None = None
) -> str:
    """Make a review project of these notes of an evaluation; what was made, in words.

    The annotations of `side` ("predicted" or "gold") become the suggestions. Raises InputError.
    """
    if evaluation is None or not notes:
        raise InputError("there are no notes to send: evaluate something, and choose errors to look at")
    if not name.strip():
        raise InputError("give the review project a name")
    wanted = set(notes)
    chosen = [pair[side == "predicted"] for pair in evaluation.pairs if pair[0].id in wanted]
    store = Store(path or default_store_path())
    try:
        create_project(store, name.strip(), evaluation.labels, chosen, created_by="evaluation")
    finally:
        store.close()
    what = "the predictions" if side == "predicted" else "the gold annotations"
    return f"{len(chosen)} notes are in the review project “{name.strip()}”, with {what} as suggestions."
