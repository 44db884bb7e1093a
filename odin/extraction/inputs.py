"""Reading what a user hands in: text files, folders of them, native JSON lines, tables and standard input.

One bad note never stops a batch: it goes into the `ReadReport` with its file, line and what to do, and reading goes on.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from odin.corpora import jsonl
from odin.corpora.files import GZIP_MARK, PACKED_STREAM, STANDARD_INPUT, open_binary, read_text
from odin.errors import FormatError, InputError
from odin.schema import Document, ReadReport

MAX_CHARACTERS = 1_000_000
"""The longest note that is read; long discharge summaries have some 50,000 characters."""

SUFFIXES = (".txt", ".jsonl", ".csv", ".tsv", ".parquet")
PACKED = ".gz"
"""What the name of a packed file ends in besides."""
OFFERED = (*SUFFIXES, PACKED)
"""What a box for files takes."""

_BINARY_KINDS = {b"%PDF": "a PDF", b"PK\x03\x04": "a Word, Excel or zip file", b"\xd0\xcf\x11\xe0": "an old Word file"}

_SURROGATE = re.compile("[\ud800-\udfff]")

Placed = tuple[str, Document]
"""A document and where it stands, as `file` or `file:line`."""


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold the note and its id; without an id, or an id column, a row has its number."""

    text: str = "text"
    id: str = "id"


def read_inputs(path: Path, report: ReadReport, columns: Columns | None = None) -> Iterator[Document]:
    """The documents of a file or a folder of .txt files, in order; what could not be read goes into `report`.

    Raises InputError where the path, its kind or the text column does not exist.
    """
    suffix = _unpacked(path).suffix.lower()
    if path.is_dir():
        placed = _folder(path, report)
    elif suffix == ".txt":
        placed = _text_file(path, report, _unpacked(path).stem)
    elif suffix == ".jsonl":
        placed = _native(_lines_of(path), str(path), report)
    elif suffix in (".csv", ".tsv"):
        placed = _csv(path, report, columns or Columns())
    elif path.suffix.lower() == ".parquet":
        placed = _parquet(path, report, columns or Columns())
    else:
        open_binary(path).close()
        raise InputError(
            f"{path}: cannot read {suffix or 'a file without an ending'}; give one of {', '.join(SUFFIXES)}, "
            "a folder of .txt files, or - for standard input; all but .parquet may be packed as .gz"
        )
    return _usable(placed, report)


def read_stream(stream: BinaryIO, report: ReadReport, name: str = STANDARD_INPUT) -> Iterator[Document]:
    """The documents of a stream: native JSON lines where the first begins with `{`, else one note of plain text."""
    first = stream.readline()
    if first.startswith(GZIP_MARK):
        report.drop(name, "stream", PACKED_STREAM)
        return iter(())
    if first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return _usable(_native(itertools.chain([first], stream), name, report), report)
    data = first + stream.read()
    try:
        return _usable([(name, Document(name, data.decode("utf-8-sig")))], report)
    except UnicodeDecodeError as err:
        report.drop(name, "note", f"byte 0x{data[err.start]:02x} is not UTF-8; convert the text to UTF-8")
        return iter(())


def count_inputs(path: Path) -> int | None:
    """How many notes to expect, for a progress bar; None where only reading would tell."""
    if path.is_dir():
        return len(_text_files(path))
    suffix = _unpacked(path).suffix.lower()
    if suffix == ".jsonl":
        with open_binary(path) as file:
            return sum(1 for line in file if line.strip())
    return 1 if suffix == ".txt" else None


def _unpacked(path: Path) -> Path:
    """The path without the .gz of a packed file: what it is called unpacked."""
    return path.with_suffix("") if path.suffix == PACKED else path


def why_unusable(text: str) -> str | None:
    """What is wrong with the text of a note and what to do; None where nothing is."""
    if not text.strip():
        return "the note is empty; give it some text or leave it out"
    if "\0" in text:
        return "holds NUL characters, so it is a binary file; export the note as plain UTF-8 text"
    if len(text) > MAX_CHARACTERS:
        return (
            f"the note has {len(text):,} characters and at most {MAX_CHARACTERS:,} are read as one note; "
            "split it, for example into a .jsonl file with one note a line"
        )
    if _SURROGATE.search(text):
        return "the text is not valid UTF-8; save the file as UTF-8"
    return None


def _usable(placed: Iterable[Placed], report: ReadReport) -> Iterator[Document]:
    """The documents with a text that can be read; the others go into `report`. An id that comes twice does too."""
    place_of_id: dict[str, str] = {}
    for place, document in placed:
        why = why_unusable(document.text)
        if why is None and document.id in place_of_id:
            first = place_of_id[document.id]
            why = (
                f"the id {document.id!r} stands in {first} already; give each note its own, or choose another id column"
            )
        if why is not None:
            report.drop(place, "note", why)
            continue
        place_of_id[document.id] = place
        report.keep(document)
        yield document


