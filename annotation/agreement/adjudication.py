"""From the reviewers' versions of a note to gold: only the differences are decided, each with a reason if one is given.

Decisions are saved one by one, so that an adjudicator can stop at any moment. `adjudicate` turns them into an immutable
gold version that records the versions, the decisions and the reasons; `annotation.agreement.correction` lets the
adjudicator correct what they make first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from annotation.agreement.lineup import Lineup, line_up
from annotation.agreement.merging import Decision, merge, without_marks
from annotation.store import Store, dump, utc_now
from annotation.store.guidelines import current_guideline
from annotation.store.reviews import DraftKey
from annotation.store.versions import Version, insert_version, versions, visible_versions
from odin.errors import AnnotationError, ConflictError, InputError
from odin.schema import Document


def reviewed_versions(store: Store, key: DraftKey) -> tuple[Version, ...]:
    """The newest version of each reviewer of the note, by name, as far as the adjudicator `key.reviewer` may see.

    Raises InputError where these are fewer than two.
    """
    found = visible_versions(store, key.project, key.document, key.reviewer)
    newest = {version.reviewer: version for version in found if version.kind != "gold"}
    if len(newest) < 2:
        raise InputError(f"document {key.document}: two reviewers must have submitted it before it can be adjudicated")
    return tuple(newest[name] for name in sorted(newest))


def lineup_of(store: Store, reviewed: Sequence[Version]) -> Lineup:
    """The versions lined up under the newest guidelines of their project."""
    labels = current_guideline(store, reviewed[0].project).labels
    return line_up([(version.reviewer, version.document) for version in reviewed], labels)


def save_decision(store: Store, key: DraftKey, reviewed: Sequence[Version], decision: Decision) -> None:
    """Keep a decision of the adjudicator `key.reviewer`; it is on disk on return, a later one replaces it."""
    check_right(store, key)
    known = [place.id for place in lineup_of(store, reviewed).differences]
    names = [version.reviewer for version in reviewed]
    if decision.difference not in known or not set(decision.keep) <= set(names):
        raise AnnotationError(
            f"document {key.document}: cannot keep {list(decision.keep)} of {decision.difference!r}; "
            f"differences: {', '.join(sorted(known)) or 'none'}; reviewers: {', '.join(names)}"
        )
    row = {"versions": _ids(reviewed), "difference": decision.difference, "keep": dump(decision.keep)}
    with store.writing() as database:
        check_not_correcting(store, key)
        database.table("decisions").upsert(
            {**key._asdict(), **row, "reason": decision.reason, "time": decision.time or utc_now()},
            pk=("project", "document", "reviewer", "versions", "difference"),
        )


def saved_decisions(store: Store, key: DraftKey, reviewed: Sequence[Version]) -> dict[str, Decision]:
    """The adjudicator's decisions on these versions so far, by difference."""
    rows = store.rows(
        "SELECT difference, keep, reason, time FROM decisions "
        "WHERE project = ? AND document = ? AND reviewer = ? AND versions = ?",
        *key,
        _ids(reviewed),
    )
    return {row["difference"]: Decision(**{**row, "keep": tuple(json.loads(row["keep"]))}) for row in rows}


def adjudicate(
    store: Store, key: DraftKey, reviewed: Sequence[Version], *, reason: str = "", expected_gold: int = 0
) -> Version:
    """The gold version that the adjudicator `key.reviewer` decided on, now saved.

    `expected_gold` is the number of the gold version that the adjudicator saw, 0 for none. Raises AnnotationError while
    differences are undecided, ConflictError where another gold version came meanwhile.
    """
    document, details = merged(store, key, reviewed, reason=reason)
    with store.writing():
        check_not_correcting(store, key)
        return save_gold(store, key, document, details, expected_gold)


def merged(store: Store, key: DraftKey, reviewed: Sequence[Version], *, reason: str) -> tuple[Document, dict[str, Any]]:
    """The document that the adjudicator's decisions make, and what its gold version says of itself."""
    check_right(store, key)
    decisions, lineup = saved_decisions(store, key, reviewed), lineup_of(store, reviewed)
    labels = current_guideline(store, key.project).labels
    document, dropped = merge(lineup, decisions, labels, adjudicator=key.person, time=utc_now())
    details = {
        "versions": [version.id for version in reviewed],
        "reviewers": list(lineup.reviewers),
        "decisions": [asdict(decisions[place.id]) for place in lineup.differences],
        "kinds": {place.id: place.kind for place in lineup.differences},
        "dropped_relations": dropped,
        "edits": [],
        "reason": reason,
    }
    return document, details


def promote(store: Store, key: DraftKey, version: Version, *, reason: str, expected_gold: int = 0) -> Version:
    """One reviewer's version made gold as it is, for notes that only one reviewed; `reason` says why."""
    check_right(store, key)
    if not reason.strip():
        raise InputError(f"document {key.document}: say why one reviewer's version is enough")
    details = {"versions": [version.id], "reviewers": [version.reviewer], "decisions": [], "reason": reason}
    return save_gold(store, key, version.document, details, expected_gold)


def save_gold(
    store: Store, key: DraftKey, document: Document, details: Mapping[str, Any], expected_gold: int
) -> Version:
    """Write the next gold version of the note, without the reviewers' marks. Raises ConflictError."""
    with store.writing() as database:
        newest = gold_count(store, key)
        if newest != expected_gold:
            raise ConflictError(
                f"document {key.document}: gold version {newest} was saved while you decided on top of "
                f"{expected_gold}; look at it and decide again"
            )
        own = key._replace(reviewer=key.person)
        insert_version(store, database, own, "gold", without_marks(document), details={**details, "gold": newest + 1})
    return versions(store, key.project, document=key.document, kind="gold")[-1]


def gold_count(store: Store, key: DraftKey) -> int:
    """How many gold versions the note has."""
    row = store.row(
        "SELECT count(*) AS count FROM versions WHERE project = ? AND document = ? AND kind = 'gold'",
        key.project,
        key.document,
    )
    return int(row["count"]) if row else 0


def check_right(store: Store, key: DraftKey) -> None:
    """An adjudicator must not be a reviewer who has still to submit the note: they would see the others' work."""
    assigned = store.row("SELECT 1 FROM assignments WHERE project = ? AND document = ? AND reviewer = ?", *key)
    if assigned and not visible_versions(store, key.project, key.document, key.reviewer):
        raise InputError(f"document {key.document}: {key.reviewer} must submit it before adjudicating it")


def is_correcting(store: Store, key: DraftKey) -> bool:
    """True while the adjudicator has the merged note open in the editor."""
    draft = store.row(
        "SELECT 1 FROM drafts WHERE project = ? AND document = ? AND reviewer = ? AND state = 'open'", *key.gold
    )
    return draft is not None


def check_not_correcting(store: Store, key: DraftKey) -> None:
    """Raise AnnotationError while what was decided is being corrected: the two would part."""
    if is_correcting(store, key):
        raise AnnotationError(
            f"document {key.document}: you have the merged note open in the editor; correct it there and make it gold"
        )


def _ids(reviewed: Sequence[Version]) -> str:
    return dump([version.id for version in reviewed])
