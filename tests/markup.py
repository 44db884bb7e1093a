"""Documents in markup for tests: `[Aspirin](Drug) treats [headache](Disease).` Brackets nest."""

from __future__ import annotations

import re

from odin.schema import Document, Entity, Relation

_TOKEN = re.compile(r"\[|\]\(([^)]+)\)")


def document(markup: str, *relations: tuple[str, str, str], id: str = "d1") -> Document:
    """The document of `markup`; each relation is (label, head surface, tail surface)."""
    text, stack, found, last = "", [], [], 0
    for match in _TOKEN.finditer(markup):
        text += markup[last : match.start()]
        last = match.end()
        if match.group(0) == "[":
            stack.append(len(text))
        else:
            label, _, assertion = match.group(1).partition("|")
            found.append((stack.pop(), len(text), label, assertion or None))
    text += markup[last:]
    entities = tuple(
        Entity(f"T{i}", label, start, end, assertion=assertion)
        for i, (start, end, label, assertion) in enumerate(sorted(found), 1)
    )
    ids = {text[e.start : e.end]: e.id for e in reversed(entities)}
    return Document(
        id,
        text,
        entities,
        tuple(Relation(f"R{i}", label, ids[head], ids[tail]) for i, (label, head, tail) in enumerate(relations, 1)),
    )
