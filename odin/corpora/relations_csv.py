"""A table of relations for spreadsheets: one relation a line, both mentions with text and place, and the sentence.

It has no texts, so it is not read back into documents; `read_rows` gives the lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from odin.corpora.files import read_text, replacing
from odin.errors import FormatError
from odin.schema import Document, Entity, ReadReport, Relation

COLUMNS = (
    *("document", "relation", "negated", "score"),
    *(
        f"{end}_{name}"
        for end in ("head", "tail")
        for name in ("label", "text", "start", "end", "assertion", "concept")
    ),
    "sentence",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write the table. The report lists every annotation that a table of relations has no line for."""
    report = ReadReport()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for document in documents:
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows_of(document))
        report.documents += 1
        report.relations += len(document.relations)
        related = {end for relation in document.relations for end in (relation.head, relation.tail)}
        for entity in document.entities:
            if entity.id not in related:
                report.drop(document.id, f"entity {entity.id}", "a table of relations holds no mention without one")
        for number in range(1, len(document.concept_relations) + 1):
            report.drop(document.id, f"concept relation {number}", "a table of relations holds those of mentions only")
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8"))
    return report


def rows_of(document: Document) -> Iterator[dict[str, Any]]:
    """The lines of a document."""
    for relation in document.relations:
        head, tail = (document.entity_by_id[end] for end in (relation.head, relation.tail))
        row: dict[str, Any] = {"document": document.id, "relation": relation.label, "negated": int(relation.negated)}
        row["score"] = "" if relation.score is None else relation.score
        for name, entity in (("head", head), ("tail", tail)):
            row |= {f"{name}_{key}": value for key, value in _mention(entity, document.text).items()}
        yield row | {"sentence": _sentence(document, relation, head, tail)}


def read_rows(path: str | Path) -> list[dict[str, str]]:
    """The lines as text, with the guard against formulas taken off. Raises FormatError where columns are missing."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise FormatError(f"the column {missing[0]!r} is missing", path=path, line=1)
    return [{key: _plain(value) for key, value in row.items()} for row in reader]


def _mention(entity: Entity, text: str) -> dict[str, Any]:
    return {
        **{"label": entity.label, "text": entity.text_in(text), "start": entity.start, "end": entity.end},
        **{"assertion": entity.assertion or "", "concept": entity.concept or ""},
    }


def _sentence(document: Document, relation: Relation, head: Entity, tail: Entity) -> str:
    start, end = relation.evidence or (min(head.start, tail.start), max(head.end, tail.end))
    before = max((found.end() for found in re.finditer(r"[.!?]\s+|\n", document.text[:start])), default=0)
    after = re.search(r"[.!?](?=\s)|\n", document.text[end:])
    return document.text[before : end + after.end() if after else len(document.text)].strip()


def _safe(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith((*_FORMULA, "'")) else value


def _plain(value: str) -> str:
    return value[1:] if value.startswith("'") else value
