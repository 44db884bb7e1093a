"""brat standoff: a folder of `name.txt` with `name.ann` beside it.

Format: https://brat.nlplab.org/standoff.html. Mentions (T, discontinuous too), relations (R), equivalences (*, read as
a chain of relations from member to member), events (E: the mention of the trigger stands for the event, its arguments
become relations), attributes (A, M), normalisations (N: the concept) and notes (#). Texts are read as they stand, since
CRLF counts in offsets. Score, cue, provenance and evidence have no line in brat: they are JSON in notes of type `Odin`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from odin.corpora.drafts import Draft
from odin.corpora.files import read_text
from odin.errors import FormatError, InputError
from odin.schema import ASSERTIONS, Document, Entity, Provenance, ReadReport, Relation

ODIN_NOTE = "Odin"
PLAIN_CONCEPT = "concept:"
"""Stands before a concept that names no vocabulary, since brat writes vocabulary:id."""

_KINDS = "TREAN#*"
_ENTITY = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)")
_RELATION = re.compile(r"(\S+) [^\s:]+:(\S+) [^\s:]+:(\S+)\s*")

_ODIN_FIELDS = ("concept", "score", "cue", "evidence", "provenance")

Said = dict[str, dict[str, Any]]
"""Id of a mention or relation to the fields that attributes, normalisations and notes set."""


class Line(NamedTuple):
    """A line of an .ann file: `head` and `tail` are the columns after the id."""

    number: int
    id: str
    head: str
    tail: str


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a folder, in the order of their names; the id is the file's name.

    Raises FormatError with file and line where one cannot be read; with `strict=False` it is dropped and reported.
    """
    folder = Path(path)
    report = ReadReport() if report is None else report
    if not folder.is_dir():
        raise InputError(f"{path}: brat needs a folder of .txt and .ann files")
    texts = sorted(folder.glob("*.txt"))
    if not texts:
        raise InputError(f"{path}: the folder has no .txt file")
    for text_path in texts:
        try:
            document = read_document(text_path, report, strict=strict)
        except FormatError as err:
            if strict:
                raise
            report.drop(str(text_path), "document", str(err))
            continue
        yield document
    for lonely in sorted({item.stem for item in folder.glob("*.ann")} - {item.stem for item in texts}):
        report.drop(str(folder / f"{lonely}.ann"), "document", "the .ann file has no .txt beside it")


def read_document(text_path: Path, report: ReadReport, *, strict: bool = True) -> Document:
    """The document of a text file and of the `.ann` beside it (where there is none, it has no annotations)."""
    path = text_path.with_suffix(".ann")
    name = unquote(text_path.stem)
    name = name if file_name(name) == text_path.stem else text_path.stem
    draft = Draft(name, read_text(text_path, keep_mark=True), path, report, strict)
    lines = _lines(read_text(path) if path.exists() else "", draft)
    triggers = _triggers(lines["E"], draft)
    said = _said(lines, triggers, draft)
    for line in lines["T"]:
        _add_entity(draft, line, said.pop(line.id, {}))
    for line in lines["R"]:
        _add_relation(draft, line, triggers, said.pop(line.id, {}))
    _add_event_arguments(draft, lines, triggers)
    _add_equivalences(draft, lines, triggers)
    for target in said:
        draft.refuse(None, f"attribute or note of {target}", "refers to an unknown annotation")
    return draft.finish()


def file_name(document_id: str) -> str:
    """The id as a file name without extension; characters that a file name cannot hold are %-escaped."""
    safe = quote(document_id, safe=" !#$&'()+,;=@[]{}~")
    return "%2E" + safe[1:] if safe.startswith(".") else safe


def _lines(text: str, draft: Draft) -> dict[str, list[Line]]:
    """The lines by kind; M is an older name of A."""
    lines: dict[str, list[Line]] = {kind: [] for kind in _KINDS}
    for number, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        name, head, tail = [*content.removesuffix("\r").split("\t", 2), "", ""][:3]
        kind = "A" if name[0] == "M" else name[0]
        if kind in lines:
            lines[kind].append(Line(number, name, head.strip(), tail))
        else:
            draft.refuse(number, f"line {name[:20]!r}", "is not brat: an id begins with T, R, E, A, M, N, # or *")
    return lines


def _triggers(events: list[Line], draft: Draft) -> dict[str, str]:
    triggers = {}
    for line in events:
        label, colon, trigger = line.head.split(" ")[0].rpartition(":")
        if label and colon and trigger:
            triggers[line.id] = trigger
        else:
            draft.refuse(line.number, f"event {line.id}", "has no trigger, such as E1<tab>Label:T1")
    return triggers


