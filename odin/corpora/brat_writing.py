"""Documents as brat standoff; what it writes, `odin.corpora.brat` reads back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from odin.corpora.brat import ODIN_NOTE, PLAIN_CONCEPT, file_name
from odin.corpora.files import encoded, replacing
from odin.corpora.loss import Holds, held
from odin.errors import FormatError, InputError
from odin.schema import Document, Entity, ReadReport, Relation

HOLDS = Holds("brat", concept_relation=None, meta=False, provenance=False, label_spaces=False)


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write `id.txt` and `id.ann` for each document into a folder, and return what was written and what was not.

    Raises InputError where the folder holds brat files already, FormatError where two documents share an id.
    """
    folder, report = Path(path), ReadReport()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{path} is a file; brat needs a folder")
    if folder.is_dir() and any(item.suffix in (".txt", ".ann") for item in folder.iterdir()):
        raise InputError(f"{path} holds .txt or .ann files already; give a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    names: set[str] = set()
    for document in documents:
        name = file_name(document.id)
        if not name or name in names:
            raise FormatError(f"the document id {document.id!r} is empty or used twice", path=path)
        names.add(name)
        kept = held(document, HOLDS, report)
        _write_file(folder / f"{name}.txt", kept.text, kept.id)
        _write_file(
            folder / f"{name}.ann", "".join(f"{line}\n" for line in _lines(_with_brat_ids(kept, report))), kept.id
        )
        report.keep(kept)
    return report


def _write_file(path: Path, text: str, name: str) -> None:
    data = encoded(text, name, path)
    with replacing(path) as file:
        file.write(data)


def _with_brat_ids(document: Document, report: ReadReport) -> Document:
    """The document with ids such as T1 and R1."""
    entities = [re.fullmatch(r"T\d+", entity.id) for entity in document.entities]
    relations = [re.fullmatch(r"R\d+", relation.id) for relation in document.relations]
    if all(entities) and all(relations):
        return document
    report.notes.append(f"{document.id}: the ids were given anew, since brat needs T1, R1 ...")
    new = {entity.id: f"T{number}" for number, entity in enumerate(document.entities, 1)}
    return replace(
        document,
        entities=tuple(replace(entity, id=new[entity.id]) for entity in document.entities),
        relations=tuple(
            replace(relation, id=f"R{number}", head=new[relation.head], tail=new[relation.tail])
            for number, relation in enumerate(document.relations, 1)
        ),
    )


def _lines(document: Document) -> list[str]:
    lines, said = [], []
    for entity in document.entities:
        places = ";".join(f"{start} {end}" for start, end in entity.spans)
        lines.append(f"{entity.id}\t{entity.label} {places}\t{_on_one_line(entity.text_in(document.text))}")
        said += _said(entity, document.text)
    for relation in document.relations:
        lines.append(f"{relation.id}\t{relation.label} Arg1:{relation.head} Arg2:{relation.tail}\t")
        said += _said(relation, document.text)
    counts: dict[str, int] = {}
    for kind, content in said:
        counts[kind] = counts.get(kind, 0) + 1
        lines.append(f"{kind}{counts[kind]}\t{content}")
    return lines


def _said(annotation: Entity | Relation, text: str) -> list[tuple[str, str]]:
    """Attribute, normalisation and note lines, as kind and content."""
    said: list[tuple[str, str]] = []
    rest: dict[str, Any] = {}
    if isinstance(annotation, Entity):
        if annotation.assertion:
            said.append(("A", f"Assertion {annotation.id} {annotation.assertion}"))
        concept = annotation.concept
        if concept and re.search(r"\s", concept):
            rest["concept"] = concept
        elif concept:
            plain = ":" not in concept or concept.startswith(PLAIN_CONCEPT)
            surface = _on_one_line(annotation.text_in(text))
            said.append(("N", f"Reference {annotation.id} {PLAIN_CONCEPT if plain else ''}{concept}\t{surface}"))
    for name in ("score", "cue", "evidence"):
        if getattr(annotation, name, None) is not None:
            rest[name] = getattr(annotation, name)
    if annotation.provenance:
        rest["provenance"] = annotation.provenance.to_json()
    other = {}
    for name, value in annotation.attributes.items():
        line = _attribute(annotation.id, name, value)
        if line:
            said.append(line)
        else:
            other[name] = value
    if other:
        rest["attributes"] = other
    if rest:
        said.append(("#", f"{ODIN_NOTE} {annotation.id}\t{_json(rest, annotation.id)}"))
    return said


def _attribute(target: str, name: str, value: Any) -> tuple[str, str] | None:
    """The line of an attribute that brat can state itself."""
    if name == "note" and isinstance(value, str) and value and not re.search(r"[\r\n\t]", value):
        return "#", f"AnnotatorNotes {target}\t{value}"
    if name in ("note", "Assertion", ODIN_NOTE) or not re.fullmatch(r"\S+", name):
        return None
    if value is True:
        return "A", f"{name} {target}"
    if isinstance(value, str) and re.fullmatch(r"\S+", value):
        return "A", f"{name} {target} {value}"
    return None


def _json(value: Mapping[str, Any], name: str) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as err:
        raise FormatError(f"the attributes of {name} cannot be written as JSON: {err}") from err


def _on_one_line(text: str) -> str:
    return re.sub(r"[\r\n\t]", " ", text)
