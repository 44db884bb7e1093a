"""The relations of a document as a table: each in plain words, with the sentence that states it and its score."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import gradio as gr

from annotation.components.annotation_view import script, stylesheet
from odin.labels import LabelSet
from odin.schema import ConceptRelation, Document, Entity, Relation

EVIDENCE_AROUND = 110
"""Characters of evidence on each side of a mention where the whole would be too long to read in a table."""


def relation_table(value: dict[str, Any] | None = None, **options: Any) -> gr.HTML:
    """A component that shows what `table_value` gives; `options` are those of `gr.HTML`.

    It fires `select` with `{"ids": [...]}` of the relation that was chosen, or of none.
    """
    return gr.HTML(
        value,
        html_template='<div class="odin relations"></div>',
        css_template=stylesheet("table.css"),
        js_on_load=script(("elements.js", "table.js")),
        apply_default_css=False,
        **({"label": "Relations", "padding": False} | options),
    )


def chosen_update(ids: Iterable[str]) -> dict[str, Any]:
    """An update of a table that marks the relation among `ids` as chosen."""
    return gr.update(chosen={"ids": list(ids), "asked": time.time_ns()})


def table_value(document: Document, labels: LabelSet) -> dict[str, Any]:
    """What the table shows: a row for each relation, the surest first, then those between concepts."""
    hues = {label: number for number, label in enumerate(labels.entity_labels)}
    rows = [_row(relation, document, labels, hues) for relation in document.relations]
    rows.sort(key=lambda row: -(row["score"] or 0))
    return {"rows": rows + [_concept_row(relation, document, labels, hues) for relation in document.concept_relations]}


def _row(relation: Relation, document: Document, labels: LabelSet, hues: dict[str, int]) -> dict[str, Any]:
    head, tail = document.entity_by_id[relation.head], document.entity_by_id[relation.tail]
    return {
        "id": relation.id,
        "sentence": sentence_of(relation.label, labels),
        "denied": relation.negated,
        "head": _mention(head, document.text, hues),
        "tail": _mention(tail, document.text, hues),
        "evidence": evidence_of(relation, document),
        "score": relation.score,
    }


def _concept_row(
    relation: ConceptRelation, document: Document, labels: LabelSet, hues: dict[str, int]
) -> dict[str, Any]:
    return {
        "id": None,
        "sentence": sentence_of(relation.label, labels),
        "denied": False,
        "head": _concept(relation.head, document, hues),
        "tail": _concept(relation.tail, document, hues),
        "evidence": [["Stated of the whole document, between concepts.", "about"]],
        "score": relation.score,
    }


def _mention(entity: Entity, text: str, hues: dict[str, int]) -> dict[str, Any]:
    cue = text[slice(*entity.cue)] if entity.cue else None
    assertion = entity.assertion if entity.assertion != "present" else None
    surface = " ".join(entity.text_in(text).split())
    return {
        "text": surface,
        "label": entity.label,
        "hue": hues.get(entity.label, len(hues)),
        "assertion": assertion,
        "cue": cue,
    }


def _concept(concept: str, document: Document, hues: dict[str, int]) -> dict[str, Any]:
    """The concept by its first mention in the text."""
    for entity in document.entities:
        if entity.concept and concept in entity.concept.replace(";", "|").replace(",", "|").split("|"):
            mention = _mention(entity, document.text, hues)
            return mention | {"text": f"{mention['text']} ({concept})", "assertion": None, "cue": None}
    return {"text": concept, "label": "concept", "hue": len(hues), "assertion": None, "cue": None}


def sentence_of(label: str, labels: LabelSet) -> str:
    """How a relation is read aloud, with `{head}` and `{tail}` in it."""
    for relation in labels.relations + labels.concept_relations:
        if relation.label == label:
            return relation.say("{head}", "{tail}")
    return "{head} " + label.replace("_", " ").lower() + " {tail}"


def evidence_of(relation: Relation, document: Document) -> list[list[str]]:
    """The text that states a relation as [text, role] pieces: "head" and "tail" for its mentions, else "".

    Long evidence is shortened to what stands around the two mentions; "gap" pieces say where.
    """
    head, tail = document.entity_by_id[relation.head], document.entity_by_id[relation.tail]
    marks = sorted([(head.start, head.end, "head"), (tail.start, tail.end, "tail")])
    start, end = relation.evidence or (marks[0][0], max(head.end, tail.end))
    pieces: list[list[str]] = []
    for left, right in _windows(start, end, marks):
        if left > start:
            pieces.append([" … ", "gap"])
        pieces += _pieces(document.text, left, right, marks)
    if pieces and right < end:
        pieces.append([" …", "gap"])
    return [[" ".join(text.split("\n")), role] for text, role in pieces]


def _windows(start: int, end: int, marks: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    if end - start <= 4 * EVIDENCE_AROUND:
        return [(start, end)]
    around = [(max(start, left - EVIDENCE_AROUND), min(end, right + EVIDENCE_AROUND)) for left, right, _ in marks]
    first, second = sorted(around)
    return [(first[0], max(first[1], second[1]))] if second[0] <= first[1] else [first, second]


def _pieces(text: str, start: int, end: int, marks: Sequence[tuple[int, int, str]]) -> list[list[str]]:
    pieces, at = [], start
    for left, right, role in marks:
        if at <= left and right <= end:
            pieces += [[text[at:left], ""], [text[left:right], role]]
            at = right
    return [piece for piece in [*pieces, [text[at:end], ""]] if piece[0]]
