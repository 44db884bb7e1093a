"""Zero-shot: train without one corpus, or without a part of it, and test on what was left out.

Nothing of what is left out takes part in training or in any choice: it is taken from the sources and from the dev sets
of the configuration alike, and so is all that was annotated or written for the project in the way of that corpus. A
part is named by a key of the documents' `meta`, such as source=primock57.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from odin.benchmark.measuring import Benchmark, run_benchmark
from odin.benchmark.tasks import Task, folded, gold_documents, labels_of, task_of
from odin.corpora import jsonl
from odin.corpora.catalog import CORPORA, find
from odin.corpora.label_maps import LABEL_MAPS
from odin.errors import InputError, ModelError
from odin.extraction import Extractor
from odin.schema import Document
from odin.training.config import Source, TrainingConfig, in_stages
from odin.training.data import source_documents

REPORT = "zero_shot.json"


@dataclass(frozen=True)
class LeftOut:
    """What training is not to see."""

    corpus: str
    key: str = ""
    """Of `meta`; empty for the whole corpus."""
    value: str = ""

    def holds(self, document: Document) -> bool:
        """True where the document is left out."""
        return not self.key or str(document.meta.get(self.key, "")) == self.value

    def __str__(self) -> str:
        return f"{self.corpus} {self.key}={self.value}" if self.key else self.corpus


def parse_left_out(corpus: str, where: str | None) -> LeftOut:
    """What `--without CORPUS --where KEY=VALUE` names. Raises InputError."""
    key, equals, value = (where or "").partition("=")
    if where and not (key and equals and value):
        raise InputError(f"--where {where!r}: give KEY=VALUE, as in source=primock57")
    return LeftOut(corpus, key, value)


def configuration_without(config: TrainingConfig, left: LeftOut, folder: Path) -> TrainingConfig:
    """The configuration without what is left out. The rest of a corpus of which a part is left out goes into `folder`.

    Raises InputError where nothing is taken away, or nothing is left to train or to choose on in one of its stages.
    """
    stages = [_stage_without(stage, left, folder / f"part-{number}") for number, stage in enumerate(config.stages, 1)]
    if all(now.sources == before.sources for now, before in zip(stages, config.stages, strict=True)):
        raise InputError(f"the configuration does not train on {left}: leave out one of {_names(config.sources)}")
    return in_stages(stages)


def _stage_without(stage: TrainingConfig, left: LeftOut, folder: Path) -> TrainingConfig:
    sources = _without(stage.sources, left, folder / "sources")
    dev = _without(stage.dev, left, folder / "dev")
    if not sources or not dev:
        what = "train" if not sources else "choose"
        raise InputError(f"without {left} there is nothing to {what} on; add a source to the configuration")
    return replace(stage, first=(), sources=sources, dev=dev)


def _without(sources: Sequence[Source], left: LeftOut, folder: Path) -> tuple[Source, ...]:
    kept = []
    for place, source in enumerate(sources):
        if source.corpus != left.corpus:
            if not _follows(source, left.corpus):
                kept.append(source)
            continue
        documents = source_documents(source) if left.key else []
        rest = [document for document in documents if not left.holds(document)]
        if len(rest) == len(documents) > 0:
            kept.append(source)
        elif rest:
            path = folder / f"{place}-{source.corpus}-{source.split}.jsonl"
            jsonl.write(rest, path)
            kept.append(replace(source, corpus=str(path)))
    return tuple(kept)


WRITTEN = "written_texts"
"""The folder of abstracts and sentences written in the way of a corpus, each file named after it."""
NOTES = "written_notes"
"""The folder of notes written in the way of clinical_notes."""


def _follows(source: Source, corpus: str) -> bool:
    """Whether what a source holds was made from the texts or in the way of that corpus."""
    if known := CORPORA.get(source.corpus):
        return corpus in known.derived.get(source.split, ())
    path = Path(source.corpus)
    written = path.name.partition(".")[0] if path.parent.name == WRITTEN else None
    return written == corpus or (corpus == "clinical_notes" and path.parent.name == NOTES)


def held_out_task(config: TrainingConfig, left: LeftOut, label_set: str | None, split: str = "dev") -> Task:
    """How what was left out is asked for: by a label set that the rest of the configuration trains.

    Of the answers only those labels are scored that the corpus annotates: what it leaves unmarked is not wrong.
    Raises InputError where that label set is not among them.
    """
    trained = list(dict.fromkeys(source.label_set for source in config.sources))
    task = task_of(left.corpus, split, label_set)
    if task.label_set not in trained:
        raise InputError(
            f"the rest of the configuration does not train the label set {task.label_set!r}: "
            f"name one of {', '.join(trained)} with --labels"
        )
    annotated = LABEL_MAPS.get((left.corpus, task.label_set))
    if task.folded is not None or (annotated is None and task.label_set == find(left.corpus).label_set):
        return task
    if annotated is None:
        known = ", ".join(name for corpus, name in LABEL_MAPS if corpus == left.corpus and name in trained) or "none"
        raise InputError(
            f"nothing says which labels of {left.corpus} are which of {task.label_set!r}: "
            f"name another label set with --labels (of those that the rest trains: {known})"
        )
    return replace(
        task,
        folded={label: label for label in annotated.given},
        relations={label: label for label in annotated.relations.values()},
    )


def held_out_documents(task: Task, left: LeftOut) -> list[Document]:
    """The documents to test on. Raises InputError where there is none."""
    documents = [document for document in gold_documents(task) if left.holds(document)]
    if not any(document.entities for document in documents):
        raise InputError(f"{left}: nothing of it is annotated in {task.split} as {task.label_set}; name another set")
    return [folded(document, task) for document in documents]


def zero_shot(
    config: TrainingConfig,
    left: LeftOut,
    folder: Path,
    *,
    label_set: str | None = None,
    beside: Path | None = None,
    device: str = "cpu",
) -> Benchmark:
    """Train without, test on it. `folder` gets the run and what `REPORT` names.

    `beside` is the folder of a model that learnt from all of the configuration; it is asked the same of the same
    documents. Raises InputError, and ModelError where `beside` does not answer with the label set of the test.
    """
    rest = configuration_without(config, left, folder)
    task = held_out_task(rest, left, label_set)
    gold = held_out_documents(task, left)

    from odin.extraction.neural import NeuralExtractor
    from odin.training.stages import train

    whole = NeuralExtractor.load(beside, device=device) if beside else None
    if whole is not None and task.label_set not in whole.labels:
        raise ModelError(f"the model {beside} does not answer with the label set {task.label_set!r}: name another")
    if train(rest, folder, device=device) is None:
        raise InputError(f"{folder}: the run was stopped; run it again to go on")

    def asked(extractor: Extractor) -> Benchmark:
        return run_benchmark(gold, labels_of(task), extractor, corpus=left.corpus, split=task.split, task=task)

    found = asked(NeuralExtractor.load(folder / "model", device=device))
    trained = [source.name for source in rest.sources]
    steps = json.loads((folder / "model" / "metrics.json").read_text(encoding="utf-8"))["step"]
    report = {"without": str(left), "trained_on": trained, "steps": steps, **found.to_json()}
    if whole is not None:
        with_it = asked(whole)
        report["beside"] = {"model": with_it.model, "tables": with_it.to_json()["tables"]}
    (folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return found


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(dict.fromkeys(source.corpus for source in sources))
