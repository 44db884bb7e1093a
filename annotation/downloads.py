"""Documents as a file to take away, and what the format could not hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from odin.corpora import bioc, brat_writing, csv_table, jsonl
from odin.schema import Document, ReadReport

Writer = Callable[[Iterable[Document], Path], ReadReport]

FORMATS: dict[str, tuple[str, Writer]] = {
    "JSON lines": (".jsonl", jsonl.write),
    "CSV": (".csv", csv_table.write),
    "brat": (".brat.zip", lambda documents, path: _zipped(brat_writing.write, documents, path)),
    "BioC": (".bioc.json", bioc.write),
}
"""The formats by the names on their buttons: file ending and writer."""


def write_download(kind: str, documents: Iterable[Document], folder: Path, name: str) -> tuple[Path, ReadReport]:
    """Write the documents into `folder`; the file and what it holds and does not."""
    ending, write = FORMATS[kind]
    path = folder / f"{name}{ending}"
    return path, write(documents, path)


def _zipped(write: Writer, documents: Iterable[Document], path: Path) -> ReadReport:
    folder = path.with_suffix("")
    report = write(documents, folder)
    shutil.make_archive(str(folder), "zip", folder)
    shutil.rmtree(folder)
    return report
