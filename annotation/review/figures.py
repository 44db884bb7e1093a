"""The figures of a review project as tables for the page: the dashboard's numbers in words.

A section is `{"title", "hint", "tables"}`; a table is `{"caption", "head", "rows", "folded"}`; a cell is text or
`{"text", "note"}` or `{"parts": [{"kind", "count"}]}`, a bar whose parts are as long as their counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from annotation.agreement import Agreement, Figure, Measure, pairwise
from annotation.agreement.command import TITLES
from annotation.review import dashboard
from annotation.review.dashboard import Arm, Team
from annotation.review.preannotation import Bias
from annotation.store import Store
from annotation.store.projects import load_project
from odin.labels import LabelSet

RESAMPLES = 500
Section = dict[str, Any]


def figures_value(store: Store, project: str, reviewer: str, *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """All that the page shows of the project's figures. Raises InputError where there is no such project."""
    return {
        "sections": [
            progress_section(store, project, reviewer),
            agreement_section(store, project, resamples=resamples),
            corrections_section(store, project),
            counts_section(store, project),
            bias_section(*dashboard.bias_and_time(store, project, resamples=resamples)),
        ]
    }


def progress_section(store: Store, project: str, reviewer: str) -> Section:
    """Mine and the team's."""
    team = dashboard.team_progress(store, project)
    older = dashboard.older_reviews(store, project)
    hint = say_team(team, reviewer)
    if older:
        hint += f" {older} of the reviews were made under older guidelines."
    rows = [
        [
            f"{one.reviewer} (you)" if one.reviewer == reviewer else one.reviewer,
            {
                "parts": _parts(
                    submitted=one.submitted, begun=one.started - one.submitted, to_do=one.assigned - one.started
                )
            },
            f"{one.seconds / one.submitted / 60:.1f}" if one.submitted else "–",
            "–" if (left := team.seconds_left(one)) is None else say_duration(left),
        ]
        for one in team.reviewers
    ]
    head = ["Reviewer", "Notes", "Minutes a note", "Time left, about"]
    return {"title": "Progress", "hint": hint, "tables": [_table("", head, rows)] if rows else []}


def say_team(team: Team, reviewer: str) -> str:
    """Mine and the team's progress with the time left."""
    if not team.assigned:
        return "No note is assigned to anybody yet."
    parts = []
    for one in team.reviewers:
        if one.reviewer == reviewer:
            left = team.seconds_left(one)
            time = f", about {say_duration(left)}" if left else ""
            parts.append(f"Mine: {one.submitted} of {one.assigned} submitted, {one.left} left{time}.")
    parts.append(f"Team: {team.submitted} of {team.assigned} reviews submitted.")
    return " ".join(parts)


def agreement_section(store: Store, project: str, *, resamples: int = RESAMPLES) -> Section:
    """Each two reviewers, and each with the model, on what both have submitted."""
    labels = load_project(store, project).labels
    work, symmetric = dashboard.work_by_reviewer(store, project), dashboard.symmetric_relations(store, project)
    tables = []
    for (first, second), found in pairwise(work, symmetric=symmetric, resamples=resamples).items():
        caption = f"{first} and {second}: {found.documents} notes of both"
        if not found.documents:
            tables.append(_table(f"{first} and {second}: no note that both have submitted", [], []))
            continue
        tables.append(_table(caption, ["Measure", "Value", "95 % interval", "Judged"], overall_rows(found)))
        tables += label_tables(found, labels, f"{first} and {second}")
    hint = (
        "F1: how many annotations the two have in common, 1 for all. Kappa: agreement beyond chance, 1 for full, 0 for "
        "what chance alone gives. Intervals resample the notes."
    )
    return {"title": "Agreement", "hint": hint if tables else "Nobody has submitted a note yet.", "tables": tables}


def overall_rows(found: Agreement) -> list[list[Any]]:
    """A row a measure."""
    return [[TITLES[name], *_figure(measure.overall)] for name, measure in found.measures.items()]


