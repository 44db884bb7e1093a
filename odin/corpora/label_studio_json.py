"""Label Studio's JSON: tasks with annotations. https://labelstud.io/guide/task_format

Spans are code points, end exclusive. The assertion of a mention is a per-region choice, a denied relation carries the
label with ` (denied)`. What its regions have no place for (fragments, concepts, cues, ...) is reported by `write` and
restored by `from_task` from the document that was sent, where the annotator left the region as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from odin.corpora.drafts import Draft
from odin.corpora.files import read_text, replacing
from odin.corpora.loss import Holds, held
from odin.errors import FormatError
from odin.schema import ASSERTIONS, Document, Entity, ReadReport, Relation

LABELS, ASSERTION, TEXT = "label", "assertion", "text"
"""The control and object names of the labelling configuration."""
DENIED = " (denied)"
HOLDS = Holds(
    "Label Studio", entity=("assertion",), relation=(), concept_relation=None, provenance=False, fragments=False
)


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write a list of tasks, each with one annotation."""
    report, tasks = ReadReport(), []
    for document in documents:
        kept = held(_with_denied_labels(document), HOLDS, report)
        tasks.append({"data": task_data(kept), "annotations": [{"result": result_of(kept)}]})
        report.keep(kept)
    with replacing(path) as file:
        file.write(json.dumps(tasks, ensure_ascii=False, indent=1).encode())
    return report


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """One document a task that is annotated: its first annotation that was not cancelled. Raises FormatError."""
    report = ReadReport() if report is None else report
    try:
        tasks = json.loads(read_text(path))
    except ValueError as err:
        raise FormatError(f"not valid JSON: {err}", path=path) from err
    if not isinstance(tasks, list):
        raise FormatError("a Label Studio export is a JSON list of tasks", path=path)
    for number, task in enumerate(tasks, 1):
        if not isinstance(task, Mapping) or not isinstance(task.get("data"), Mapping):
            raise FormatError(f'task {number} has no "data"', path=path)
        usable = [item for item in task.get("annotations") or () if not item.get("was_cancelled")]
        if not usable:
            report.drop(f"{path}: task {number}", "document", "it has no annotation")
            continue
        yield from_task(task["data"], usable[0].get("result") or [], report, path=path, strict=strict)


def task_data(document: Document) -> dict[str, Any]:
    """The task's data: the text, and our id, which is the key of the task."""
    return {"text": document.text, "doc_id": document.id, "meta": dict(document.meta)}


def result_of(document: Document, *, origin: str = "manual", scores: bool = False) -> list[dict[str, Any]]:
    """The regions and relations of an annotation or, with `scores`, of a prediction."""
    out: list[dict[str, Any]] = []
    for entity in document.entities:
        place = {"start": entity.start, "end": entity.end, "text": document.text[entity.start : entity.end]}
        region: dict[str, Any] = {"id": entity.id, "to_name": TEXT, "origin": origin}
        score = {"score": entity.score} if scores and entity.score is not None else {}
        out.append(
            {**region, **score, "from_name": LABELS, "type": "labels", "value": {**place, "labels": [entity.label]}}
        )
        if entity.assertion:
            choice = {**place, "choices": [entity.assertion]}
            out.append({**region, "from_name": ASSERTION, "type": "choices", "value": choice})
    for relation in document.relations:
        ends = {"from_id": relation.head, "to_id": relation.tail}
        score = {"score": relation.score} if scores and relation.score is not None else {}
        label = relation.label + (DENIED if relation.negated else "")
        out.append({**ends, **score, "type": "relation", "direction": "right", "labels": [label]})
    return out


