"""Texts of others under annotations of the project's own, which hold no text.

An annotation is a document in the native format but for its text, with the `length` and the SHA-256 (`sha256`) of the
stretch that was annotated; `start` says where that begins, 0 where absent. `of` names the text that it belongs to, by
default the annotation's own id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from odin.corpora import jsonl
from odin.corpora.files import read_text
from odin.errors import AnnotationError, FormatError
from odin.schema import Document, ReadReport

Texts = Callable[[Path, ReadReport, bool], Iterator[tuple[str, str]]]
"""`(path, report, strict)` to the (id, text) of what is in the file."""

Annotation = dict[str, Any]

_KEPT = ("id", "entities", "relations", "concept_relations", "meta")


@lru_cache(maxsize=1)  # the files of a split share theirs; those of all splits together take much memory
def by_text(path: Path) -> dict[str, list[Annotation]]:
    """The annotations in a file by the text that they belong to; not to be changed, since they are kept."""
    found: dict[str, list[Annotation]] = {}
    for line in read_text(path).splitlines():
        value = json.loads(line)
        found.setdefault(value.get("of", value["id"]), []).append(value)
    return found


def put_on(text: str, annotation: Annotation) -> Document:
    """The annotated stretch of a text as a document. Raises AnnotationError where another text was annotated."""
    start = annotation.get("start", 0)
    stretch = text[start : start + annotation["length"]]
    if hashlib.sha256(stretch.encode(errors="replace")).hexdigest() != annotation["sha256"]:
        raise AnnotationError(
            f"the text of {annotation['id']} is not the one that was annotated; is it another release?"
        )
    return Document.from_json({key: annotation[key] for key in _KEPT if key in annotation} | {"text": stretch})


def json_texts(path: str | Path, report: ReadReport, *, strict: bool) -> Iterator[tuple[int, str, str]]:
    """(line, id, text) of JSON lines `{"id", "text"}`. Raises FormatError, or reports it, where a line is not one."""
    for number, value in jsonl.objects(path, report, strict=strict):
        if isinstance(value.get("id"), str) and isinstance(value.get("text"), str):
            yield number, value["id"], value["text"]
        elif strict:
            raise FormatError("a report is an object with an id and a text", path=path, line=number)
        else:
            report.drop(f"{path}:{number}", "report", "a report is an object with an id and a text")


def read(
    path: str | Path, report: ReadReport | None = None, *, strict: bool = True, texts: Texts, made: Path
) -> Iterator[Document]:
    """The annotated ones of the texts in a file, as `made` annotates them.

    There `of` is the file's name up to its first dot, a slash, and the id of the text: `DrugProt_Test/23220749`.
    Raises FormatError where a text is another than was annotated, or is not in the file; with `strict=False` the
    annotation is dropped and reported.
    """
    report = ReadReport() if report is None else report
    stem = f"{Path(path).name.split('.')[0]}/"
    waiting = {of: own for of, own in by_text(made).items() if of.startswith(stem)}
    for name, text in texts(Path(path), report, strict):
        for annotation in waiting.pop(stem + name, ()):
            try:
                document = put_on(text, annotation)
            except AnnotationError as err:
                _lose(path, annotation, str(err), report, strict)
                continue
            report.keep(document)
            yield document
    for annotation in (one for own in waiting.values() for one in own):
        _lose(path, annotation, f"the text of {annotation['id']} is not in the file", report, strict)


def _lose(path: str | Path, annotation: Annotation, why: str, report: ReadReport, strict: bool) -> None:
    if strict:
        raise FormatError(why, path=path)
    report.drop(f"{path} {annotation['id']}", "document", why)
