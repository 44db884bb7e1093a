"""What the editor in the browser may ask for, and the answers. Nothing that it sends is trusted.

A request is `{"ticket", "version", "do", ...}`; `do` is edit, undo, redo, submit, reopen, position or identical. The
answer is `{"document", "state"}` with what is on disk now; `{"error"}` in words for the person where it cannot be; or,
where somebody saved first, `{"conflict": [...], "document", "state"}` with the difference in words.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from annotation.agreement.correction import finish_correction
from annotation.agreement.differences import Difference, differences
from annotation.components.annotation_view import label_guide
from annotation.editing.edit_json import edit_from_json
from annotation.editing.suggestions import identical_entities, identical_spans
from annotation.store import Store
from annotation.store.guidelines import current_guideline
from annotation.store.reviews import (
    Draft,
    DraftKey,
    StaleDraftError,
    apply,
    open_note,
    redo,
    save_position,
    undo,
)
from annotation.store.tickets import issue_ticket, read_ticket
from annotation.store.versions import reopen, submit
from odin.errors import InputError, OdinError
from odin.labels import LabelSet
from odin.schema import Document, Entity, Relation

MAX_DIFFERENCES = 12


def editor_value(store: Store, key: DraftKey, *, selected: str | None = None) -> dict[str, Any]:
    """Open the note for that reviewer: what the editor shows first."""
    draft = open_note(store, key)
    save_position(store, key, selected)
    return {
        **_shown(draft),
        "review": _state(store, draft),
        "labels": label_guide(current_guideline(store, key.project).labels),
        "selected": [selected] if selected else [],
        "opened": secrets.token_hex(4),
    }


def answer(store: Store, request: Any) -> dict[str, Any]:
    """Do what the page asks for, if it may; the answer for the page."""
    try:
        if not isinstance(request, Mapping):
            raise InputError("a request must be a JSON object")
        key = read_ticket(store, request.get("ticket"))
        return _perform(store, key, request)
    except StaleDraftError as err:
        labels = current_guideline(store, err.current.key.project).labels
        lines = say_differences(err.seen, err.current.document, labels)
        return {"conflict": lines, **_shown(err.current), "state": _state(store, err.current)}
    except OdinError as err:
        return {"error": str(err)}


def _perform(store: Store, key: DraftKey, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = request.get("do")
    if wanted == "position":
        selected = request.get("selected")
        save_position(store, key, str(selected) if selected else None)
        return {}
    if wanted == "identical":
        return {"spans": _identical(open_note(store, key).document, request)}
    version = request.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise InputError(f"the version must be a whole number, not {version!r}")
    if wanted == "edit":
        draft = apply(store, key, edit_from_json(request.get("edit")), version)
    elif wanted in _STEPS:
        draft = _STEPS[wanted](store, key, version)
    else:
        raise InputError(f"{wanted!r} is nothing that the editor can ask for")
    return {**_shown(draft), "state": _state(store, draft)}


def _submit(store: Store, key: DraftKey, version: int) -> Draft:
    (finish_correction if key.is_gold else submit)(store, key, version)
    return open_note(store, key)


_STEPS: Mapping[Any, Callable[[Store, DraftKey, int], Draft]] = {
    "undo": undo,
    "redo": redo,
    "submit": _submit,
    "reopen": reopen,
}


def _identical(document: Document, request: Mapping[str, Any]) -> list[tuple[int, int]]:
    entity = str(request.get("entity"))
    if request.get("remove"):
        return [other.span for other in identical_entities(document, entity)]
    return list(identical_spans(document, entity))


def _shown(draft: Draft) -> dict[str, Any]:
    return {"document": draft.document.to_json()}


def _state(store: Store, draft: Draft) -> dict[str, Any]:
    return {
        "ticket": issue_ticket(store, draft.key),
        "version": draft.version,
        "submitted": draft.submitted,
        "gold": draft.key.is_gold,
        "saved": draft.saved,
        "undecided": draft.undecided,
        "can_undo": draft.can_undo,
        "can_redo": draft.can_redo,
    }


def say_differences(seen: Document, now: Document, labels: LabelSet) -> list[str]:
    """What is different now, in plain words, one line each."""
    found = differences(seen, now, labels)
    lines = [say_difference(difference, seen, now, labels) for difference in found[:MAX_DIFFERENCES]]
    if len(found) > MAX_DIFFERENCES:
        lines.append(f"and {len(found) - MAX_DIFFERENCES} more")
    return lines or ["only decisions, comments or doubts changed"]


def say_difference(difference: Difference, left: Document, right: Document, labels: LabelSet) -> str:
    """One difference in plain words: what was there, and what is there now."""
    before = say_item(difference.left, left, labels)
    after = say_item(difference.right, right, labels)
    if difference.left is None:
        return f"new: {after}"
    if difference.right is None:
        return f"gone: {before}"
    return f"{difference.kind}: {before} is now {after}"


def say_item(item: Entity | Relation | None, document: Document, labels: LabelSet) -> str:
    """A mention as “words” (label, assertion), a relation as its sentence; "nothing" for None."""
    if item is None:
        return "nothing"
    if isinstance(item, Entity):
        assertion = f", {item.assertion}" if item.assertion not in (None, "present") else ""
        return f"“{item.text_in(document.text)}” ({item.label.replace('_', ' ')}{assertion})"
    head, tail = (document.entity_by_id[end].text_in(document.text) for end in (item.head, item.tail))
    known = item.label in labels.relation_labels
    said = labels.relation(item.label).say(head, tail) if known else f"{head} {item.label} {tail}"
    return f"“{said}”{' (the text denies it)' if item.negated else ''}"
