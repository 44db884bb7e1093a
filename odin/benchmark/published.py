"""Published figures of the public corpora, and ours under the same measure.

`data/benchmark/published.tsv`: a row a figure, with system, year, split and source. A row without a value names the
corpus's metric where no figure for these labels could be verified.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from odin.errors import InputError
from odin.evaluation.bootstrap import Interval, bootstrap
from odin.evaluation.scores import LabelScores

TABLE = Path(__file__).parents[2] / "data" / "benchmark" / "published.tsv"


@dataclass(frozen=True)
class Published:
    """A figure that somebody has published."""

    corpus: str
    table: str
    """The table of ours that it stands beside, such as "entities"."""
    measure: str
    """Which F1 of that table: `micro`, `label:NAME`, or `macro:NAME+NAME` over these labels."""
    metric: str
    system: str
    year: str
    value: float | None
    split: str
    source: str


@cache
def published_figures() -> tuple[Published, ...]:
    """Every row of the table, in its order."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file, delimiter="\t"))
    return tuple(Published(**{**row, "value": float(row["value"]) if row["value"] else None}) for row in rows)


def measured(scores: LabelScores, measure: str) -> tuple[float | None, Interval | None]:
    """The F1 of `scores` under a measure, and its interval. Raises InputError for a measure that is none."""
    kind, _, names = measure.partition(":")
    labels = names.split("+") if names else []
    if kind == "micro" and not labels:
        return scores.micro.f1, bootstrap(scores).micro.get("f1")
    if kind == "label" and len(labels) == 1:
        counts = scores.per_label.get(names)
        return (counts.f1, bootstrap(scores).per_label.get(names, {}).get("f1")) if counts else (None, None)
    if kind == "macro" and labels:
        chosen = only(scores, labels)
        return chosen.macro.f1, bootstrap(chosen).macro.get("f1")
    raise InputError(f"unknown measure {measure!r}: use micro, label:NAME or macro:NAME+NAME")


def only(scores: LabelScores, labels: list[str]) -> LabelScores:
    """The scores of these labels alone."""
    rows: dict[tuple[tuple[str, int, int, int], ...], int] = {}
    for row, count in (scores.rows or {}).items():
        kept = tuple(part for part in row if part[0] in labels)
        rows[kept] = rows.get(kept, 0) + count
    per_label = {label: counts for label, counts in scores.per_label.items() if label in labels}
    return LabelScores(per_label, None if scores.rows is None else rows)


def beside(corpus: str, tables: Mapping[str, LabelScores]) -> list[dict[str, object]]:
    """Our figure and the published ones of each metric that `tables` bear on; of every metric where there is none."""
    out: dict[tuple[str, str], dict[str, object]] = {}
    for row in published_figures():
        if row.corpus != corpus or (tables and row.table not in tables):
            continue
        key = row.table, row.measure
        if key not in out:
            ours, interval = measured(tables[row.table], row.measure) if row.table in tables else (None, None)
            out[key] = {"metric": row.metric, "ours": ours, "interval": interval, "published": []}
        if row.value is not None:
            figures = out[key]["published"]
            figures.append(  # type: ignore[attr-defined]
                {"system": row.system, "year": row.year, "value": row.value, "split": row.split, "source": row.source}
            )
    return list(out.values())
