"""MTSamples: dictated reports of many specialties, under the project's own annotations of the label set `clinical`.

The texts are JSON lines `{"id", "text"}`. The annotations are the project's (`data/annotated_notes`) and hold no text:
each is a document in the native format but for that, with the length and the SHA-256 of what was annotated, the head of
`laid_out(text)`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odin.corpora import jsonl
from odin.errors import AnnotationError, FormatError
from odin.schema import Document, ReadReport

ANNOTATIONS = Path(__file__).parents[2] / "data" / "annotated_notes" / "annotations.jsonl"
_AFTER_TITLE = re.compile(r":\s*,\s*")
_AFTER_SENTENCE = re.compile(r'(?<=[.;?!)])\s*,\s*(?=[A-Z0-9"(*-])')


def laid_out(text: str) -> str:
    """The text with a line break where the published form has a comma: "PLAN:, Rest.,Return." has three lines."""
    return _AFTER_SENTENCE.sub("\n", _AFTER_TITLE.sub(":\n", text)).strip()


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The annotated ones of the reports in a file.

    Raises FormatError with the line where a report is not in this form, or is another text than was annotated; with
    `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    annotations = _annotations()
    for number, value in jsonl.objects(path, report, strict=strict):
        try:
            if not isinstance(value.get("id"), str) or not isinstance(value.get("text"), str):
                raise AnnotationError("a report is an object with an id and a text")
            if value["id"] not in annotations:
                continue
            document = _annotated(value["text"], annotations[value["id"]])
        except AnnotationError as err:
            if strict:
                raise FormatError(str(err), path=path, line=number) from err
            report.drop(f"{path}:{number}", "report", str(err))
            continue
        report.keep(document)
        yield document


def _annotated(text: str, annotated: dict[str, Any]) -> Document:
    """The document of a report. Raises AnnotationError where another text was annotated."""
    text = laid_out(text)[: annotated["length"]]
    if hashlib.sha256(text.encode(errors="replace")).hexdigest() != annotated["sha256"]:
        raise AnnotationError(f"the text of {annotated['id']} is not the one that was annotated")
    return Document.from_json({key: annotated[key] for key in ("id", "entities", "relations", "meta")} | {"text": text})


def _annotations() -> dict[str, dict[str, Any]]:
    lines = ANNOTATIONS.read_text(encoding="utf-8").splitlines()
    return {value["id"]: value for value in map(json.loads, lines)}
