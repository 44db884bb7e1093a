"""Do suggestions sway reviewers, and how long does a note take?

A share of the notes is reviewed without suggestions (the blind arm). If reviewers agree with the model more where they
saw its suggestions than where they did not, the surplus is pre-annotation bias (Fort and Sagot 2010, "Influence of
Pre-annotation on POS-tagged Corpus Development").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from odin.evaluation.annotations import annotations_of
from odin.evaluation.bootstrap import Interval, compare_groups
from odin.evaluation.matching import Rows, exact
from odin.evaluation.pairing import check_same_text
from odin.evaluation.scores import Counts
from odin.schema import Document

IDLE_SECONDS = 120.0
"""A longer pause between two actions is not work on the note."""


@dataclass(frozen=True)
class Bias:
    """How much more reviewers agree with the model (exact entity F1) where they saw its suggestions."""

    blind: float | None
    shown: float | None
    difference: float | None
    interval: Interval | None
    blind_documents: int
    shown_documents: int
    why: str | None = None
    """Why the difference is not defined."""


def preannotation_bias(
    blind: Iterable[tuple[Document, Document]],
    shown: Iterable[tuple[Document, Document]],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Bias:
    """The bias from (reviewed, model) documents of the blind arm and of the notes with suggestions.

    The interval resamples the documents of each arm. Raises InputError where the two texts of a document differ.
    """
    arms = _rows(blind), _rows(shown)
    scores = [sum((Counts(*row) for rows in arm for row in rows.values()), Counts()).f1 for arm in arms]
    if scores[0] is None or scores[1] is None:
        why = f"no entity in the {'blind' if scores[0] is None else 'shown'} arm"
        return Bias(scores[0], scores[1], None, None, len(arms[0]), len(arms[1]), why)
    interval = compare_groups(*arms, resamples=resamples, seed=seed)
    return Bias(scores[0], scores[1], scores[1] - scores[0], interval, len(arms[0]), len(arms[1]))


def active_seconds(times: Iterable[str], *, idle_seconds: float = IDLE_SECONDS) -> float:
    """The seconds of work that actions at these times (ISO 8601) stand for; pauses count as at most `idle_seconds`.

    Actions at 12:00:00, 12:00:30 and 13:00:00: 30 + 120.
    """
    moments = sorted(datetime.fromisoformat(time) for time in times)
    gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    return sum(min(gap, idle_seconds) for gap in gaps)


def median_note_seconds(notes: Iterable[Sequence[str]]) -> float | None:
    """The median of `active_seconds` over notes, given the times of each note's actions; None without any."""
    seconds = [active_seconds(times) for times in notes if times]
    return median(seconds) if seconds else None


def _rows(pairs: Iterable[tuple[Document, Document]]) -> list[Rows]:
    rows = []
    for reviewed, model in pairs:
        check_same_text(reviewed, model)
        rows.append(exact(annotations_of(reviewed, ()).mentions, annotations_of(model, ()).mentions))
    return rows
