"""Which note to review next, and why: a mix of what the model is unsure of, where it errs, what is rare, and chance.

A fixed random share of the places goes to notes in random order, the same for every reviewer, so that figures measured
on those notes stay unbiased however the others are chosen.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.review.corrections import corrections, error_rates
from annotation.store import Store
from annotation.store.projects import Project, blind_documents, load_project, suggestions
from odin.schema import Document, Entity, Relation

MOST_UNSURE = 5
"""A note's uncertainty is the mean of that many of its least sure suggestions."""


@dataclass(frozen=True)
class QueueWeights:
    """What each reason counts."""

    entity_uncertainty: float = 1.0
    relation_uncertainty: float = 1.0
    disagreement: float = 1.0
    rare_labels: float = 0.5


@dataclass(frozen=True)
class Queued:
    """A note in the queue."""

    document: str
    reason: str
    """Why it stands where it stands, in words for the reviewer."""
    score: float
    random: bool
    started: bool


def review_queue(store: Store, project: str, reviewer: str, weights: QueueWeights | None = None) -> tuple[Queued, ...]:
    """The reviewer's notes that are not submitted, in the order to review them.

    Disagreement with the model is the share of suggestions with the note's labels that reviewers did not keep in this
    project so far; of the note itself nothing is used that another reviewer did.
    """
    loaded, suggested = load_project(store, project), suggestions(store, project)
    states = store.rows(
        "SELECT assignments.document, drafts.version FROM assignments "
        "LEFT JOIN drafts USING (project, document, reviewer) WHERE assignments.project = ? AND "
        "assignments.reviewer = ? AND coalesce(drafts.state, 'open') = 'open'",
        project,
        reviewer,
    )
    started = {row["document"]: bool(row["version"]) for row in states}
    scored = _score(suggested, error_rates(corrections(store, project)), weights or QueueWeights())
    blind = blind_documents(store, project)
    order = [row["id"] for row in store.rows("SELECT id FROM documents WHERE project = ? ORDER BY position", project)]
    chance = _random_order(order, loaded)
    ranked = sorted((x for x in order if x in started), key=lambda x: -scored.get(x, (0.0, ""))[0])
    queue = []
    for document, is_random in _interleave(ranked, [x for x in chance if x in started], loaded.settings.random_share):
        score, reason = scored.get(document, (0.0, "it has no suggestions yet"))
        if document in blind:
            reason = "it comes without suggestions, to measure what suggestions change"
        if is_random:
            reason = "it is part of the random share, which keeps the figures unbiased"
        queue.append(Queued(document, reason, score, is_random, started[document]))
    return tuple(queue)


def _random_order(documents: Sequence[str], project: Project) -> list[str]:
    """The notes of the random share: a seeded choice over the whole project, so that it is the same for all."""
    rng = random.Random(f"queue {project.settings.seed}")
    return rng.sample(list(documents), round(project.settings.random_share * len(documents)))


def _interleave(ranked: Sequence[str], chance: Sequence[str], share: float) -> Iterable[tuple[str, bool]]:
    """The ranked notes with those of the random share spread evenly among them, each note once."""
    chosen = set(chance)
    by_score, by_chance = iter([x for x in ranked if x not in chosen]), iter(chance)
    for place in range(len(ranked)):
        due = int((place + 1) * share) > int(place * share)
        first, second = (by_chance, by_score) if due else (by_score, by_chance)
        document = next(first, None)
        if document is None:
            document = next(second)
        yield document, document in chosen


def _score(
    suggested: Mapping[str, Document], rates: Mapping[str, float], weights: QueueWeights
) -> dict[str, tuple[float, str]]:
    """(score, reason) by note. Each part is 0 to 1."""
    frequency = Counter(item.label for document in suggested.values() for item in _items(document))
    most = max(frequency.values(), default=1)
    out = {}
    for name, document in suggested.items():
        parts = [
            (weights.entity_uncertainty, *_uncertainty(document.entities, "mention")),
            (weights.relation_uncertainty, *_uncertainty(document.relations, "relation")),
            (weights.disagreement, *_disagreement(document, rates)),
            (weights.rare_labels, *_rarity(document, frequency, most)),
        ]
        _, reason = max((weight * value, reason) for weight, value, reason in parts)
        out[name] = (sum(weight * value for weight, value, _ in parts), reason)
    return out


def _items(document: Document) -> list[Entity | Relation]:
    return [*document.entities, *document.relations]


def _uncertainty(items: Sequence[Entity] | Sequence[Relation], what: str) -> tuple[float, str]:
    """4p(1 - p) of the least sure suggestions: 1 at p = 0.5, 0 at certainty."""
    scores = sorted((x.score for x in items if x.score is not None), key=lambda p: abs(p - 0.5))[:MOST_UNSURE]
    if not scores:
        return 0.0, ""
    doubtful = sum(0.25 <= x.score <= 0.75 for x in items if x.score is not None)
    counted = f"{doubtful} {what}{'s' if doubtful != 1 else ''}"
    reason = f"the model is unsure of {counted if doubtful else f'some {what}s'}"
    return sum(4 * p * (1 - p) for p in scores) / len(scores), reason


def _disagreement(document: Document, rates: Mapping[str, float]) -> tuple[float, str]:
    found = [(rates[item.label], item.label) for item in _items(document) if item.label in rates]
    if not found:
        return 0.0, ""
    _, worst = max(found)
    mean = sum(rate for rate, _ in found) / len(found)
    return mean, f"reviewers often correct the model on {worst} ({rates[worst]:.0%} so far)"


def _rarity(document: Document, frequency: Mapping[str, int], most: int) -> tuple[float, str]:
    found = [(1 - frequency[item.label] / most, item.label) for item in _items(document)]
    rarity, label = max(found, default=(0.0, ""))
    return rarity, f"it may hold a rare label, {label}"
