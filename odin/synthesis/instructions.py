"""Documents as instruction-tuning records (Alpaca and chat style) and back, exactly.

The output of a record is JSON: entities in the order of the text and relations by their numbers. A surface that stands
in the text more than once is counted (`"occurrence": 2`), so that reading back gives the very span. Output of a model
need not be so exact: what is named is located (`odin.alignment`), and what is not in the note is reported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from odin.alignment import locate
from odin.errors import AnnotationError, InputError
from odin.labels import LabelSet, load_label_set
from odin.schema import Document, Entity, ReadReport, Relation

STYLES = ("alpaca", "chat")
SPLITS = (("train", 0.8), ("dev", 0.1), ("test", 0.1))

_KEPT = ("concept", "assertion", "score")


def instruction(labels: LabelSet) -> str:
    """What the model is asked to do, with the labels and their definitions."""
    lines = [
        "Find the entities and relations in the text. Answer with JSON: entities (label, text, occurrence where the"
    ]
    lines += [
        "text stands more than once, assertion) and relations (label, head, tail as numbers of entities from 1).",
        "",
    ]
    lines += [f"{item.label}: {item.definition}" for item in labels.entities]
    lines += [
        f"{item.label} ({', '.join(f'{head} -> {tail}' for head, tail in item.pairs)}): {item.definition}"
        for item in labels.relations
    ]
    return "\n".join(lines)


def to_record(document: Document, style: str = "alpaca", labels: LabelSet | None = None) -> dict[str, Any]:
    """The record of a document. Raises InputError for an unknown style, AnnotationError for what it cannot hold."""
    task = instruction(labels or load_label_set("clinical"))
    output = json.dumps(_answer(document), ensure_ascii=False)
    if style == "alpaca":
        return {"id": document.id, "instruction": task, "input": document.text, "output": output}
    if style == "chat":
        messages = [("system", task), ("user", document.text), ("assistant", output)]
        return {"id": document.id, "messages": [{"role": role, "content": content} for role, content in messages]}
    raise InputError(f"unknown style {style!r}: choose one of {', '.join(STYLES)}")


def from_record(record: Mapping[str, Any], report: ReadReport | None = None) -> Document:
    """The document of a record of either style. Raises InputError where it is neither."""
    if "messages" in record:
        contents = {item.get("role"): item.get("content") for item in record["messages"] if isinstance(item, Mapping)}
        text, output = contents.get("user"), contents.get("assistant")
    else:
        text, output = record.get("input"), record.get("output")
    if not isinstance(text, str) or not isinstance(output, str):
        raise InputError(
            f"record {record.get('id', '?')}: needs input and output, or messages of a user and an assistant"
        )
    return read_answer(text, output, id=str(record.get("id", "record")), report=report)


def read_answer(text: str, output: str, *, id: str = "answer", report: ReadReport | None = None) -> Document:
    """The document that an answer describes. What cannot be located or used is dropped and reported, never placed."""
    report = ReadReport() if report is None else report
    value = _json(output)
    if value is None:
        report.drop(id, "answer", "no JSON object in it")
        return Document(id, text)
    placed: dict[int, Entity] = {}
    for number, item in enumerate(_items(value, "entities"), 1):
        entity = _entity(text, item, f"T{number}", placed, report, id)
        if entity is not None:
            placed[number] = entity
    relations: dict[tuple[str, str, str], Relation] = {}
    for number, item in enumerate(_items(value, "relations"), 1):
        relation = _relation(item, f"R{number}", placed, report, id)
        if relation is not None:
            key = (relation.label, relation.head, relation.tail)
            if key in relations:
                report.drop(id, f"relation {number}", "stands there already")
            relations.setdefault(key, relation)
    document = Document(id, text, tuple(placed.values()), tuple(relations.values()))
    report.keep(document)
    return document


def split_of(document: Document) -> str:
    """`train`, `dev` or `test` (80/10/10) by the id (or `meta.group`), so that a document never changes sides."""
    name = str(document.meta.get("group", document.id))
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    for split, size in SPLITS:
        share -= size
        if share < 0:
            return split
    return SPLITS[-1][0]


def split_records(
    documents: Iterable[Document], style: str = "alpaca", labels: LabelSet | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, record) of each document."""
    for document in documents:
        yield split_of(document), to_record(document, style, labels)


