"""Gold as instruction-tuning records: one JSON lines file a split, in the style of `odin.synthesis.instructions`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from odin.corpora.files import read_text, replacing
from odin.corpora.huggingface import split_name
from odin.corpora.loss import Holds, held
from odin.errors import FormatError, InputError
from odin.labels import LabelSet
from odin.schema import Document, ReadReport
from odin.synthesis.instructions import from_record, to_record

HOLDS = Holds(
    "an instruction record",
    entity=("concept", "score", "assertion"),
    relation=("attributes",),
    concept_relation=None,
    meta=False,
    provenance=False,
    fragments=False,
)


def write(documents: Iterable[Document], folder: str | Path, labels: LabelSet) -> ReadReport:
    """Write SPLIT.jsonl files, whose instruction gives the label set's definitions. What is left out is reported."""
    report, lines = ReadReport(), dict[str, list[str]]()
    for document in documents:
        kept = _only_denials(held(document, HOLDS, report), report)
        record = to_record(kept, labels=labels)
        lines.setdefault(split_name(document), []).append(json.dumps(record, ensure_ascii=False))
        report.keep(kept)
    for split, records in lines.items():
        with replacing(Path(folder) / f"{split}.jsonl") as file:
            file.write("".join(f"{record}\n" for record in records).encode())
    return report


def read(folder: str | Path) -> Iterator[Document]:
    """The documents of every split. Raises FormatError with file and line where a record or an answer is not whole."""
    files = sorted(Path(folder).glob("*.jsonl"))
    if not files:
        raise InputError(f"{folder}: no .jsonl files in this folder; give a folder of instruction records")
    for path in files:
        for number, line in enumerate(read_text(path).split("\n"), 1):
            if line.strip():
                yield _document(line, path, number)


def _document(line: str, path: Path, number: int) -> Document:
    report = ReadReport()
    try:
        record: Any = json.loads(line)
        document = from_record(record if isinstance(record, dict) else {}, report)
    except (ValueError, InputError) as err:
        raise FormatError(str(err), path=path, line=number) from err
    if report.dropped:
        _, what, why = report.dropped[0]
        raise FormatError(f"{what}: {why}", path=path, line=number)
    return document


def _only_denials(document: Document, report: ReadReport) -> Document:
    relations = []
    for relation in document.relations:
        denied = {"negated": True} if relation.negated else {}
        for name in relation.attributes:
            if name not in denied:
                report.drop(document.id, f"relation {relation.id} attribute {name}", "an instruction record has none")
        relations.append(replace(relation, attributes=denied))
    return replace(document, relations=tuple(relations))