def from_task(
    data: Mapping[str, Any],
    result: Iterable[Mapping[str, Any]],
    report: ReadReport,
    *,
    path: str | Path = "Label Studio",
    strict: bool = False,
    sent: Document | None = None,
) -> Document:
    """The document of a task and one annotation's result.

    `sent` is the document that was pushed: regions that the annotator left alone get back what Label Studio does not
    hold. A left-pointing relation is turned round, one in both directions becomes two, one without a label is reported.
    """
    text, name = data.get(TEXT), str(data.get("doc_id") or data.get("id") or "")
    if not isinstance(text, str) or not name:
        raise FormatError('a task needs "text" and "doc_id" in its data', path=path)
    draft = Draft(name, text, path, report, strict)
    items = list(result)
    for item in items:
        if item.get("type") == "labels":
            _add_entity(draft, item, _assertion_of(item, items), sent)
        elif item.get("type") not in ("relation", "choices"):
            draft.lose(
                None, f"region {item.get('id')}", f"has the type {item.get('type')!r}, which Odin has no use for"
            )
    for item in items:
        if item.get("type") == "relation":
            _add_relations(draft, item, sent)
    meta = sent.meta if sent is not None else data.get("meta") or {}
    return draft.finish(meta, sent.provenance if sent is not None else None)


def _with_denied_labels(document: Document) -> Document:
    """Denied relations keep their denial in the label, so it is not reported as lost."""
    relations = [
        replace(
            x,
            attributes={key: value for key, value in x.attributes.items() if key != "negated"},
            label=x.label + DENIED,
        )
        if x.negated
        else x
        for x in document.relations
    ]
    return replace(document, relations=tuple(relations))


def _assertion_of(region: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> str | None:
    for item in items:
        if item.get("type") == "choices" and item.get("id") == region.get("id"):
            chosen = (item.get("value") or {}).get("choices") or [None]
            return chosen[0] if chosen[0] in ASSERTIONS else None
    return None


def _add_entity(draft: Draft, item: Mapping[str, Any], assertion: str | None, sent: Document | None) -> None:
    value, region = item.get("value") or {}, str(item.get("id") or "")
    labels = value.get("labels") or []
    if not labels or not isinstance(value.get("start"), int) or not isinstance(value.get("end"), int):
        return draft.refuse(None, f"region {region}", "has no label or no place")
    for label in labels[1:]:
        draft.lose(None, f"region {region}", f"has a second label, {label}; the first is kept")
    entity = Entity(region, str(labels[0]), value["start"], value["end"], assertion=assertion)
    before = sent.entity_by_id.get(region) if sent is not None else None
    if before is not None and (before.label, before.span) == (entity.label, entity.span):
        cue = before.cue if before.assertion == assertion else None
        entity = replace(before, assertion=assertion, cue=cue)
        return draft.add_entity(None, entity, before.fragments)
    return draft.add_entity(None, entity, stated=value.get("text"))


def _add_relations(draft: Draft, item: Mapping[str, Any], sent: Document | None) -> None:
    head, tail, direction = str(item.get("from_id")), str(item.get("to_id")), item.get("direction") or "right"
    what = f"relation from {head} to {tail}"
    labels = item.get("labels") or []
    if not labels:
        return draft.lose(None, what, "has no label")
    if direction == "left":
        head, tail = tail, head
        draft.report.notes.append(f"{draft.id}: {what} pointed left and was turned round")
    ends = [(head, tail)]
    if direction == "bi":
        ends.append((tail, head))
        draft.report.notes.append(f"{draft.id}: {what} pointed both ways and became two")
    for label in labels:
        for start, end in ends:
            relation = _relation(draft, str(label), start, end, sent)
            same = (relation.label, relation.head, relation.tail, relation.negated)
            if any((x.label, x.head, x.tail, x.negated) == same for x in draft.relations.values()):
                draft.lose(None, f"{what} ({label})", "is drawn twice")
            else:
                draft.add_relation(None, relation)
    return None


def _relation(draft: Draft, label: str, head: str, tail: str, sent: Document | None) -> Relation:
    negated = label.endswith(DENIED)
    label = label.removesuffix(DENIED)
    for before in sent.relations if sent is not None else ():
        if (before.label, before.head, before.tail, before.negated) == (label, head, tail, negated):
            return before
    used = {*draft.relations, *(relation.id for relation in (sent.relations if sent is not None else ()))}
    number = next(n for n in range(1, len(used) + 2) if f"R{n}" not in used)
    return Relation(f"R{number}", label, head, tail, attributes={"negated": True} if negated else {})
