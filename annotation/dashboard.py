"""The figures of a review project as table rows: progress, agreement, and how often the model was right."""

from __future__ import annotations

from annotation.agreement import pairwise
from annotation.corrections import corrections
from annotation.projects import load_project, progress, suggestions
from annotation.store import Store
from annotation.versions import latest_versions
from odin.schema import Document

MODEL = "the suggestions"
PROGRESS_HEAD = ["reviewer", "assigned", "begun", "submitted", "minutes a note", "minutes left"]
AGREEMENT_HEAD = ["first", "second", "notes", "measure", "value", "95 % interval", "why undefined"]
CORRECTIONS_HEAD = ["label", "suggested", "kept", "share kept", "changed", "rejected", "added"]


def progress_rows(store: Store, project: str) -> list[list[str]]:
    """One row a reviewer."""
    return [
        [
            one.reviewer,
            str(one.assigned),
            str(one.started),
            str(one.submitted),
            f"{one.seconds / one.submitted / 60:.1f}" if one.submitted else "",
            f"{one.seconds_left / 60:.0f}" if one.seconds_left is not None else "",
        ]
        for one in progress(store, project)
    ]


def agreement_rows(store: Store, project: str, *, resamples: int = 300) -> list[list[str]]:
    """One row a pair of reviewers (the model is one) and measure, on what both have submitted."""
    work: dict[str, list[Document]] = {}
    for version in latest_versions(store, project):
        work.setdefault(version.reviewer, []).append(version.document)
    suggested = list(suggestions(store, project).values())
    if work and suggested:
        work[MODEL] = suggested
    symmetric = [label.label for label in load_project(store, project).labels.relations if label.symmetric]
    rows = []
    for (first, second), found in pairwise(work, symmetric=symmetric, resamples=resamples).items():
        if not found.documents:
            rows.append([first, second, "0", "", "", "", "no note that both have submitted"])
            continue
        for name, measure in found.measures.items():
            figure = measure.overall
            value = "" if figure.value is None else f"{figure.value:.2f}"
            interval = f"{figure.interval[0]:.2f} to {figure.interval[1]:.2f}" if figure.interval else ""
            words = name.replace("_", " ")
            rows.append([first, second, str(found.documents), words, value, interval, figure.why or ""])
    return rows


def correction_rows(store: Store, project: str) -> list[list[str]]:
    """One row a label: how often the suggestions were right, and what became of the others."""
    return [
        [
            label,
            str(counts.suggested),
            str(counts.kept),
            "" if counts.share_kept is None else f"{counts.share_kept:.0%}",
            ", ".join(f"{kind} {number}" for kind, number in sorted(counts.changed.items())),
            str(counts.rejected),
            str(counts.added),
        ]
        for label, counts in sorted(corrections(store, project).items())
    ]
