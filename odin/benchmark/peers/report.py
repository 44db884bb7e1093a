"""The peers' figures for people: one Markdown table, and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odin.benchmark.published import published_figures
from odin.benchmark.report import spread
from odin.evaluation.report import markdown_table, number

HEADER = (
    *("system", "entities F1", "95 % interval", "partial", "assertions", "notes a second", "characters a second"),
    "memory, MB",
)


def peers_markdown(report: Mapping[str, Any]) -> str:
    """The whole report."""
    machine = report["machine"]
    parts = [
        "# Odin beside its peers",
        f"Mentions of {report['documents']} notes of {report['corpus']} {report['split']}, label set "
        f"{report['label_set']}, annotated by a large language model and not by clinicians. All systems were measured "
        f"in one run on one machine ({machine['processor']}, {machine['threads']} threads), each in a process of its "
        "own: exact micro F1, micro F1 of partial matches, accuracy of assertions on found mentions where a system "
        "gives any, and the most memory that the process held. The seconds are those of reading, the system loaded; "
        "Odin's model finds relations in them too, which none of the others but the dictionary does.",
        peers_table(report),
        "\n".join(f"- **{row['peer']}**: {row['what']} ({row['system']}){_learned(row)}." for row in report["peers"]),
    ]
    if report["missing"]:
        lines = (f"- **{row['peer']}**: {row['what']}. `{row['command']}`" for row in report["missing"])
        parts.append("Not measured, for want of what these commands give:\n\n" + "\n".join(lines))
    parts.append(
        "No package registry carries the weights of these systems, so that they were not measured here: what their "
        f"papers publish, of other corpora, is given as it stands there.\n\n{published_table()}"
    )
    parts.append(f"Data SHA-256 `{report['data_sha256']}`. `python -m odin peers --output FOLDER` makes it again.")
    return "\n\n".join(parts) + "\n"


def peers_table(report: Mapping[str, Any]) -> str:
    """The table of what was measured."""
    return markdown_table(HEADER, map(_cells, report["peers"]))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    exact, partial = (row["tables"].get(name, {}) for name in ("entities", "entities, partial"))
    return (
        row["peer"],
        number(exact["micro"]["f1"]) if exact else "other labels",
        spread(exact.get("interval_f1")),
        number(partial["micro"]["f1"]) if partial else "",
        "" if row["assertion_accuracy"] is None else number(row["assertion_accuracy"]),
        f"{row['documents_per_second']:.1f}",
        f"{row['characters_per_second']:,}",
        f"{row['peak_memory_mb']:,}",
    )


def published_table() -> str:
    """Published figures of mentions, whatever the corpus."""
    rows = [row for row in published_figures() if row.table == "entities" and row.value is not None]
    cells = ((row.system, row.corpus, row.metric, number(row.value), row.split, row.source) for row in rows)
    return markdown_table(("system", "corpus", "metric", "published", "on", "source"), cells)


def _learned(row: Mapping[str, Any]) -> str:
    learned = row["trained_on"]
    if learned is None:
        return ""
    return f"; {learned['epochs']} epochs over {learned['documents']} notes, SHA-256 `{learned['data_sha256'][:12]}`"
