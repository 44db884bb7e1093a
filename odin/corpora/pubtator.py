"""PubTator: title and abstract in a line each, a mention or a concept relation a line, blank line between documents.

Format: https://ftp.ncbi.nlm.nih.gov/pub/lu/PubTatorCentral/ (README). Offsets are over title + one character +
abstract. A relation line is `id, label, head concept, tail concept` and in BioRED a fifth column, novel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from odin.corpora.drafts import Draft
from odin.corpora.files import encoded, read_text, replacing
from odin.corpora.loss import Holds, held
from odin.errors import FormatError
from odin.schema import ConceptRelation, Document, Entity, ReadReport

_TEXT_LINE = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
NO_CONCEPT = ("", "-")
"""How the concept column says that there is none."""

HOLDS = Holds(
    "PubTator",
    entity=("concept", "attributes"),
    relation=None,
    concept_relation=("attributes",),
    meta=False,
    provenance=False,
    fragments=False,
)

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


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write a PubTator file and return what was written and what the format could not hold.

    The first line of a text is the title. Line breaks become spaces, one for one, so that offsets stay. Raises
    FormatError where an id, a label or a concept holds a tab, a line break or (an id) a |.
    """
    report = ReadReport()
    seen: set[str] = set()
    with replacing(path) as file:
        for document in documents:
            if not re.fullmatch(r"[^|\t\r\n]*[^|\s][^|\t\r\n]*", document.id) or document.id in seen:
                why = (
                    "is used twice"
                    if document.id in seen
                    else "cannot be written: it is empty or holds |, tab or newline"
                )
                raise FormatError(f"the document id {document.id!r} {why}", path=path)
            seen.add(document.id)
            kept = _held(document, report)
            file.write(encoded("".join(f"{line}\n" for line in [*_lines(kept, path), ""]), kept.id, path))
            report.keep(kept)
    return report


def _held(document: Document, report: ReadReport) -> Document:
    kept = held(document, HOLDS, report)
    kept = replace(
        kept,
        entities=tuple(
            replace(
                entity,
                concept=_concept(entity, kept.id, report),
                attributes=_only(entity.attributes, "parts", f"entity {entity.id}", kept.id, report),
            )
            for entity in kept.entities
        ),
        concept_relations=tuple(
            replace(it, attributes=_only(it.attributes, "novel", f"concept relation {number}", kept.id, report))
            for number, it in enumerate(kept.concept_relations, 1)
        ),
    )
    breaks = len(re.findall(r"[\r\n]", kept.text))
    if breaks:
        report.drop(kept.id, f"text: {breaks} line breaks", "PubTator holds none: a space is written for each")
    return kept


def _concept(entity: Entity, place: str, report: ReadReport) -> str | None:
    concept = entity.concept
    if concept is not None and (concept in NO_CONCEPT or concept != concept.strip()):
        report.drop(place, f"entity {entity.id} concept", "PubTator reads it as no concept, or without its white space")
        return concept.strip() if concept.strip() not in NO_CONCEPT else None
    return concept


def _only(attributes: Mapping[str, Any], known: str, what: str, place: str, report: ReadReport) -> dict[str, Any]:
    """The one attribute that has a column."""
    kept = {}
    for name, value in attributes.items():
        if name == known and isinstance(value, str) and value.strip() == value != "" and not re.search(r"\s", value):
            kept[name] = value
        else:
            report.drop(place, f"{what} attribute {name}", "PubTator has no column for it")
    return kept


def _lines(document: Document, path: str | Path) -> list[str]:
    text = document.text
    cut = re.search(r"[\r\n]", text)
    at = cut.start() if cut and text[cut.end() :] else len(text)
    parts = [text[:at], text[at + 1 :]]
    lines = [f"{document.id}|{kind}|{_on_one_line(part)}" for kind, part in zip("ta", parts, strict=True)]
    for entity in document.entities:
        columns = [document.id, str(entity.start), str(entity.end), _on_one_line(entity.text_in(text), tabs=True)]
        columns += [entity.label, entity.concept or ""]
        if "parts" in entity.attributes:
            columns.append(entity.attributes["parts"])
        lines.append(_joined(columns, path))
    for relation in document.concept_relations:
        columns = [document.id, relation.label, relation.head, relation.tail]
        if "novel" in relation.attributes:
            columns.append(relation.attributes["novel"])
        lines.append(_joined(columns, path))
    return lines


def _joined(columns: list[str], path: str | Path) -> str:
    for value in columns:
        if re.search(r"[\t\r\n]", value):
            raise FormatError(f"document {columns[0]}: {value!r} holds a tab or a line break", path=path)
    return "\t".join(columns)


def _on_one_line(text: str, *, tabs: bool = False) -> str:
    return re.sub(r"[\t\r\n]" if tabs else r"[\r\n]", " ", text)