def label_tables(found: Agreement, labels: LabelSet, pair: str) -> list[dict[str, Any]]:
    """The measures label by label: mentions, relations, assertions."""
    groups = (
        ("mention", ("entity_f1_exact", "entity_f1_partial", "token_kappa"), labels.entity_labels),
        (
            "relation",
            (
                "relation_f1_exact",
                "relation_f1_overlapping",
                "relation_f1_given_shared_entities",
                "relation_kappa_given_shared_entities",
            ),
            labels.relation_labels,
        ),
        ("assertion", ("assertion_kappa",), tuple(value for value, _ in labels.assertions)),
    )
    tables = []
    for noun, names, order in groups:
        measures = [found.measures[name] for name in names]
        rows = [
            [
                label.replace("_", " "),
                *(_cell(measure.per_label[label]) if label in measure.per_label else "–" for measure in measures),
            ]
            for label in _labels_in(measures, order)
        ]
        if rows:
            head = [
                noun.capitalize(),
                *(TITLES[name].split(", ", 1)[-1] if noun == "mention" else TITLES[name] for name in names),
            ]
            tables.append(_table(f"{pair}, by {noun}", head, rows, folded=True))
    return tables


def corrections_section(store: Store, project: str) -> Section:
    """How often the model was right."""
    rows = []
    for label, counts in dashboard.label_corrections(store, project).items():
        changed = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.changed.items()))
        parts = _parts(kept=counts.kept, changed=sum(counts.changed.values()), rejected=counts.rejected)
        share = "–" if counts.share_kept is None else f"{counts.share_kept:.0%} of {counts.suggested}"
        rows.append([label.replace("_", " "), share, {"parts": parts}, changed or "–", str(counts.added)])
    head = ["Label", "Model was right", "What became of its suggestions", "Changed in", "Missed by it"]
    hint = "Reviewers' submitted versions against the suggestions. Missed: what reviewers added."
    return {
        "title": "How often the model was right",
        "hint": hint if rows else "No submitted note has suggestions yet.",
        "tables": [_table("", head, rows)] if rows else [],
    }


def counts_section(store: Store, project: str) -> Section:
    """How often each label occurs."""
    rows = [
        [one.label.replace("_", " "), f"{one.suggested:,}", f"{one.submitted:,}", f"{one.gold:,}"]
        for one in dashboard.label_counts(store, project)
    ]
    head = ["Label", "Suggested", "Submitted, all reviewers", "Gold"]
    return {"title": "Label counts", "hint": "", "tables": [_table("", head, rows)]}


def bias_section(bias: Bias, blind: Arm, shown: Arm) -> Section:
    """What suggestions do to reviewers, and to the time that a note takes."""
    interval = f"{bias.interval[0]:+.2f} to {bias.interval[1]:+.2f}" if bias.interval else "–"
    difference: Any = (
        f"{bias.difference:+.2f}" if bias.difference is not None else {"text": "undefined", "note": bias.why}
    )
    rows = [
        ["Reviews", str(blind.reviews), str(shown.reviews), "", ""],
        ["Entity F1 with the model", _number(bias.blind), _number(bias.shown), difference, interval],
        ["Median minutes a note", _number(blind.minutes, 1), _number(shown.minutes, 1), _saved(blind, shown), ""],
    ]
    head = ["", "Blind arm", "With suggestions", "Difference", "95 % interval"]
    hint = (
        "If reviewers agree with the model more where they saw its suggestions than where they did not, the surplus is "
        "what the suggestions did to them."
    )
    return {"title": "Pre-annotation bias and time", "hint": hint, "tables": [_table("", head, rows)]}


def say_duration(seconds: float) -> str:
    """The time in the unit that fits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _table(caption: str, head: list[str], rows: list[list[Any]], *, folded: bool = False) -> dict[str, Any]:
    return {"caption": caption, "head": head, "rows": rows, "folded": folded}


def _parts(**counts: int) -> list[dict[str, Any]]:
    return [{"kind": kind.replace("_", " "), "count": count} for kind, count in counts.items()]


def _figure(figure: Figure) -> list[Any]:
    interval = f"{figure.interval[0]:.2f} to {figure.interval[1]:.2f}" if figure.interval else "–"
    value: Any = f"{figure.value:.2f}" if figure.value is not None else {"text": "undefined", "note": figure.why}
    return [value, interval, f"{figure.items:,}"]


def _cell(figure: Figure) -> Any:
    if figure.value is None:
        return {"text": "undefined", "note": figure.why}
    if figure.interval is None:
        return f"{figure.value:.2f}"
    return {"text": f"{figure.value:.2f}", "note": f"{figure.interval[0]:.2f} to {figure.interval[1]:.2f}"}


def _labels_in(measures: Iterable[Measure], order: Iterable[str]) -> list[str]:
    found = {label for measure in measures for label in measure.per_label}
    known = [label for label in order if label in found]
    return [*known, *sorted(found - set(known))]


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _saved(blind: Arm, shown: Arm) -> str:
    return "–" if blind.minutes is None or shown.minutes is None else f"{shown.minutes - blind.minutes:+.1f}"
