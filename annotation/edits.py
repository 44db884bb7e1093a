"""The edits a person can make to an annotated document, as values with a JSON form.

Each is a small frozen dataclass; `annotation.editing.apply_edit` performs it. The JSON form, `{"edit": "add_entity",
...}`, is what the browser sends and what the audit trail keeps: field names are the dataclass's, offsets are Python
code points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Union

from odin.errors import AnnotationError

Span = tuple[int, int]


@dataclass(frozen=True)
class AddEntity:
    """Mark characters `start` to `end`, or several `fragments` that they enclose, as a mention."""

    label: str
    start: int
    end: int
    fragments: tuple[Span, ...] = ()
    assertion: str | None = None


@dataclass(frozen=True)
class RelabelEntity:
    """Give a mention another label. Its relations must allow the new one, or go too where `drop_relations`."""

    entity: str
    label: str
    drop_relations: bool = False


@dataclass(frozen=True)
class MoveBoundary:
    """Give a mention another extent."""

    entity: str
    start: int
    end: int
    fragments: tuple[Span, ...] = ()


@dataclass(frozen=True)
class DeleteEntity:
    """Delete a mention and its relations."""

    entity: str


@dataclass(frozen=True)
class SetAssertion:
    """Say how the text asserts a mention, and which words (`cue`) say so; `assertion=None` clears both."""

    entity: str
    assertion: str | None
    cue: Span | None = None


@dataclass(frozen=True)
class AddRelation:
    """Relate two mentions; only what the label set allows between their labels."""

    label: str
    head: str
    tail: str
    evidence: Span | None = None


@dataclass(frozen=True)
class RelabelRelation:
    """Give a relation another label that its two mentions allow."""

    relation: str
    label: str


@dataclass(frozen=True)
class FlipRelation:
    """Swap head and tail, where the label set allows it."""

    relation: str


@dataclass(frozen=True)
class NegateRelation:
    """Say that the text denies the relation, or no longer does."""

    relation: str
    negated: bool = True


@dataclass(frozen=True)
class DeleteRelation:
    """Delete a relation."""

    relation: str


@dataclass(frozen=True)
class Accept:
    """Accept a suggested mention or relation; a relation's two mentions are accepted with it."""

    target: str


@dataclass(frozen=True)
class Reject:
    """Reject a suggested mention, with its relations, or a suggested relation."""

    target: str


@dataclass(frozen=True)
class MarkIdentical:
    """Mark every other whole-word occurrence of a mention's text with its label."""

    entity: str


@dataclass(frozen=True)
class RemoveIdentical:
    """Delete every mention with this one's text and label, itself included, and their relations."""

    entity: str


@dataclass(frozen=True)
class Comment:
    """Write a comment on a mention or relation, or on the document (`target=None`); empty text clears it."""

    target: str | None
    text: str


@dataclass(frozen=True)
class MarkUnsure:
    """Ask the adjudicator to look at a mention, a relation, or the document (`target=None`)."""

    target: str | None
    unsure: bool = True


Edit = Union[  # noqa: UP007 - a runtime alias that older type readers take too
    AddEntity,
    RelabelEntity,
    MoveBoundary,
    DeleteEntity,
    SetAssertion,
    AddRelation,
    RelabelRelation,
    FlipRelation,
    NegateRelation,
    DeleteRelation,
    Accept,
    Reject,
    MarkIdentical,
    RemoveIdentical,
    Comment,
    MarkUnsure,
]

EDITS: dict[str, type] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", edit.__name__).lower(): edit
    for edit in Edit.__args__  # type: ignore[attr-defined]
}
"""The edits by the name that their JSON form carries: add_entity, relabel_entity, move_boundary, ..."""

_NAMES = {edit: name for name, edit in EDITS.items()}
MAX_COMMENT_CHARACTERS = 4000


def edit_name(edit: Edit) -> str:
    """The name in the JSON form, such as `add_entity`."""
    return _NAMES[type(edit)]


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """A dict that `json.dumps` takes and `edit_from_json` reads."""
    out: dict[str, Any] = {"edit": edit_name(edit)}
    for field in fields(edit):
        value = getattr(edit, field.name)
        if value != field.default or field.default is MISSING:
            out[field.name] = _plain(value)
    return out


def edit_from_json(value: Any) -> Edit:
    """Read an edit that a browser or a file sent. Raises AnnotationError that names the field and what it must be."""
    if not isinstance(value, Mapping):
        raise AnnotationError(f"an edit must be a JSON object, not {type(value).__name__}")
    name = value.get("edit")
    if not isinstance(name, str) or name not in EDITS:
        raise AnnotationError(f'unknown edit {name!r}: "edit" must be one of {", ".join(EDITS)}')
    known = {field.name: field for field in fields(EDITS[name])}
    unknown = [key for key in value if key != "edit" and key not in known]
    if unknown:
        raise AnnotationError(f"edit {name}: unknown field {unknown[0]!r}; it takes {', '.join(known)}")
    arguments = {}
    for key, field in known.items():
        if key in value:
            arguments[key] = _READERS[str(field.type)](value[key], f"edit {name}: {key}")
        elif field.default is MISSING:
            raise AnnotationError(f'edit {name}: "{key}" is missing')
    edit: Edit = EDITS[name](**arguments)
    return edit


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise AnnotationError(f"{place} must be text, not {value!r:.80}")
    if len(value) > MAX_COMMENT_CHARACTERS:
        raise AnnotationError(f"{place} has {len(value)} characters; {MAX_COMMENT_CHARACTERS} are the most")
    return value


def _offset(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise AnnotationError(f"{place} must be a whole number of characters, not {value!r:.80}")
    return value


def _flag(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise AnnotationError(f"{place} must be true or false, not {value!r:.80}")
    return value


def _span(value: Any, place: str) -> Span:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise AnnotationError(f"{place} must be [start, end], not {value!r:.80}")
    return _offset(value[0], place), _offset(value[1], place)


def _spans(value: Any, place: str) -> tuple[Span, ...]:
    if not isinstance(value, (list, tuple)):
        raise AnnotationError(f"{place} must be a list of [start, end], not {value!r:.80}")
    return tuple(_span(item, place) for item in value)


_READERS: dict[str, Any] = {
    "str": _text,
    "int": _offset,
    "bool": _flag,
    "tuple[Span, ...]": _spans,
    "str | None": lambda value, place: None if value is None else _text(value, place),
    "Span | None": lambda value, place: None if value is None else _span(value, place),
}
"""How each field type of the dataclasses above is read, by its annotation."""
