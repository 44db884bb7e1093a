"""A relation said in other words, without a model: its sentence is written anew from a template that states it.

Only a sentence that holds the two mentions of one relation and nothing else that is annotated is written anew, so that
no other annotation depends on its words. Both surfaces stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from odin.errors import InputError
from odin.schema import Document, Entity, Relation
from odin.synthesis.grammar import Choice, Node, RelationPattern, Slot, Template, TemplateBook, Text
from odin.synthesis.realise import NoteBuilder, Term

KINDS = {
    ("treats", "Drug", "Disease"): "treats.drug.D",
    ("treats", "Drug", "Symptom"): "treats.drug.S",
    ("treats", "Procedure", "Disease"): "treats.proc",
    ("treats", "Procedure", "Symptom"): "treats.proc",
    ("causes", "Disease", "Symptom"): "causes.dz.S",
    ("causes", "Disease", "Disease"): "causes.dz.D",
    ("causes", "Drug", "Disease"): "causes.rx",
    ("causes", "Drug", "Symptom"): "causes.rx",
    ("causes", "Procedure", "Disease"): "causes.px",
    ("causes", "Procedure", "Symptom"): "causes.px",
    ("indicates", "Procedure", "Disease"): "indicates.proc",
    ("indicates", "Symptom", "Disease"): "indicates.sx",
    ("prevents", "Drug", "Disease"): "prevents.rx",
    ("prevents", "Drug", "Symptom"): "prevents.rx",
    ("prevents", "Procedure", "Disease"): "prevents.px",
    ("prevents", "Procedure", "Symptom"): "prevents.px",
}
"""The kind of template that states a relation, by its label and the labels of head and tail."""

_END = re.compile(r"[.!?](?=\s)|(?=\n)")


@dataclass(frozen=True)
class Restatement:
    """A sentence written anew: where it stood, its new words, and where the two mentions stand in them."""

    start: int
    end: int
    text: str
    spans: dict[str, tuple[int, int]]
    """By entity id: start and end within `text`."""


def restatements(document: Document, book: TemplateBook, rng: Random, share: float) -> Iterator[Restatement]:
    """New sentences for about `share` of the relations that can be said otherwise, from left to right."""
    entities = document.entity_by_id
    for start, end in _sentences(document.text):
        within = [entity for entity in document.entities if entity.start < end and start < entity.end]
        if len(within) != 2 or any(not _is_plain(entity, start, end) for entity in within):
            continue
        ids = {entity.id for entity in within}
        touching = [item for item in document.relations if {item.head, item.tail} & ids]
        if len(touching) != 1 or {touching[0].head, touching[0].tail} != ids or rng.random() >= share:
            continue
        relation = touching[0]
        head, tail = entities[relation.head], entities[relation.tail]
        template = _template(relation, head, tail, book, rng)
        if template is not None:
            yield _realised(document.text, (start, end), template, head, tail, rng)


def _template(relation: Relation, head: Entity, tail: Entity, book: TemplateBook, rng: Random) -> Template | None:
    kind = KINDS.get((relation.label, head.label, tail.label))
    if kind is None or relation.negated or (head.end > tail.start and tail.end > head.start):
        return None
    said = (RelationPattern(relation.label, "H", "T"),)
    options = [
        item
        for item in book.of(kind, rng.choice("pps"))
        if item.relations == said and item.slots == {"H", "T"} and all(map(_is_bare, item.nodes))
    ]
    return rng.choice(options) if options else None


def _realised(
    text: str, span: tuple[int, int], template: Template, head: Entity, tail: Entity, rng: Random
) -> Restatement:
    builder = NoteBuilder(rng, _no_value)
    terms = {name: [Term(item.label, item.text_in(text))] for name, item in (("H", head), ("T", tail))}
    statement = builder.say(template, terms, capital=isinstance(template.nodes[0], Text))
    made = builder.document("sentence")
    order = [key for name in "HT" for key in statement.filled[name]]
    numbers = sorted(order, key=int)
    spans = {item.id: made.entities[numbers.index(key)].span for key, item in zip(order, (head, tail), strict=True)}
    words = made.text.rstrip(" .")
    return Restatement(*span, words + "." * (text[span[1] - 1] == "."), spans)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """The sentences with their full stops, without the blanks around them."""
    start = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        words = text[start:end]
        if words.strip():
            yield start + len(words) - len(words.lstrip()), start + len(words.rstrip())
        start = end


def _is_plain(entity: Entity, start: int, end: int) -> bool:
    inside = start <= entity.start and entity.end <= end
    return inside and entity.assertion in (None, "present") and not entity.fragments and entity.cue is None


def _is_bare(node: Node) -> bool:
    """True for words and slots: nothing that would be said of a patient who is not known."""
    if isinstance(node, Choice):
        return all(_is_bare(item) for option in node.options for item in option)
    return isinstance(node, Text) or (isinstance(node, Slot) and node.assertion is None)


def _no_value(name: str) -> str:
    raise InputError(f"a template asks for ${name}, which is known of no patient here")
