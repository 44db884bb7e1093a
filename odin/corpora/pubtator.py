"""PubTator: title and abstract in a line each, a mention or a concept relation a line, blank line between documents.

Format: https://ftp.ncbi.nlm.nih.gov/pub/lu/PubTatorCentral/ (README). Offsets are over title + one character +
abstract. A relation line is `id, label, head concept, tail concept` and in BioRED a fifth column, novel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from odin.corpora.drafts import Draft
from odin.corpora.files import read_text
from odin.errors import FormatError
from odin.schema import ConceptRelation, Document, Entity, ReadReport

_TEXT_LINE = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
NO_CONCEPT = ("", "-")
"""How the concept column says that there is none."""

Block = list[tuple[int, str]]


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a PubTator file.

    Raises FormatError with the line where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    for block in _blocks(read_text(path)):
        try:
            document = _document(block, path, report, strict)
        except FormatError as err:
            if strict:
                raise
            report.drop(f"{path}:{block[0][0]}", "document", str(err))
            continue
        yield document


def _blocks(text: str) -> Iterator[Block]:
    """The numbered lines of each document. A new title line begins a document too."""
    block: Block = []
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.removesuffix("\r")
        match = _TEXT_LINE.fullmatch(line)
        if block and (not line.strip() or (match and match[2] == "t")):
            yield block
            block = []
        if line.strip():
            block.append((number, line))
    if block:
        yield block


def _document(block: Block, path: str | Path, report: ReadReport, strict: bool) -> Document:
    parts: dict[str, str] = {}
    name = ""
    for number, line in block[:2]:
        match = _TEXT_LINE.fullmatch(line)
        if match and match[2] not in parts:
            name, parts[match[2]] = match[1], match[3]
        elif "t" not in parts:
            raise FormatError(f"expected a title line such as 1234|t|..., found {line[:60]!r}", path=path, line=number)
    if "t" not in parts:
        raise FormatError("a document has no title line such as 1234|t|...", path=path, line=block[0][0])
    text = f"{parts['t']} {parts['a']}" if parts.get("a") else parts["t"]
    draft = Draft(name, text, path, report, strict)
    for index, (number, line) in enumerate(block[len(parts) :], 1):
        _read_line(draft, number, line, f"T{index}")
    return draft.finish()


def _read_line(draft: Draft, number: int, line: str, entity_id: str) -> None:
    columns = line.split("\t")
    if columns[0] != draft.id:
        return draft.refuse(number, f"line of document {columns[0]!r}", f"stands in document {draft.id}")
    if len(columns) >= 5 and columns[1].strip().isdigit() and columns[2].strip().isdigit():
        concept = columns[5].strip() if len(columns) > 5 else ""
        parts = {"parts": columns[6]} if len(columns) > 6 and columns[6].strip() else {}
        entity = Entity(
            id=entity_id,
            label=columns[4].strip(),
            start=int(columns[1]),
            end=int(columns[2]),
            concept=None if concept in NO_CONCEPT else concept,
            attributes=parts,
        )
        return draft.add_entity(number, entity, stated=columns[3])
    if len(columns) in (4, 5) and all(columns[1:4]):
        attributes = {"novel": columns[4]} if len(columns) == 5 else {}
        draft.concept_relations.append(ConceptRelation(columns[1], columns[2], columns[3], attributes=attributes))
        return None
    return draft.refuse(number, f"line {line[:60]!r}", "is neither a mention (6 columns) nor a relation (4 or 5)")
