"""The merged note in the adjudicator's hands: corrected in the editor like any note, then gold.

It is a draft beside the adjudicator's own review (`DraftKey.gold`), with the same undo, audit trail and warning about
another tab. `drafts.details` keeps the decisions that it came from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from annotation.agreement.adjudication import check_not_correcting, gold_count, merged, save_gold
from annotation.editing.changes import exchange
from annotation.store import Store, annotations_of, dump, utc_now
from annotation.store.reviews import Draft, DraftKey, open_note, record_action
from annotation.store.versions import Version, close_draft
from odin.errors import ConflictError

OWN = "project = ? AND document = ? AND reviewer = ?"


def begin_correction(
    store: Store, key: DraftKey, reviewed: Sequence[Version], *, reason: str = "", expected_gold: int = 0
) -> Draft:
    """The note that the decisions make, open for corrections. Raises as `annotation.agreement.adjudication.adjudicate`.

    An earlier correction that has become gold is replaced by it, as one more action in its audit trail.
    """
    document, details = merged(store, key, reviewed, reason=reason)
    with store.writing() as database:
        check_not_correcting(store, key)
        if gold_count(store, key) != expected_gold:
            raise ConflictError(f"document {key.document}: it has become gold meanwhile; look at it and decide again")
        now, version = utc_now(), 0
        if store.row(f"SELECT 1 FROM drafts WHERE {OWN}", *key.gold):
            before = open_note(store, key.gold)
            version = before.version + 1
            change = exchange(before.document, document)
            action = {"version": version, "time": now, "kind": "restart", "state": "final"}
            record_action(database, key.gold, **action, change=change, text=document.text)
        columns = {"version": version, "state": "open", "annotations": annotations_of(document), "seconds": 0.0}
        more = {"opened": now, "saved": now, "details": dump({**details, "on_gold": expected_gold})}
        database.table("drafts").upsert(
            {**key.gold._asdict(), **columns, **more}, pk=("project", "document", "reviewer")
        )
    return open_note(store, key.gold)


def finish_correction(store: Store, key: DraftKey, expected_version: int) -> Version:
    """The corrected note as the next gold version; `key` is that of the draft.

    Raises StaleDraftError as every action on a draft, ConflictError where another gold version came meanwhile.
    """
    with store.writing() as database:
        made = store.rows(f"SELECT edit FROM actions WHERE {OWN} AND state = 'done' ORDER BY id", *key)
        draft = close_draft(store, database, key, expected_version)
        row = store.row(f"SELECT details FROM drafts WHERE {OWN}", *key)
        details = json.loads(row["details"]) if row else {}
        details["edits"] += [json.loads(action["edit"]) for action in made]
        seen = details.pop("on_gold")
        gold = save_gold(store, key, draft.document, details, seen)
        database.execute(f"UPDATE drafts SET details = ? WHERE {OWN}", (dump({**details, "on_gold": seen + 1}), *key))
    return gold