def _said(lines: dict[str, list[Line]], triggers: dict[str, str], draft: Draft) -> Said:
    """What attributes, normalisations and notes say; of an event, it is said of its trigger."""
    said: Said = {}
    for line in sorted(lines["A"] + lines["N"] + lines["#"]):
        words = line.head.split(" ", 2)
        if len(words) < 2:
            draft.refuse(line.number, f"line {line.id}", "does not name an annotation")
            continue
        fields = said.setdefault(triggers.get(words[1], words[1]), {})
        attributes = fields.setdefault("attributes", {})
        if line.id[0] == "N":
            concept = words[2].removeprefix(PLAIN_CONCEPT) if len(words) > 2 else ""
            fields["concept"] = "|".join(filter(None, (fields.get("concept"), concept)))
        elif line.id[0] == "#":
            _take_note(line, words[0], fields, draft)
        elif words[0] == "Assertion" and len(words) > 2 and words[2] in ASSERTIONS:
            fields["assertion"] = words[2]
        elif words[0] in attributes:
            draft.lose(line.number, f"attribute {line.id}", "sets an attribute that is set already")
        else:
            attributes[words[0]] = words[2] if len(words) > 2 else True
    return said


def _take_note(line: Line, kind: str, fields: dict[str, Any], draft: Draft) -> None:
    if kind != ODIN_NOTE:
        key = "note" if kind == "AnnotatorNotes" else kind
        earlier = fields["attributes"].get(key)
        fields["attributes"][key] = f"{earlier}\n{line.tail}" if earlier else line.tail
        return
    try:
        value = json.loads(line.tail)
        fields["attributes"].update(value.pop("attributes", {}))
        for name in ("cue", "evidence"):
            if name in value:
                value[name] = tuple(value[name])
        if "provenance" in value:
            value["provenance"] = Provenance.from_json(value["provenance"])
        fields.update({name: value[name] for name in _ODIN_FIELDS if name in value})
    except (ValueError, TypeError, AttributeError):
        draft.refuse(line.number, f"note {line.id}", f"of type {ODIN_NOTE} is not the JSON that Odin writes")


def _add_entity(draft: Draft, line: Line, fields: dict[str, Any]) -> None:
    match = _ENTITY.fullmatch(line.head)
    if match is None:
        return draft.refuse(line.number, f"entity {line.id}", "is not of the form T1<tab>Label 0 5<tab>text")
    pairs = (pair.split(" ") for pair in match[2].split(";"))
    spans = tuple((int(start), int(end)) for start, end in pairs)
    if not fields.get("concept"):
        fields.pop("concept", None)
    if fields.pop("evidence", None):
        draft.lose(line.number, f"entity {line.id} evidence", "is not something that an entity has")
    entity = Entity(line.id, match[1], *spans[0], **fields)
    return draft.add_entity(line.number, entity, spans, stated=line.tail or None)


def _add_relation(draft: Draft, line: Line, triggers: dict[str, str], fields: dict[str, Any]) -> None:
    match = _RELATION.fullmatch(line.head)
    if match is None:
        return draft.refuse(line.number, f"relation {line.id}", "is not of the form R1<tab>Label Arg1:T1 Arg2:T2")
    for name in ("concept", "assertion", "cue"):
        if fields.pop(name, None):
            draft.lose(line.number, f"relation {line.id} {name}", "is not something that a relation has")
    head, tail = (triggers.get(end, end) for end in match.groups()[1:])
    return draft.add_relation(line.number, Relation(line.id, match[1], head, tail, **fields))


def _add_event_arguments(draft: Draft, lines: dict[str, list[Line]], triggers: dict[str, str]) -> None:
    for line in lines["E"]:
        for argument in line.head.split(" ")[1:]:
            label, _, target = argument.rpartition(":")
            head, tail = triggers.get(line.id, line.id), triggers.get(target, target)
            if label and target:
                draft.add_relation(line.number, Relation(_new_id(draft, lines), label, head, tail))


def _add_equivalences(draft: Draft, lines: dict[str, list[Line]], triggers: dict[str, str]) -> None:
    """Of `* OR T1 T2 T3` the relations OR(T1, T2) and OR(T2, T3)."""
    for group, line in enumerate(lines["*"], 1):
        label, *members = line.head.split()
        members = [draft.resolve(triggers.get(member, member)) for member in members]
        for head, tail in pairwise(members):
            relation = Relation(_new_id(draft, lines), label, head, tail, attributes={"equivalence": group})
            draft.add_relation(line.number, relation)


def _new_id(draft: Draft, lines: dict[str, list[Line]]) -> str:
    taken = {line.id for line in lines["R"]}
    number = len(taken) + len(draft.relations) + 1
    while f"R{number}" in taken or f"R{number}" in draft.relations:
        number += 1
    return f"R{number}"
