"""What a model does on a corpus: every figure with its interval, the baselines beside it, and its speed.

Entities are scored end to end; relations end to end and with gold entities given; concept relations with gold entities
and concept ids given, as BioRED and BC5CDR score them.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from odin.benchmark.published import beside
from odin.benchmark.tasks import Task, folded
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.calibration import expected_calibration_error, outcomes
from odin.evaluation.cooccurrence import all_concept_pairs, all_pairs, false_positive_rate
from odin.evaluation.errors import judge_entities, judge_relations
from odin.evaluation.scores import Accuracy, LabelScores
from odin.evaluation.scoring import score_documents
from odin.extraction import ExtractionOptions, Extractor
from odin.labels import LabelSet
from odin.schema import Document

PROCESSORS = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Benchmark:
    """The figures of one model on one split of one corpus."""

    task: Task
    model: str
    documents: int
    of: int
    """How many the split has; `documents` were drawn of them."""
    seed: int
    data_hash: str
    """SHA-256 of the gold documents in their native form."""
    tables: Mapping[str, LabelScores]
    """Empty where the model cannot answer with the label set."""
    assertion: Accuracy
    cooccurrence: Accuracy
    """Of unrelated pairs in one sentence, how many the model relates, gold entities given."""
    baselines: Mapping[str, LabelScores]
    """`all-pairs baseline`: every pair of gold entities related that may be. `dictionary baseline`: the mentions that
    the knowledge graph names."""
    calibration: Mapping[str, float]
    """The expected calibration error of mentions and relations, end to end, by the name of the figure."""
    seconds: float
    """Of the end-to-end extraction, the model loaded; of the extraction given gold where that is all that is asked."""
    characters: int
    peak_memory_mb: float
    """Of the process so far."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def headline(self) -> dict[str, float | None]:
        """The micro F1 of each table, and the other figures."""
        out: dict[str, float | None] = {name: scores.micro.f1 for name, scores in self.tables.items()}
        if self.assertion.total:
            out["assertion accuracy"] = self.assertion.value
        if self.cooccurrence.total:
            out["co-occurrence false-positive rate"] = self.cooccurrence.value
        out |= self.calibration
        return out | {name: scores.micro.f1 for name, scores in self.baselines.items()}

    def to_json(self) -> dict[str, Any]:
        """Everything, intervals included."""
        return {
            "corpus": self.task.corpus,
            "split": self.task.split,
            "model": self.model,
            "label_set": self.task.label_set,
            "note": self.task.note,
            "documents": self.documents,
            "sampled": {"of": self.of, "seed": self.seed} if self.of != self.documents else None,
            "data_sha256": self.data_hash,
            "figures": self.headline(),
            "tables": {
                name: {**scores.to_json(), "interval_f1": bootstrap(scores).micro.get("f1")}
                for name, scores in self.tables.items()
            },
            "beside_published": beside(self.task.corpus, self.tables),
            "seconds": round(self.seconds, 2),
            "documents_per_second": round(self.documents / self.seconds, 2) if self.seconds else None,
            "characters_per_second": round(self.characters / self.seconds) if self.seconds else None,
            "peak_memory_mb": round(self.peak_memory_mb),
            **self.extra,
        }


def run_benchmark(
    gold: Sequence[Document],
    labels: LabelSet,
    extractor: Extractor,
    *,
    corpus: str,
    split: str,
    task: Task | None = None,
    dictionary: Extractor | None = None,
    of: int | None = None,
    seed: int = 0,
    batch_size: int = ExtractionOptions.batch_size,
) -> Benchmark:
    """Extract the texts of `gold` again and score what comes back; `gold` has the labels that `task` scores.

    `gold` was drawn by `seed` from `of` documents. With `dictionary` its baseline is measured too. The extractor reads
    `batch_size` windows at once.
    """
    task = task or Task(corpus, split, labels.name)
    tables, found, given = _answers(gold, labels, extractor, task, ExtractionOptions(batch_size=batch_size))
    assertion = rate = Accuracy(0, 0)
    if found is not None:
        assertion = score_documents(gold, found.documents).assertion_accuracy
    if given is not None and labels.relations and task.relations != {}:
        rate = false_positive_rate(zip(gold, given.documents, strict=True), labels)
    timed = found or given
    return Benchmark(
        task=task,
        model=extractor.name,
        documents=len(gold),
        of=of or len(gold),
        seed=seed,
        data_hash=documents_hash(gold),
        tables=tables,
        assertion=assertion,
        cooccurrence=rate,
        baselines=_baselines(gold, labels, task, dictionary),
        calibration=_calibration(gold, found, task, labels) if found else {},
        seconds=timed.seconds if timed else 0.0,
        characters=sum(len(document.text) for document in gold),
        peak_memory_mb=peak_memory_mb(),
    )


@dataclass(frozen=True)
class Read:
    """What an extractor found in bare texts, and how long it took."""

    documents: list[Document]
    seconds: float


def read_bare(
    gold: Sequence[Document],
    labels: LabelSet,
    extractor: Extractor,
    task: Task,
    options: ExtractionOptions | None = None,
) -> Read:
    """The answers of an extractor to the bare texts of `gold`, folded as the task says."""
    bare = [document.with_annotations(()) for document in gold]
    return _read(bare, labels, extractor, task, options or ExtractionOptions())


