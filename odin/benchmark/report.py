"""The benchmark for people: one Markdown section a corpus, and the tables of the README and the model card."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from odin.benchmark.measuring import Benchmark
from odin.errors import InputError
from odin.evaluation.bootstrap import bootstrap
from odin.evaluation.report import markdown_table, number, table
from odin.evaluation.scores import LabelScores

HEADER = ("", "precision", "recall", "F1", "95 % interval", "support")


def section(item: Benchmark) -> str:
    """A section with a table a task."""
    task = item.task
    drawn = f"{item.documents} documents"
    if item.of != item.documents:
        drawn += f" drawn from {item.of}, seed {item.seed}"
    parts = [f"## {task.corpus} {task.split}, label set {task.label_set}, {item.model} ({drawn})"]
    if task.note:
        parts.append(task.note)
    if not item.tables:
        parts.append(f"{item.model} cannot answer with the label set {task.label_set}: baselines alone.")
    for name, scores in item.tables.items():
        parts.append(f"### {name}\n\n{_markdown(scores)}")
    if item.assertion.total:
        parts.append(f"Assertion accuracy on found mentions: {number(item.assertion.value)} of {item.assertion.total}.")
    if item.cooccurrence.total:
        parts.append(
            f"Co-occurrence false-positive rate (gold entities): {number(item.cooccurrence.value)} "
            f"of {item.cooccurrence.total} unrelated pairs of one sentence."
        )
    for name, scores in item.baselines.items():
        counts = scores.micro
        parts.append(
            f"{name.capitalize()}: precision {number(counts.precision)}, recall {number(counts.recall)}, "
            f"F1 {number(counts.f1)}."
        )
    if item.seconds:
        parts.append(
            f"{item.seconds:.1f} s, {item.documents / item.seconds:.1f} documents a second, "
            f"{item.peak_memory_mb:.0f} MB (peak of the process so far)."
        )
    parts.append(f"Data SHA-256 `{item.data_hash[:12]}`.")
    return "\n\n".join(parts) + "\n"


def whole(sections: Sequence[str], records: Sequence[Mapping[str, Any]]) -> str:
    """The report: published figures beside ours, then the section of each corpus."""
    compared = published_markdown(records)
    return "\n".join([*([f"{compared}\n"] if compared else []), *sections])


def _markdown(scores: LabelScores) -> str:
    intervals = bootstrap(scores)
    rows = [(label, counts, intervals.per_label.get(label, {})) for label, counts in sorted(scores.per_label.items())]
    rows.append(("**micro**", scores.micro, intervals.micro))
    cells = (
        (
            *(label, number(counts.precision), number(counts.recall), number(counts.f1)),
            *(spread(interval.get("f1")), str(counts.support)),
        )
        for label, counts, interval in rows
    )
    return markdown_table(HEADER, cells)


def summary(benchmarks: Sequence[Benchmark]) -> str:
    """One line a figure, for a terminal."""
    rows = [
        (item.task.corpus, item.task.split, name, number(value))
        for item in benchmarks
        for name, value in item.headline().items()
    ]
    return table(("corpus", "split", "figure", "value"), rows)


def tables_markdown(records: Sequence[Mapping[str, Any]]) -> str:
    """What README and model card carry of `to_json` records: the headline figures, and published ones beside ours."""
    return "\n\n".join(filter(None, (figures_markdown(records), published_markdown(records))))


def figures_markdown(records: Sequence[Mapping[str, Any]]) -> str:
    """The headline figures of `to_json` records as one Markdown table."""
    rows = []
    for record in records:
        for name, value in record["figures"].items():
            interval = record["tables"].get(name, {}).get("interval_f1")
            rows.append((_name(record), name, number(value), spread(interval)))
    return markdown_table(("corpus", "figure", "value", "95 % interval"), rows)


def published_markdown(records: Sequence[Mapping[str, Any]]) -> str:
    """Our figure and the published ones of each corpus; empty where no record has any."""
    rows: list[tuple[str, ...]] = []
    for record in records:
        for row in record.get("beside_published", ()):
            ours = _name(record), row["metric"], number(row["ours"]), spread(row["interval"])
            for other in row["published"]:
                rows.append((*ours, number(other["value"]), f"{other['system']} ({other['source']})", other["split"]))
            if not row["published"]:
                rows.append((*ours, "-", "none for these labels that could be verified", ""))
    header = ("corpus", "metric", "ours", "95 % interval", "published", "of", "on")
    return markdown_table(header, rows) if rows else ""


def write_between_marks(path: Path, content: str, name: str = "figures") -> None:
    """Put `content` between the marks of that name in a Markdown file. Raises InputError where it has none."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = path.read_text(encoding="utf-8")
    marked = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.S)
    if not marked.search(text):
        raise InputError(f"{path}: the marks {begin} and {end} are missing; put them where the table is to stand")
    path.write_text(marked.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text), encoding="utf-8")


def _name(record: Mapping[str, Any]) -> str:
    sampled = record.get("sampled")
    drawn = f" ({record['documents']} of {sampled['of']})" if sampled else ""
    return f"{record['corpus']} {record['split']}{drawn}"


def spread(interval: Sequence[float] | None) -> str:
    """The interval in words; empty where there is none."""
    return f"{interval[0]:.3f}-{interval[1]:.3f}" if interval else ""
