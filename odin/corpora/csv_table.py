"""Annotations as one CSV table for spreadsheets: a row for each entity and each relation. It is written, never read.

A surface that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, tab or return) gets an
apostrophe in front, as OWASP advises against CSV injection; `start` and `end` still point at the text itself.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from odin.corpora.files import replacing
from odin.schema import Document, ReadReport

COLUMNS = (
    "document", "kind", "id", "label", "text", "start", "end", "assertion", "concept", "score",
    "head", "head_text", "tail", "tail_text", "denied", "evidence",
)  # fmt: skip

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write the table, UTF-8 with a byte order mark (spreadsheets need it); the report counts what is in it."""
    report = ReadReport()
    with replacing(path) as file:
        table = csv.DictWriter(codecs.getwriter("utf-8-sig")(file), COLUMNS, restval="")
        table.writeheader()
        for document in documents:
            table.writerows({key: _safe(value) for key, value in row.items()} for row in rows(document))
            report.keep(document)
    report.notes.append("CSV holds no provenance, no fragments and no meta")
    return report


def rows(document: Document) -> Iterator[dict[str, object]]:
    """The rows of a document: entities, relations, concept relations."""
    text, entities = document.text, document.entity_by_id
    for entity in document.entities:
        yield {
            "document": document.id, "kind": "entity", "id": entity.id, "label": entity.label,
            "text": entity.text_in(text), "start": entity.start, "end": entity.end, "assertion": entity.assertion,
            "concept": entity.concept, "score": entity.score,
        }  # fmt: skip
    for relation in document.relations:
        yield {
            "document": document.id, "kind": "relation", "id": relation.id, "label": relation.label,
            "head": relation.head, "head_text": entities[relation.head].text_in(text), "tail": relation.tail,
            "tail_text": entities[relation.tail].text_in(text), "denied": "yes" if relation.negated else "no",
            "score": relation.score, "evidence": text[slice(*relation.evidence)] if relation.evidence else None,
        }  # fmt: skip
    for concept in document.concept_relations:
        yield {
            "document": document.id, "kind": "concept relation", "label": concept.label, "head": concept.head,
            "tail": concept.tail, "score": concept.score,
        }  # fmt: skip


def _safe(value: object) -> object:
    if value is None:
        return ""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
