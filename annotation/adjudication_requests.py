"""The adjudication view: which notes two reviewers have done, where they differ, and the decisions on it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from annotation.adjudication import Decision, adjudicate, save_decision, saved_decisions
from annotation.differences import Difference, compare
from annotation.guidelines import current_guideline
from annotation.review_requests import say_item
from annotation.reviews import DraftKey
from annotation.store import Store
from annotation.tickets import issue_ticket, read_ticket
from annotation.versions import Version, versions, visible_versions
from odin.errors import InputError, OdinError
from odin.schema import Document, Entity

CONTEXT_CHARACTERS = 60


def notes_to_adjudicate(store: Store, project: str) -> list[str]:
    """The notes that two reviewers or more have submitted and that have no gold version yet, then those that have."""
    rows = store.rows(
        "SELECT document, count(DISTINCT CASE WHEN kind != 'gold' THEN reviewer END) AS reviewers, "
        "max(kind = 'gold') AS gold FROM versions WHERE project = ? GROUP BY document "
        "HAVING reviewers >= 2 ORDER BY gold, document",
        project,
    )
    return [row["document"] for row in rows]


def adjudication_value(store: Store, key: DraftKey) -> dict[str, Any]:
    """The two newest versions of a note side by side, only where they differ.

    Raises InputError where fewer than two reviewers have submitted it, as far as `key.reviewer` may see.
    """
    left, right = _two_versions(store, key)
    labels = current_guideline(store, key.project).labels
    decided = saved_decisions(store, key, left, right)
    comparison = compare(left.document, right.document, labels)
    shown = []
    for difference in comparison.differences:
        decision = decided.get(difference.id)
        shown.append(
            {
                "id": difference.id,
                "kind": difference.kind,
                "left": say_item(difference.left, left.document, labels),
                "right": say_item(difference.right, right.document, labels),
                "context": _context(difference, left.document, right.document),
                "choice": decision.choice if decision else None,
                "reason": decision.reason if decision else "",
            }
        )
    gold = versions(store, key.project, document=key.document, kind="gold")
    return {
        "ticket": issue_ticket(store, key),
        "document": key.document,
        "reviewers": [left.reviewer, right.reviewer],
        "agreed": len(comparison.entity_pairs) + len(comparison.relation_pairs) - _paired(comparison.differences),
        "differences": shown,
        "gold": len(gold),
        "gold_newest": gold[-1].created if gold else None,
    }


def answer_adjudication(store: Store, request: Any) -> dict[str, Any]:
    """Do what the adjudication page asks for: decide one difference, or finish; the new value, or `{"error"}`."""
    try:
        if not isinstance(request, Mapping):
            raise InputError("a request must be a JSON object")
        key = read_ticket(store, request.get("ticket"))
        left, right = _two_versions(store, key)
        if request.get("do") == "decide":
            wanted = {name: str(request.get(name) or "") for name in ("difference", "choice", "reason")}
            save_decision(store, key, left, right, Decision(**wanted))
        elif request.get("do") == "finish":
            seen = request.get("gold")
            if not isinstance(seen, int):
                raise InputError("the number of the gold version that was seen must be a whole number")
            adjudicate(store, key, left, right, reason=str(request.get("reason") or ""), expected_gold=seen)
        else:
            raise InputError(f"{request.get('do')!r} is nothing that the adjudication can ask for")
        return adjudication_value(store, key)
    except OdinError as err:
        return {"error": str(err)}


def _two_versions(store: Store, key: DraftKey) -> tuple[Version, Version]:
    found = sorted(
        (
            version
            for version in visible_versions(store, key.project, key.document, key.reviewer)
            if version.kind != "gold"
        ),
        key=lambda version: (version.reviewer, version.id),
    )
    newest = [list(group)[-1] for _, group in groupby(found, key=lambda version: version.reviewer)]
    if len(newest) < 2:
        raise InputError(f"document {key.document}: two reviewers must have submitted it before it can be adjudicated")
    return newest[0], newest[1]


def _paired(differences: tuple[Difference, ...]) -> int:
    return sum(difference.left is not None and difference.right is not None for difference in differences)


def _context(difference: Difference, left: Document, right: Document) -> list[str]:
    """The text around it, as (before, within, after)."""
    side, document = (difference.left, left) if difference.left else (difference.right, right)
    if side is None:
        return ["", "", ""]
    ends = [side] if isinstance(side, Entity) else [document.entity_by_id[side.head], document.entity_by_id[side.tail]]
    if isinstance(difference.left, Entity) and isinstance(difference.right, Entity):
        ends = [difference.left, difference.right]
    start, end = min(entity.start for entity in ends), max(entity.end for entity in ends)
    text = document.text
    return [text[max(0, start - CONTEXT_CHARACTERS) : start], text[start:end], text[end : end + CONTEXT_CHARACTERS]]
