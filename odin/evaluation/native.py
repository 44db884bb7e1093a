"""What is scored of a line of the native format, read without building the Document where the line is plain.

Building and checking the Document takes three times as long as parsing the JSON. A line with anything unusual in it
(fragments, a wrong offset, a repeated id) goes the long way, which knows every rule and names what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from odin.corpora import jsonl
from odin.errors import AnnotationError
from odin.evaluation.annotations import (
    Annotations,
    Mention,
    annotations_of,
    concept_labels,
    concept_triples,
    triple,
)
from odin.schema import ASSERTIONS, Document


class ScoredLine(NamedTuple):
    """What a line holds, as far as it is scored."""

    id: str
    text: str
    annotations: Annotations


class _Unusual(Exception):
    """The line is not plain: read it as a Document."""


def read_line(data: bytes, symmetric: Collection[str], *, path: str | Path, number: int) -> ScoredLine:
    """What is scored of line `number` of `path`. Raises FormatError that names both, as `odin.corpora.jsonl`."""
    try:
        value = _decode(data, number)
        try:
            return _plain(value, symmetric)
        except (_Unusual, KeyError, TypeError, AttributeError, ValueError):
            document = Document.from_json(value)
            return ScoredLine(document.id, document.text, annotations_of(document, symmetric))
    except (AnnotationError, ValueError, RecursionError):
        return _refuse(data, symmetric, path, number)


def read_document(data: bytes, *, number: int) -> Document:
    """The document of a line that `read_line` took."""
    return Document.from_json(_decode(data, number))


def _decode(data: bytes, number: int) -> Any:
    return _DECODER.decode(data.decode("utf-8-sig" if number == 1 else "utf-8"))


def _refuse(data: bytes, symmetric: Collection[str], path: str | Path, number: int) -> ScoredLine:
    """Let the format's own reader say what is wrong with the line."""
    document = next(jsonl.parse(chain(repeat(b"\n", number - 1), [data]), path))
    return ScoredLine(document.id, document.text, annotations_of(document, symmetric))


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


_DECODER = json.JSONDecoder(parse_constant=_constant)


def _plain(value: Mapping[str, Any], symmetric: Collection[str]) -> ScoredLine:
    text = value["text"]
    key_of: dict[str, Mention] = {}
    mentions: dict[Mention, str | None] = {}
    items = value.get("entities") or ()
    for item in items:
        key, assertion = _mention(item, text)
        key_of[_name(item["id"])] = key
        mentions[key] = assertion
    if not len(items) == len(key_of) == len(mentions):
        raise _Unusual
    relations = value.get("relations") or ()
    triples = []
    for item in relations:
        head, tail = key_of[_name(item["head"])], key_of[_name(item["tail"])]
        if head is tail:
            raise _Unusual
        label = _name(item["label"])
        if not _denied(item):
            triples.append(triple(label, head, tail, symmetric))
    if len({_name(item["id"]) for item in relations}) != len(relations):
        raise _Unusual
    concepts = value.get("concept_relations")
    named = [(_name(one["label"]), _name(one["head"]), _name(one["tail"])) for one in concepts or ()]
    stated = [names for names, one in zip(named, concepts or (), strict=True) if not _denied(one)]
    annotations = Annotations(
        mentions,
        frozenset(triples),
        concept_triples(stated, symmetric) if stated else frozenset(),
        concept_labels((item["label"], item.get("concept")) for item in items) if concepts else {},
    )
    return ScoredLine(_name(value["id"]), text, annotations)


def _mention(item: Mapping[str, Any], text: str) -> tuple[Mention, str | None]:
    """The entity's key and assertion, where every rule of `odin.schema` that bears on scores is plainly kept."""
    label, start, end = item["label"], item["start"], item["end"]
    stated, score, assertion = item.get("text"), item.get("score"), item.get("assertion")
    plain = (
        type(start) is int
        and type(end) is int
        and 0 <= start < end <= len(text)
        and _name(label)
        and (item.get("concept") is None or type(item["concept"]) is str)
        and not item.get("fragments")
        and (stated is None or stated == text[start:end])
        and (score is None or 0 <= score <= 1)
        and (assertion is None or assertion in ASSERTIONS)
    )
    if not plain:
        raise _Unusual
    return (label, ((start, end),)), assertion


def _name(value: Any) -> str:
    """An id or a label that is plainly one; numbers and empty ones go the long way."""
    if type(value) is not str or not value:
        raise _Unusual
    return value


def _denied(item: Mapping[str, Any]) -> bool:
    attributes = item.get("attributes")
    return bool(attributes and attributes.get("negated"))
