"""The adjudication view: which notes several reviewers have done, where they differ, and the decisions on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from annotation.agreement.adjudication import (
    adjudicate,
    is_correcting,
    lineup_of,
    promote,
    reviewed_versions,
    save_decision,
    saved_decisions,
)
from annotation.agreement.correction import begin_correction
from annotation.agreement.lineup import Lineup, Place
from annotation.agreement.merging import Decision
from annotation.review.requests import say_item
from annotation.store import Store
from annotation.store.audit import remarks_on
from annotation.store.guidelines import current_guideline
from annotation.store.reviews import DraftKey
from annotation.store.tickets import issue_ticket, read_ticket
from annotation.store.versions import Version, gold_versions, latest_versions, versions
from odin.errors import InputError, OdinError
from odin.labels import LabelSet
from odin.schema import Entity, Relation

CONTEXT_CHARACTERS = 60


@dataclass(frozen=True)
class Waiting:
    """A note that two reviewers or more have submitted."""

    document: str
    is_gold: bool
    """It has a gold version already."""

    @property
    def words(self) -> str:
        """What stands in the list."""
        return f"{self.document} (gold)" if self.is_gold else self.document


def notes_to_adjudicate(store: Store, project: str) -> list[Waiting]:
    """The notes that two reviewers have done: those without gold, then those that have it.

    Whoever skipped a note in another tool afterwards has not done it (`latest_versions`).
    """
    rows = store.rows(
        "SELECT document, sum(kind NOT IN ('gold', 'skipped')) AS reviewers, max(kind = 'gold') AS gold FROM versions "
        "WHERE id IN (SELECT max(id) FROM versions WHERE project = ? GROUP BY document, reviewer, kind = 'gold') "
        "GROUP BY document HAVING reviewers >= 2 ORDER BY gold, document",
        project,
    )
    return [Waiting(row["document"], bool(row["gold"])) for row in rows]


def single_notes(store: Store, project: str, adjudicator: str) -> list[Version]:
    """The newest version of each note that only one person was to review, where it has no gold yet.

    Notes that the adjudicator has still to submit are left out: their versions are not to be seen.
    """
    assigned = store.rows("SELECT document, reviewer FROM assignments WHERE project = ?", project)
    times = Counter(row["document"] for row in assigned)
    mine = {row["document"] for row in assigned if row["reviewer"] == adjudicator}
    gold = {version.document.id for version in gold_versions(store, project)}
    found = latest_versions(store, project)
    alone = Counter(version.document.id for version in found)
    return [
        version
        for version in found
        if times[version.document.id] <= 1 == alone[version.document.id]
        and version.document.id not in gold
        and (version.reviewer == adjudicator or version.document.id not in mine)
    ]


def promote_single(store: Store, project: str, adjudicator: str, reason: str) -> int:
    """Make all of `single_notes` gold, each with that reason; how many. Raises InputError without a reason."""
    found = single_notes(store, project, adjudicator)
    if not found:
        raise InputError("there is no note that one person alone reviewed and that is not gold yet")
    for version in found:
        promote(store, DraftKey(project, version.document.id, adjudicator), version, reason=reason)
    return len(found)


def adjudication_value(store: Store, key: DraftKey) -> dict[str, Any]:
    """The reviewers' newest versions of a note side by side, only where they differ.

    Raises InputError where fewer than two reviewers have submitted it, as far as `key.reviewer` may see.
    """
    reviewed, newest = reviewed_versions(store, key), current_guideline(store, key.project)
    decided, lineup = saved_decisions(store, key, reviewed), lineup_of(store, reviewed)
    gold = versions(store, key.project, document=key.document, kind="gold")
    return {
        "ticket": issue_ticket(store, key),
        "document": key.document,
        "reviewers": list(lineup.reviewers),
        "agreed": len(lineup.places) - len(lineup.differences),
        "differences": [_shown(place, lineup, decided.get(place.id), newest.labels) for place in lineup.differences],
        "correcting": is_correcting(store, key),
        "gold": len(gold),
        "gold_by": gold[-1].reviewer if gold else None,
        "remarks": [remark for version in reviewed for remark in _remarks(version, newest.labels)],
        "older": [
            f"{one.reviewer} reviewed it under guidelines {one.guideline}, now {newest.number}"
            for one in reviewed
            if one.guideline < newest.number
        ],
    }


def answer_adjudication(store: Store, request: Any) -> dict[str, Any]:
    """Do what the page asks for (decide a difference, correct, or finish); the new value, or `{"error"}`."""
    try:
        if not isinstance(request, Mapping):
            raise InputError("a request must be a JSON object")
        key = read_ticket(store, request.get("ticket"))
        reviewed = reviewed_versions(store, key)
        if request.get("do") == "decide":
            save_decision(store, key, reviewed, _decision(request))
        elif request.get("do") in _ENDS:
            seen = request.get("gold")
            if not isinstance(seen, int):
                raise InputError("the number of the gold version that was seen must be a whole number")
            reason = str(request.get("reason") or "")
            _ENDS[request["do"]](store, key, reviewed, reason=reason, expected_gold=seen)
        else:
            raise InputError(f"{request.get('do')!r} is nothing that the adjudication can ask for")
        return adjudication_value(store, key)
    except OdinError as err:
        return {"error": str(err)}


_ENDS: Mapping[Any, Callable[..., Any]] = {"finish": adjudicate, "correct": begin_correction}


def _decision(request: Mapping[str, Any]) -> Decision:
    keep = request.get("keep")
    if not isinstance(keep, list):
        raise InputError(f"whose reading is kept must be a list of reviewers, not {keep!r:.80}")
    return Decision(str(request.get("difference")), tuple(map(str, keep)), str(request.get("reason") or ""))


def _shown(place: Place, lineup: Lineup, decision: Decision | None, labels: LabelSet) -> dict[str, Any]:
    """A difference for the page; each variant with those who have it."""
    variants = [
        {
            "who": [lineup.reviewers[number] for number in numbers],
            "words": say_item(place.items[numbers[0]], lineup.documents[numbers[0]], labels),
            "is_empty": place.items[numbers[0]] is None,
        }
        for numbers in place.variants
    ]
    return {
        "id": place.id,
        "kind": place.kind,
        "variants": variants,
        "context": _context(place, lineup),
        "keep": list(decision.keep) if decision else None,
        "reason": decision.reason if decision else "",
    }


def _remarks(version: Version, labels: LabelSet) -> list[dict[str, Any]]:
    """What the reviewer was unsure of or wrote, and on what."""
    document = version.document
    items = {item.id: item for item in (*document.entities, *document.relations)}
    return [
        {
            "who": version.reviewer,
            "on": say_item(items.get(remark.target), document, labels) if remark.target else "the note",
            "unsure": remark.unsure,
            "comment": remark.comment,
        }
        for remark in remarks_on(document, version.reviewer)
    ]


def _context(place: Place, lineup: Lineup) -> tuple[str, str, str]:
    """The text around it, as (before, within, after)."""
    ends: list[Entity] = []
    for item, document in zip(place.items, lineup.documents, strict=True):
        if isinstance(item, Relation):
            ends += [document.entity_by_id[item.head], document.entity_by_id[item.tail]]
        elif item:
            ends.append(item)
    start, end = min(entity.start for entity in ends), max(entity.end for entity in ends)
    text = lineup.documents[0].text
    return text[max(0, start - CONTEXT_CHARACTERS) : start], text[start:end], text[end : end + CONTEXT_CHARACTERS]
