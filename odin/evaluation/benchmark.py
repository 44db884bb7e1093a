"""What a model does on a corpus: every figure with its interval, the baselines beside it, and its speed.

Entities are scored end to end; relations end to end and with gold entities given; concept relations with gold entities
and concept ids given, as BioRED and BC5CDR score them.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.cooccurrence import all_pairs, false_positive_rate
from odin.evaluation.report import number, table
from odin.evaluation.scores import Accuracy, LabelScores
from odin.evaluation.scoring import score_documents
from odin.extraction import ExtractionOptions, Extractor
from odin.labels import LabelSet
from odin.schema import Document

HEADER = ("", "precision", "recall", "F1", "95 % interval", "support")


@dataclass(frozen=True)
class Benchmark:
    """The figures of one model on one split of one corpus."""

    corpus: str
    split: str
    model: str
    label_set: str
    documents: int
    data_hash: str
    """SHA-256 of the gold documents in their native form."""
    tables: Mapping[str, LabelScores]
    assertion: Accuracy
    cooccurrence: Accuracy
    """Of unrelated pairs in one sentence, how many the model relates, gold entities given."""
    all_pairs: LabelScores | None
    """The baseline that relates every pair of gold entities that may be related."""
    seconds: float
    """Of the end-to-end extraction, the model loaded."""
    characters: int
    peak_memory_mb: float
    extra: Mapping[str, Any] = field(default_factory=dict)

    def headline(self) -> dict[str, float | None]:
        """The micro F1 of each table, and the other figures, by name."""
        out = {name: scores.micro.f1 for name, scores in self.tables.items()}
        if self.assertion.total:
            out["assertion accuracy"] = self.assertion.value
        if self.cooccurrence.total:
            out["co-occurrence false-positive rate"] = self.cooccurrence.value
        if self.all_pairs is not None:
            out["all-pairs baseline"] = self.all_pairs.micro.f1
        return out

    def to_json(self) -> dict[str, Any]:
        """Everything, intervals included."""
        return {
            "corpus": self.corpus,
            "split": self.split,
            "model": self.model,
            "label_set": self.label_set,
            "documents": self.documents,
            "data_sha256": self.data_hash,
            "figures": self.headline(),
            "tables": {
                name: {**scores.to_json(), "interval_f1": bootstrap(scores).micro.get("f1")}
                for name, scores in self.tables.items()
            },
            "seconds": round(self.seconds, 2),
            "documents_per_second": round(self.documents / self.seconds, 2) if self.seconds else None,
            "characters_per_second": round(self.characters / self.seconds) if self.seconds else None,
            "peak_memory_mb": round(self.peak_memory_mb),
            **self.extra,
        }

    def to_markdown(self) -> str:
        """A section with a table a task."""
        parts = [
            f"## {self.corpus} {self.split}, label set {self.label_set}, {self.model} ({self.documents} documents)"
        ]
        for name, scores in self.tables.items():
            parts.append(f"### {name}\n\n{_markdown(scores)}")
        if self.assertion.total:
            parts.append(
                f"Assertion accuracy on found mentions: {number(self.assertion.value)} of {self.assertion.total}."
            )
        if self.cooccurrence.total:
            parts.append(
                f"Co-occurrence false-positive rate (gold entities): {number(self.cooccurrence.value)} "
                f"of {self.cooccurrence.total} unrelated pairs of one sentence."
            )
        if self.all_pairs is not None:
            parts.append(f"All-pairs baseline (gold entities): F1 {number(self.all_pairs.micro.f1)}.")
        parts.append(
            f"{self.seconds:.1f} s, {self.documents / max(self.seconds, 1e-9):.1f} documents a second, "
            f"{self.peak_memory_mb:.0f} MB. Data SHA-256 `{self.data_hash[:12]}`."
        )
        return "\n\n".join(parts) + "\n"


def run_benchmark(
    gold: Sequence[Document], labels: LabelSet, extractor: Extractor, *, corpus: str, split: str
) -> Benchmark:
    """Extract the texts of `gold` again and score what comes back."""
    started = time.perf_counter()
    found = [item.document for item in extractor.extract((d.with_annotations(()) for d in gold), labels)]
    seconds = time.perf_counter() - started
    scores = score_documents(gold, found)
    tables: dict[str, LabelScores] = {
        "entities": scores.entities["exact"],
        "entities, partial": scores.entities["partial"],
    }
    rate, baseline = Accuracy(0, 0), None
    if labels.relations:
        tables["relations"] = scores.relations["strict"]
    if labels.relations or labels.concept_relations:
        options = ExtractionOptions(given_entities=True)
        given = [item.document for item in extractor.extract(gold, labels, options)]
        given_scores = score_documents(gold, given)
        if labels.relations:
            tables["relations, gold entities"] = given_scores.relations["strict"]
            rate = false_positive_rate(zip(gold, given, strict=True), labels)
            everything = list(all_pairs(gold, labels, same_sentence=False))
            baseline = score_documents(gold, everything).relations["strict"]
        if labels.concept_relations:
            tables["concept relations, gold entities"] = given_scores.concept_relations
            tables["concept pairs, gold entities"] = given_scores.concept_pairs
    return Benchmark(
        corpus=corpus,
        split=split,
        model=extractor.name,
        label_set=labels.name,
        documents=len(gold),
        data_hash=documents_hash(gold),
        tables=tables,
        assertion=scores.assertion_accuracy,
        cooccurrence=rate,
        all_pairs=baseline,
        seconds=seconds,
        characters=sum(len(document.text) for document in gold),
        peak_memory_mb=peak_memory_mb(),
    )


def documents_hash(documents: Sequence[Document]) -> str:
    """SHA-256 of the documents in their native form, in their order."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(document.to_json(), sort_keys=True).encode())
    return digest.hexdigest()


def peak_memory_mb() -> float:
    """The most memory that this process has held, in megabytes."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _markdown(scores: LabelScores) -> str:
    intervals = bootstrap(scores)
    rows = [(label, counts, intervals.per_label.get(label, {})) for label, counts in sorted(scores.per_label.items())]
    rows.append(("**micro**", scores.micro, intervals.micro))
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    for label, counts, interval in rows:
        low_high = interval.get("f1")
        spread = f"{low_high[0]:.3f}-{low_high[1]:.3f}" if low_high else ""
        values = (
            label,
            number(counts.precision),
            number(counts.recall),
            number(counts.f1),
            spread,
            str(counts.support),
        )
        lines.append("| " + " | ".join(values) + " |")
    return "\n".join(lines)


def summary(benchmarks: Sequence[Benchmark]) -> str:
    """One line a figure, for a terminal."""
    rows = [
        (item.corpus, item.split, name, number(value)) for item in benchmarks for name, value in item.headline().items()
    ]
    return table(("corpus", "split", "figure", "value"), rows)


def figures_markdown(records: Sequence[Mapping[str, Any]]) -> str:
    """The headline figures of `to_json` records as one Markdown table; README and model card carry it."""
    lines = ["| corpus | figure | value | 95 % interval |", "|---|---|---|---|"]
    for record in records:
        for name, value in record["figures"].items():
            spread = record["tables"].get(name, {}).get("interval_f1")
            interval = f"{spread[0]:.3f}-{spread[1]:.3f}" if spread else ""
            lines.append(f"| {record['corpus']} {record['split']} | {name} | {number(value)} | {interval} |")
    return "\n".join(lines)