def _read(
    documents: Sequence[Document], labels: LabelSet, extractor: Extractor, task: Task, options: ExtractionOptions
) -> Read:
    started = time.perf_counter()
    found = [item.document for item in extractor.extract(documents, labels, options)]
    seconds = time.perf_counter() - started
    return Read([folded(document, task) for document in found], seconds)


def _answers(
    gold: Sequence[Document], labels: LabelSet, extractor: Extractor, task: Task, options: ExtractionOptions
) -> tuple[dict[str, LabelScores], Read | None, Read | None]:
    """The tables of what the extractor answers, its end-to-end answers, and those given gold entities."""
    tables: dict[str, LabelScores] = {}
    if labels.name not in extractor.label_sets():
        return tables, None, None
    related = bool(labels.relations) and task.relations != {}
    found = read_bare(gold, labels, extractor, task, options) if task.mentions else None
    if found is not None:
        scores = score_documents(gold, found.documents)
        tables["entities"] = scores.entities["exact"]
        tables["entities, partial"] = scores.entities["partial"]
        if related:
            tables["relations"] = scores.relations["strict"]
    if not related and not (labels.concept_relations and task.relations is None):
        return tables, found, None
    options = replace(options, given_entities=True)
    given = _read(gold, labels, extractor, task, options)
    given_scores = score_documents(gold, given.documents)
    if related:
        tables["relations, gold entities"] = given_scores.relations["strict"]
    if task.pairs_given:
        tables["relation classes, gold pairs"] = _classes(gold, labels, extractor, task, options)
    if labels.concept_relations:
        tables["concept relations, gold entities"] = given_scores.concept_relations
        tables["concept pairs, gold entities"] = given_scores.concept_pairs
    return tables, found, given


def _calibration(gold: Sequence[Document], found: Read, task: Task, labels: LabelSet) -> dict[str, float]:
    """The figures of `Benchmark.calibration`; none where what is right cannot be told of every prediction."""
    if task.outside:
        return {}
    symmetric = {relation.label for relation in labels.relations if relation.symmetric}
    pairs = list(zip(gold, found.documents, strict=True))
    judged = {
        "calibration error, entities": [one for pair in pairs for one in outcomes(judge_entities(*pair))],
        "calibration error, relations": [one for pair in pairs for one in outcomes(judge_relations(*pair, symmetric))],
    }
    errors = {name: expected_calibration_error(scored) for name, scored in judged.items()}
    return {name: error for name, error in errors.items() if error is not None}


def _classes(
    gold: Sequence[Document], labels: LabelSet, extractor: Extractor, task: Task, options: ExtractionOptions
) -> LabelScores:
    """The likeliest class of each pair that gold relates, however likely it is to be related at all."""
    found = _read(gold, labels, extractor, task, replace(options, relation_threshold=0.0)).documents
    return score_documents(gold, map(_gold_pairs, gold, found)).relations["strict"]


def _gold_pairs(gold: Document, found: Document) -> Document:
    """What was found between the pairs that gold relates, as stated; entities have the ids that gold gave them."""
    pairs = {(one.head, one.tail) for one in gold.relations}
    kept = [replace(one, attributes={}) for one in found.relations if (one.head, one.tail) in pairs]
    return found.with_annotations(found.entities, kept)


def _baselines(
    gold: Sequence[Document], labels: LabelSet, task: Task, dictionary: Extractor | None
) -> dict[str, LabelScores]:
    """What needs no learning: relating everything, and looking names up."""
    out: dict[str, LabelScores] = {}
    if any(document.relations for document in gold) and labels.relations:
        everything = all_pairs(gold, labels, same_sentence=False)
        out["all-pairs baseline"] = score_documents(gold, everything).relations["strict"]
    if any(document.concept_relations for document in gold) and labels.concept_relations:
        scores = score_documents(gold, all_concept_pairs(gold, labels))
        out["all-pairs baseline, concept relations"] = scores.concept_relations
        out["all-pairs baseline, concept pairs"] = scores.concept_pairs
    if dictionary is not None and labels.name in dictionary.label_sets() and task.mentions:
        found = read_bare(gold, labels, dictionary, task)
        out["dictionary baseline, entities"] = score_documents(gold, found.documents).entities["exact"]
    return out


def documents_hash(documents: Sequence[Document]) -> str:
    """SHA-256 of the documents in their native form, in their order."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(document.to_json(), sort_keys=True).encode())
    return digest.hexdigest()


def peak_memory_mb() -> float:
    """The most memory that this process has held, in megabytes."""
    return _megabytes(resource.RUSAGE_SELF)


def workers_peak_memory_mb() -> float:
    """The most memory that any one of the ended children of this process has held, in megabytes."""
    return _megabytes(resource.RUSAGE_CHILDREN)


def _megabytes(who: int) -> float:
    used = resource.getrusage(who).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def processor() -> str:
    """The name of this machine's processor, and how many it has."""
    lines = PROCESSORS.read_text(encoding="utf-8").splitlines() if PROCESSORS.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} x {names[0] if names else platform.machine()}"