def _answer(document: Document) -> dict[str, Any]:
    ordered = sorted(document.entities, key=lambda item: (item.start, item.end, item.label))
    numbers = {entity.id: number for number, entity in enumerate(ordered, 1)}
    entities = []
    for entity in ordered:
        if entity.fragments:
            raise AnnotationError(
                f"document {document.id}: entity {entity.id} is in fragments, which no record can hold; join or drop it"
            )
        surface = document.text[entity.start : entity.end]
        item: dict[str, Any] = {"label": entity.label, "text": surface}
        count = _occurrence(document.text, surface, entity.start)
        if count > 1:
            item["occurrence"] = count
        item |= {key: getattr(entity, key) for key in _KEPT if getattr(entity, key) is not None}
        entities.append(item)
    relations = []
    for relation in document.relations:
        item = {"label": relation.label, "head": numbers[relation.head], "tail": numbers[relation.tail]}
        if relation.negated:
            item["negated"] = True
        relations.append(item)
    return {"entities": entities, "relations": relations}


def canonical(document: Document) -> Document:
    """The document as a record keeps it: entities in order, numbered; no provenance, cue, evidence, meta."""
    ordered = sorted(document.entities, key=lambda item: (item.start, item.end, item.label))
    names = {entity.id: f"T{number}" for number, entity in enumerate(ordered, 1)}
    entities = tuple(
        replace(entity, id=names[entity.id], cue=None, provenance=None, attributes={}) for entity in ordered
    )
    relations = tuple(
        Relation(
            f"R{number}",
            item.label,
            names[item.head],
            names[item.tail],
            attributes={"negated": True} if item.negated else {},
        )
        for number, item in enumerate(document.relations, 1)
    )
    return Document(document.id, document.text, entities, relations)


def _occurrence(text: str, surface: str, start: int) -> int:
    """Which occurrence of `surface` (from 1, overlapping ones counted) begins at `start`."""
    count, at = 0, -1
    while True:
        at = text.find(surface, at + 1)
        if at < 0 or at > start:
            return max(count, 1)
        count += 1


def _find(text: str, surface: str, occurrence: int) -> tuple[int, int] | None:
    at = -1
    for _ in range(occurrence):
        at = text.find(surface, at + 1)
        if at < 0:
            return None
    return at, at + len(surface)


def _entity(
    text: str, item: Any, name: str, placed: Mapping[int, Entity], report: ReadReport, id: str
) -> Entity | None:
    label, surface = (item.get("label"), item.get("text")) if isinstance(item, Mapping) else (None, None)
    if not (isinstance(label, str) and label and isinstance(surface, str) and surface):
        report.drop(id, f"entity {name[1:]}", "has no label or no text")
        return None
    occurrence = item.get("occurrence")
    exact = isinstance(occurrence, int) and not isinstance(occurrence, bool) and occurrence > 0
    span = _find(text, surface, occurrence if exact else 1)
    taken = [entity.span for entity in placed.values() if entity.label == label]
    if span is None or span in taken:
        span = locate(text, surface, taken=taken)
        if span is not None:
            report.notes.append(f"{id}: {label} {surface!r} located at {span[0]}-{span[1]}")
    if span is None:
        report.drop(id, f"{label} {surface!r}", "does not stand in the text")
        return None
    assertion, score, concept = item.get("assertion"), item.get("score"), item.get("concept")
    try:
        entity = Entity(
            name, label, *span, concept=concept if isinstance(concept, str) else None,
            score=float(score) if isinstance(score, (int, float)) else None,
            assertion=assertion if isinstance(assertion, str) else None,
        )  # fmt: skip
        Document(id, text, (entity,))
    except AnnotationError as err:
        report.drop(id, f"{label} {surface!r}", str(err))
        return None
    return entity


def _relation(item: Any, name: str, placed: Mapping[int, Entity], report: ReadReport, id: str) -> Relation | None:
    what = f"relation {name[1:]}"
    if not isinstance(item, Mapping) or not isinstance(item.get("label"), str) or not item["label"]:
        report.drop(id, what, "has no label")
        return None
    ends = [item.get("head"), item.get("tail")]
    known = [placed.get(end) if isinstance(end, int) else None for end in ends]
    if known[0] is None or known[1] is None or known[0].id == known[1].id:
        report.drop(id, what, f"joins {ends[0]!r} and {ends[1]!r}, which are not two entities that were located")
        return None
    return Relation(
        name,
        item["label"],
        known[0].id,
        known[1].id,
        attributes={"negated": True} if item.get("negated") is True else {},
    )


def _items(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _json(output: str) -> Mapping[str, Any] | None:
    """The first JSON object in an answer, which may stand in a fence or in talk."""
    decoder = json.JSONDecoder()
    at = output.find("{")
    while at >= 0:
        try:
            value, _ = decoder.raw_decode(output, at)
        except (ValueError, RecursionError):
            at = output.find("{", at + 1)
            continue
        if isinstance(value, Mapping) and ("entities" in value or "relations" in value):
            return value
        at = output.find("{", at + 1)
    return None
