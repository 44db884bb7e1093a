"""Do suggestions sway reviewers?

A share of the notes is reviewed without suggestions (the blind arm). If reviewers agree with the model more where they
saw its suggestions than where they did not, the surplus is pre-annotation bias (Fort and Sagot 2010, "Influence of
Pre-annotation on POS-tagged Corpus Development").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from odin.evaluation.annotations import annotations_of
from odin.evaluation.bootstrap import Interval, compare_groups
from odin.evaluation.matching import Rows, exact
from odin.evaluation.pairing import check_same_text
from odin.evaluation.scores import Counts
from odin.schema import Document


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


def _rows(pairs: Iterable[tuple[Document, Document]]) -> list[Rows]:
    rows = []
    for reviewed, model in pairs:
        check_same_text(reviewed, model)
        rows.append(exact(annotations_of(reviewed, ()).mentions, annotations_of(model, ()).mentions))
    return rows
