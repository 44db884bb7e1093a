"""Answers of a language model back to annotations: checked, located, and the windows of a note joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from odin.generative.windows import TextWindow
from odin.labels import LabelSet
from odin.schema import Document, Entity, ReadReport, Relation
from odin.synthesis.instructions import read_answer

Span = tuple[int, int]


@dataclass(frozen=True)
class WindowAnswer:
    """What was found in one window of a note; offsets count in the note."""

    window: TextWindow
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]


def read_window(
    document: Document, window: TextWindow, answer: str, labels: LabelSet, report: ReadReport
) -> WindowAnswer:
    """The annotations of an answer about a window. What is malformed, not in the text or not allowed is reported."""
    place = f"{document.id}:{window.start}-{window.end}"
    whole = complete(answer)
    if whole != answer:
        report.drop(place, "the rest of the answer", "the answer was cut off before its end")
    own = ReadReport()
    found = read_answer(document.text[window.start : window.end], whole, id=place, report=own)
    report.dropped += own.dropped
    if own.notes:
        report.notes.append(f"{place}: {len(own.notes)} mentions located otherwise than the answer counts them")
    entities = tuple(
        replace(entity, start=entity.start + window.start, end=entity.end + window.start)
        for entity in _known_entities(found, labels, place, report)
    )
    return WindowAnswer(window, entities, _known_relations(found, entities, labels, place, report))


def complete(answer: str) -> str:
    """The answer itself where its brackets close; else what stands complete in it, closed.

    >>> complete('{"entities": [{"label": "Drug", "text": "x"}, {"label": "Dr')
    '{"entities": [{"label": "Drug", "text": "x"}]}'
    """
    opened: list[str] = []
    kept = ""
    quoted = escaped = False
    begin = max(answer.find("{"), 0)
    for at, char in enumerate(answer[begin:], begin):
        if quoted:
            quoted = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "{[":
            opened.append("}" if char == "{" else "]")
        elif char in "}]":
            if not opened or opened.pop() != char:
                return answer
            if not opened:
                return answer
            if char == "}":
                kept = answer[: at + 1] + "".join(reversed(opened))
    return kept or answer


def join(answers: Sequence[WindowAnswer]) -> tuple[list[Entity], list[Relation]]:
    """The entities and relations of a note, each once, in text order, with ids of their own.

    Where windows overlap, a mention is taken from the window that owns its beginning, and a relation counts where both
    of its mentions do.
    """
    kept: dict[tuple[str, Span], Entity] = {}
    for answer in answers:
        for entity in answer.entities:
            if answer.window.owns(entity.start):
                kept.setdefault((entity.label, entity.span), entity)
    ordered = sorted(kept.values(), key=lambda item: (item.start, item.end, item.label))
    ids = {(entity.label, entity.span): f"T{number}" for number, entity in enumerate(ordered, 1)}
    relations: dict[tuple[str, str, str], Relation] = {}
    for answer in answers:
        names = {entity.id: ids.get((entity.label, entity.span)) for entity in answer.entities}
        for relation in answer.relations:
            head, tail = names[relation.head], names[relation.tail]
            if head and tail:
                name = f"R{len(relations) + 1}"
                moved = replace(relation, id=name, head=head, tail=tail)
                relations.setdefault((relation.label, head, tail), moved)
    return [replace(entity, id=ids[entity.label, entity.span]) for entity in ordered], list(relations.values())


def _known_entities(found: Document, labels: LabelSet, place: str, report: ReadReport) -> list[Entity]:
    out = []
    for entity in found.entities:
        if entity.label in labels.entity_labels:
            out.append(
                replace(entity, assertion=entity.assertion if labels.assertions else None, concept=None, score=None)
            )
        else:
            report.drop(place, f"entity {entity.id}", f"the label set {labels.name} has no label {entity.label!r}")
    return out


def _known_relations(
    found: Document, entities: Sequence[Entity], labels: LabelSet, place: str, report: ReadReport
) -> tuple[Relation, ...]:
    by_id = {entity.id: entity for entity in entities}
    out = []
    for relation in found.relations:
        head, tail = by_id.get(relation.head), by_id.get(relation.tail)
        if head is None or tail is None:
            report.drop(place, f"relation {relation.id}", "an end of it was not kept")
        elif relation.label not in labels.allowed(head.label, tail.label):
            why = f"{labels.name} has no relation {relation.label!r} from {head.label} to {tail.label}"
            report.drop(place, f"relation {relation.id}", why)
        else:
            out.append(relation)
    return tuple(out)
