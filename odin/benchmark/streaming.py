"""How fast two files of any size are scored, and in how much memory: measured on notes of the project's generator."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from odin.benchmark.measuring import peak_memory_mb, processor, workers_peak_memory_mb
from odin.benchmark.tasks import SYNTHETIC_SEED
from odin.errors import InputError
from odin.evaluation.report import markdown_table
from odin.evaluation.streaming import Job, score_files
from odin.schema import Document
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator

DISTINCT = 200
"""Notes that are generated; longer files repeat them under new ids."""


@dataclass(frozen=True)
class StreamingFigures:
    """What one run took."""

    documents: int
    megabytes: float
    """Of both files."""
    mentions: int
    """Of the gold file."""
    seconds: float
    processor_seconds: float
    """Of this process and its workers; divided by the processors at hand, what an idle machine needs at least."""
    peak_memory_mb: float
    """Of this process, from its start."""
    worker_peak_memory_mb: float
    """Of the one worker that held most; 0 without workers."""
    entities_f1: float | None
    processor: str

    def to_json(self) -> dict[str, Any]:
        """The figures, rounded."""
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(self).items()}


def measure_streaming(count: int, *, processes: int | None = None, folder: Path | None = None) -> StreamingFigures:
    """Write `count` gold documents and as many predictions, score them, and say what the scoring took."""
    if count < 1:
        raise InputError(f"{count} documents: give 1 or more")
    with tempfile.TemporaryDirectory(prefix="odin-streaming-", dir=folder) as scratch:
        gold, predicted = Path(scratch) / "gold.jsonl", Path(scratch) / "predicted.jsonl"
        mentions = _write(count, gold, predicted)
        size = (gold.stat().st_size + predicted.stat().st_size) / 1e6
        started, used = time.perf_counter(), _processor_seconds()
        found = score_files(Job(gold, predicted), processes=processes)
        seconds, used = time.perf_counter() - started, _processor_seconds() - used
    return StreamingFigures(
        documents=count,
        megabytes=size,
        mentions=mentions,
        seconds=seconds,
        processor_seconds=used,
        peak_memory_mb=peak_memory_mb(),
        worker_peak_memory_mb=workers_peak_memory_mb(),
        entities_f1=found.scores.entities["exact"].micro.f1,
        processor=processor(),
    )


def record(figures: StreamingFigures, folder: Path) -> list[dict[str, Any]]:
    """Write the figures into `streaming.json`, in the place of those of as many documents; all that stand there."""
    path = folder / "streaming.json"
    runs = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    runs = [run for run in runs if run["documents"] != figures.documents] + [figures.to_json()]
    runs.sort(key=lambda run: run["documents"])
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    return runs


def streaming_table(runs: Sequence[Mapping[str, Any]]) -> str:
    """The runs, as `record` gives them, in Markdown."""
    header = ("documents", "both files, MB", "mentions", "seconds", "processor seconds", "memory, MB", "a worker's, MB")
    whole = ("seconds", "processor_seconds", "peak_memory_mb", "worker_peak_memory_mb")
    cells = (
        (run["documents"], round(run["megabytes"]), run["mentions"], *(round(run[name]) for name in whole))
        for run in runs
    )
    return markdown_table(header, ([f"{cell:,}" for cell in row] for row in cells))


def _write(count: int, gold: Path, predicted: Path) -> int:
    """Write both files; the mentions of gold."""
    notes = list(MedicalTextGenerator(options=GenerationOptions(seed=SYNTHETIC_SEED)).documents(DISTINCT, workers=1))
    lines = [[_tail(note) for note in side] for side in (notes, list(map(_with_errors, notes)))]
    for path, tails in zip((gold, predicted), lines, strict=True):
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f'{{"id":"n{number}",{tails[number % len(tails)]}\n' for number in range(count))
    return sum(len(notes[number % len(notes)].entities) for number in range(count))


def _tail(note: Document) -> str:
    """The line of a note after its id."""
    value = {key: item for key, item in note.to_json().items() if key not in ("id", "meta", "provenance")}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[1:]


def _with_errors(note: Document) -> Document:
    """The note as a fair model would have it: some mentions missed, some under another label."""
    kept = tuple(_kept(note))
    ids = {entity.id for entity in kept}
    relations = [one for one in note.relations if one.head in ids and one.tail in ids]
    return note.with_annotations(kept, relations)


def _kept(note: Document) -> Iterator[Any]:
    labels = {entity.label for entity in note.entities}
    taken = {entity.key for entity in note.entities}
    for place, entity in enumerate(note.entities):
        if place % 7 == 6:
            continue
        other = replace(entity, label=min(labels - {entity.label}, default=entity.label))
        yield other if place % 11 == 10 and other.key not in taken else entity


def _processor_seconds() -> float:
    """What this process and its ended children have used."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
