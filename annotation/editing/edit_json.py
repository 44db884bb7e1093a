"""Edits as JSON: what the browser sends and the audit trail keeps.

`{"edit": "add_entity", ...}`; the other keys are the fields of the edit, those with their default left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, get_args

from annotation.editing.edits import Edit, Span
from odin.errors import AnnotationError

EDITS: dict[str, type] = {re.sub(r"(?<!^)(?=[A-Z])", "_", edit.__name__).lower(): edit for edit in get_args(Edit)}
"""The edits by the name that their JSON form carries: add_entity, relabel_entity, move_boundary, ..."""

_NAMES = {edit: name for name, edit in EDITS.items()}
MAX_COMMENT_CHARACTERS = 4000


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """A dict that `json.dumps` takes and `edit_from_json` reads."""
    out: dict[str, Any] = {"edit": _NAMES[type(edit)]}
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


def _or_none(read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda value, place: None if value is None else read(value, place)


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "str": _text,
    "int": _offset,
    "bool": _flag,
    "tuple[Span, ...]": _spans,
    "str | None": _or_none(_text),
    "Span | None": _or_none(_span),
}
"""How each field type of an edit is read, by its annotation."""
