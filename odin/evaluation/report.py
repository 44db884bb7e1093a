"""Scores as a table that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from odin.evaluation.bootstrap import Interval, Intervals, bootstrap
from odin.evaluation.scores import Counts, LabelScores, Scores

TITLES = {
    "exact": "Entities, exact (span and label)",
    "partial": "Entities, partial (overlap and label, one to one)",
    "type": "Entities, type (label counts of a document)",
    "strict": "Relations, strict (label, both spans and their labels)",
    "strict_given": "Relations given gold entities, strict",
    "boundaries": "Relations, boundaries (label and both spans)",
    "overlapping": "Relations, overlapping endpoints (label, overlap and their labels)",
    "concept_relations": "Concept relations (pair and label)",
    "concept_pairs": "Concept pairs (whatever the label)",
    "assertions": "Assertions of found mentions",
}
HEADER = ("", "precision", "recall", "F1", "95 % interval of F1", "right", "spurious", "missed", "support")


def scores_report(scores: Scores, *, resamples: int = 1000, seed: int = 0) -> str:
    """Every table that has something in it; no intervals with `resamples` 0."""
    views = {
        **scores.entities,
        **scores.relations,
        "concept_relations": scores.concept_relations,
        "concept_pairs": scores.concept_pairs,
        "assertions": scores.assertions,
    }
    parts = [f"{scores.documents} documents"]
    for name, view in views.items():
        if view.per_label:
            intervals = bootstrap(view, resamples=resamples, seed=seed) if resamples else None
            parts.append(label_table(TITLES[name], view, intervals))
    if not any(view.per_label for view in views.values()):
        parts.append("neither side has any annotation")
    accuracy = scores.assertion_accuracy
    if accuracy.total:
        parts.append(f"Assertion accuracy on found mentions: {number(accuracy.value)} of {accuracy.total}")
    return "\n\n".join(parts)


def label_table(title: str, scores: LabelScores, intervals: Intervals | None = None) -> str:
    """One table: a row a label, then micro and macro."""
    return f"{title}\n{table(HEADER, label_rows(scores, intervals))}"


def label_rows(scores: LabelScores, intervals: Intervals | None = None) -> list[tuple[str, ...]]:
    """The cells under HEADER: a row a label, then micro and macro."""
    intervals = intervals or Intervals()
    rows: list[tuple[str, ...]] = [
        (label, *_ratios(counts), interval_words(intervals.per_label.get(label, {})), *_counts(counts))
        for label, counts in sorted(scores.per_label.items())
    ]
    rows.append(("micro", *_ratios(scores.micro), interval_words(intervals.micro), *_counts(scores.micro)))
    macro = scores.macro
    means = (number(macro.precision), number(macro.recall), number(macro.f1))
    rows.append(("macro", *means, interval_words(intervals.macro), "", "", "", ""))
    return rows


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns set out with spaces: the first to the left, the others to the right. Empty columns are left out."""
    body = [tuple(row) for row in rows]
    keep = [place for place in range(len(header)) if place == 0 or any(row[place] for row in body)]
    lines = [[row[place] for place in keep] for row in (tuple(header), *body)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same in Markdown, with every column."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def number(value: float | None) -> str:
    """Three decimals, or a dash where the value is not defined."""
    return "-" if value is None else f"{value:.3f}"


def _ratios(counts: Counts) -> tuple[str, str, str]:
    return number(counts.precision), number(counts.recall), number(counts.f1)


def _counts(counts: Counts) -> tuple[str, str, str, str]:
    values = (counts.true_positives, counts.false_positives, counts.false_negatives, counts.support)
    return str(values[0]), str(values[1]), str(values[2]), str(values[3])


def interval_words(measures: Mapping[str, Interval | None]) -> str:
    """The interval of F1; empty where there is none."""
    interval = measures.get("f1")
    return "" if interval is None else f"{interval[0]:.3f}-{interval[1]:.3f}"