def _text_files(folder: Path) -> list[Path]:
    paths = (path for path in folder.rglob("*") if path.suffix.lower() == ".txt" and not path.is_dir())
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _folder(folder: Path, report: ReadReport) -> Iterator[Placed]:
    paths = _text_files(folder)
    if not paths:
        raise InputError(f"{folder}: no .txt files in this folder; give a folder of notes, one a file")
    others = sum(path.is_file() for path in set(folder.rglob("*")).difference(paths))
    if others:
        report.notes.append(f"{folder}: {others} files that do not end in .txt were passed over")
    for path in paths:
        try:
            yield from _text_file(path, report, path.relative_to(folder).with_suffix("").as_posix())
        except InputError as err:
            report.drop(str(path), "note", str(err).removeprefix(f"{path}: "))


def _text_file(path: Path, report: ReadReport, name: str) -> Iterator[Placed]:
    with open_binary(path) as file:
        head = file.read(4)
        size = len(head) + len(file.read(4 * MAX_CHARACTERS)) if path.suffix == PACKED else file.seek(0, 2)
    if head in _BINARY_KINDS:
        report.drop(str(path), "note", f"is {_BINARY_KINDS[head]}, not text; export the note as plain UTF-8 text")
    elif size > 4 * MAX_CHARACTERS:
        report.drop(
            str(path),
            "note",
            f"has {size:,} bytes and at most {MAX_CHARACTERS:,} characters are read as one note; "
            "split it, for example into a .jsonl file with one note a line",
        )
    else:
        try:
            yield str(path), Document(name, read_text(path))
        except FormatError as err:
            report.drop(f"{path}:{err.line}", "note", _message(err))


def _message(err: FormatError) -> str:
    """The error without its place, which the report holds apart."""
    return str(err).removeprefix(f"{err.path}:{err.line}: ").removeprefix(f"{err.path}: ")


def _lines_of(path: Path) -> Iterator[bytes]:
    with open_binary(path) as file:
        yield from file


def _native(lines: Iterable[bytes], place: str, report: ReadReport) -> Iterator[Placed]:
    number = 0

    def counted() -> Iterator[bytes]:
        nonlocal number
        for number, line in enumerate(lines, 1):  # noqa: B007 - read by the loop below
            yield line

    shared = ReadReport(dropped=report.dropped)  # `_usable` does the counting
    for document in jsonl.parse(counted(), place, shared, strict=False):
        yield f"{place}:{number}", document


def _csv(path: Path, report: ReadReport, columns: Columns) -> Iterator[Placed]:
    csv.field_size_limit(2**31 - 1)  # of the process; a note may be longer than the default of 131,072
    # bytes that are not UTF-8 become lone surrogates, so that only the rows that hold them are refused
    with io.TextIOWrapper(open_binary(path), encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        delimiter = _delimiter(file.readline(), columns.text)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter)
        header = next(reader, [])
        text_at = _column(header, columns.text, path)
        id_at = header.index(columns.id) if columns.id in header else None
        number = 0
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as err:
                report.drop(f"{path}:{line}", "row", f"is not CSV: {err}; check the quotation marks")
                continue
            if row is None:
                return
            if not row:
                continue
            number += 1
            text = row[text_at] if text_at < len(row) else ""
            name = row[id_at] if id_at is not None and id_at < len(row) else ""
            yield f"{path}:{line}", Document(name if name.strip() else f"{_unpacked(path).stem}-{number}", text)


def _delimiter(header: str, text_column: str) -> str:
    """The separator under which the header has the text column; a comma where none does."""
    for delimiter in (",", ";", "\t"):
        if text_column in next(csv.reader([header], delimiter=delimiter), []):
            return delimiter
    return ","


def _column(header: list[str], name: str, path: Path) -> int:
    if name not in header:
        known = ", ".join(header[:20]) or "none"
        raise InputError(f"{path}: no column {name!r}; it has {known}: name the one with the notes (--text-column)")
    return header.index(name)


def _parquet(path: Path, report: ReadReport, columns: Columns) -> Iterator[Placed]:
    open_binary(path).close()
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path)
        header = list(table.schema_arrow.names)
        _column(header, columns.text, path)
        wanted = [columns.text] + ([columns.id] if columns.id in header and columns.id != columns.text else [])
        number = 0
        for batch in table.iter_batches(batch_size=256, columns=wanted):
            for row in batch.to_pylist():
                number += 1
                yield f"{path}: row {number}", _row_document(row, columns, f"{path.stem}-{number}")
    except (pyarrow.ArrowException, OSError) as err:
        report.drop(str(path), "table", f"is not a Parquet file that can be read: {err}")


def _row_document(row: dict[str, Any], columns: Columns, default_id: str) -> Document:
    text, name = row[columns.text], row.get(columns.id)
    known = name is not None and str(name).strip()
    return Document(str(name) if known else default_id, "" if text is None else str(text))
