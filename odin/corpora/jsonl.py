"""The native format: one JSON document a line, UTF-8. It holds everything that a Document holds."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from odin.corpora.files import GZIP_MARK, distinct, open_binary, replacing
from odin.errors import AnnotationError, FormatError
from odin.schema import Document, ReadReport

logger = logging.getLogger(__name__)

SUFFIXES = (".jsonl", ".gz")
"""What a file's name ends in: plain, or packed."""


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a file, one at a time.

    `report` counts what was kept. A bad line (not UTF-8, not JSON, not a document, an id that stood before) raises
    FormatError with its number; with `strict=False` it is dropped, recorded in `report`, and reading goes on.
    Raises InputError where the file cannot be opened.
    """
    with open_binary(path) as file:
        yield from parse(file, path, report, strict=strict)


def parse(
    lines: Iterable[bytes], place: str | Path, report: ReadReport | None = None, *, strict: bool = True
) -> Iterator[Document]:
    """The documents of `lines`, as `read`; `place` names the source in messages. Blank lines are passed over."""
    report = ReadReport() if report is None else report
    line_of_id: dict[str, int] = {}
    failed = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = _document(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            if document.id in line_of_id:
                raise AnnotationError(
                    f"the id {document.id!r} stands in line {line_of_id[document.id]} too; give each document its own"
                )
        except (AnnotationError, ValueError, RecursionError) as err:
            if strict:
                raise FormatError(_reason(err), path=place, line=number) from err
            report.drop(f"{place}:{number}", "document", _reason(err))
            failed += 1
            continue
        line_of_id[document.id] = number
        report.keep(document)
        yield document
    if failed:
        logger.warning("%s: %d of %d documents could not be read", place, failed, failed + len(line_of_id))


def objects(path: str | Path, report: ReadReport, *, strict: bool = True) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file of one a line, with their line numbers, for formats other than the native one.

    A line that is none raises FormatError, or is reported where not `strict`.
    """
    with open_binary(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if not isinstance(value, dict):
                    raise ValueError(f"a JSON object is needed, not {type(value).__name__}")
            except (ValueError, RecursionError) as err:
                if strict:
                    raise FormatError(_reason(err), path=path, line=number) from err
                report.drop(f"{path}:{number}", "line", _reason(err))
                continue
            yield number, value


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write a document a line and return what was written. The file is replaced whole or not at all.

    Raises FormatError where two documents share an id or `meta` holds a value that JSON cannot.
    """
    report = ReadReport()
    with replacing(path) as file:
        for document in distinct(documents, path):
            file.write(line_of(document, path))
            report.keep(document)
    return report


def _document(line: bytes) -> Document:
    value = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
    return Document.from_json(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large a number")
    return value


def line_of(document: Document, path: str | Path) -> bytes:
    """The document as a line for the file `path`. Raises FormatError where `meta` holds a value that JSON cannot."""
    value: dict[str, Any] = document.to_json()
    try:
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but it has an escape
            return json.dumps(value, ensure_ascii=True, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError) as err:
        raise FormatError(f"document {document.id}: cannot be written as JSON: {err}", path=path) from err


def _reason(err: Exception) -> str:
    if isinstance(err, json.JSONDecodeError):
        return f"not valid JSON at character {err.pos + 1}: {err.msg}; each line must be one whole JSON object"
    if isinstance(err, UnicodeDecodeError) and err.object.startswith(GZIP_MARK):
        return "is packed with gzip; let the file's name end in .gz, or unpack it"
    if isinstance(err, UnicodeDecodeError):
        return f"byte 0x{err.object[err.start]:02x} is not UTF-8; save the file as UTF-8"
    if isinstance(err, RecursionError):
        return "the JSON is nested too deep"
    return str(err)
