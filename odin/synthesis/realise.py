"""From templates and terms to text with offsets.

A note grows as pieces (words, and where mentions and cues open and close). Offsets come from joining the pieces at the
end; nothing is ever searched for in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from odin.errors import AnnotationError
from odin.schema import Document, Entity, Provenance, Relation
from odin.synthesis.grammar import Choice, Cue, Node, Slot, Template, Text, Value
from odin.synthesis.grammar import Mention as WrittenMention


@dataclass(frozen=True)
class Term:
    """What fills a slot: a surface of a concept, or with `mention` a mention that stands in the note already."""

    label: str
    surface: str = ""
    concept: str | None = None
    dose: str = ""
    """Dose, route and frequency of a drug, such as `10 mg daily`."""
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What `$val(H)` and the like say of it."""
    mention: str | None = None


@dataclass(frozen=True)
class MentionPlan:
    """A mention of the note in the making."""

    key: str
    label: str
    concept: str | None
    assertion: str


@dataclass(frozen=True)
class Piece:
    """Words, or a mark that takes no room: `open` and `close` of a mention, `cue` and `end` of a cue."""

    kind: str
    text: str = ""
    key: str = ""


@dataclass(frozen=True)
class Statement:
    """A template that was realised: where its pieces stand and which mentions fill its slots."""

    template: str
    section: str
    first: int
    last: int
    """Piece indices, half-open."""
    filled: Mapping[str, tuple[str, ...]] = field(hash=False)


class NoteBuilder:
    """A note in the making. `values` answers `$name`; `lower` keeps sentences from starting with a capital."""

    def __init__(self, rng: Random, values: Callable[[str], str]) -> None:
        self.rng = rng
        self.values = values
        self.pieces: list[Piece] = []
        self.mentions: dict[str, MentionPlan] = {}
        self.relations: list[tuple[str, str, str, bool, int | None]] = []
        """(label, head, tail, negated, index of the statement)."""
        self.statements: list[Statement] = []
        self.section = ""
        self._cues: list[str] = []
        self._capital = self._lower = self._plural = False

    def write(self, text: str) -> None:
        """Add words that hold no mention."""
        if not text:
            return
        self._agree(text)
        if self._plural and not text.isspace():
            text = _VERB.sub(lambda verb: _PLURAL_VERBS.get(verb[0], verb[0][:-1]), text)
            self._plural = False
        if self._lower and text.split(" ", 1)[0] in _SUBJECTS:
            text = text[0].lower() + text[1:]
        self._lower = False
        if self._capital and text[0].isalpha():
            text = _capitalised(text)
        if not text.isspace():
            self._capital = False
        self.pieces.append(Piece("text", text))

    def _agree(self, text: str) -> None:
        """Make `an` of an `a` that ends the words so far, where the sound that follows asks for it."""
        at = next((at for at in range(len(self.pieces) - 1, -1, -1) if self.pieces[at].text), None)
        if at is None or self.pieces[at].kind != "text":
            return
        last = self.pieces[at].text
        if _ARTICLE.search(last) and _VOWEL.match(text):
            self.pieces[at] = Piece("text", f"{last[:-1]}n ")

    def mention(self, term: Term, assertion: str | None) -> str:
        """Add a mention and return its key."""
        key = self._open(term.label, term.concept, assertion)
        self.write(term.surface)
        self._close(key)
        return key

    def say(
        self,
        template: Template,
        terms: Mapping[str, Sequence[Term]] | None = None,
        *,
        capital: bool = True,
        lower: bool = False,
    ) -> Statement:
        """Realise a template with its terms, and state its relations. `lower`: it goes on a sentence."""
        terms = terms or {}
        first, count = len(self.pieces), len(self.mentions)
        self._capital, self._lower, self._cues = capital, lower, []
        filled: dict[str, tuple[str, ...]] = {
            name: tuple(term.mention for term in chosen if term.mention) for name, chosen in terms.items()
        }
        self._nodes(template.nodes, terms, filled, template.register)
        self._capital = self._lower = False
        statement = Statement(template.id, self.section, first, len(self.pieces), filled)
        self.statements.append(statement)
        self._bind_cues(list(self.mentions)[count:], first)
        for relation in template.relations:
            for head in filled.get(relation.head, ()):
                for tail in filled.get(relation.tail, ()):
                    self.relate(relation.label, head, tail, negated=relation.negated)
        return statement

    def begin(self, template: str) -> None:
        """Begin a statement that code writes, named like a template; `end` closes it."""
        self.statements.append(Statement(template, self.section, len(self.pieces), len(self.pieces), {}))

    def end(self) -> None:
        """Close the statement that `begin` opened."""
        begun = self.statements[-1]
        self.statements[-1] = replace(begun, last=len(self.pieces))

    def relate(self, label: str, head: str, tail: str, *, negated: bool = False) -> None:
        """State a relation between two mentions, as part of the last statement. Once is enough."""
        known = any((label, head, tail) == found[:3] for found in self.relations)
        if head != tail and not known:
            self.relations.append((label, head, tail, negated, len(self.statements) - 1))

    def surface_of(self, key: str) -> str:
        """The words of a mention of the note so far."""
        return "".join(_words_of(self.pieces, key))

    def trim(self) -> None:
        """Take blanks from the end of the note."""
        for at in range(len(self.pieces) - 1, -1, -1):
            piece = self.pieces[at]
            self.pieces[at] = Piece(piece.kind, piece.text.rstrip(), piece.key)
            if self.pieces[at].text:
                return

    def document(
        self,
        id: str,
        *,
        noise: Callable[[list[Piece]], list[Piece]] | None = None,
        meta: Mapping[str, Any] | None = None,
        provenance: Provenance | None = None,
    ) -> Document:
        """The finished document. `noise` may alter the words of pieces, never their number or marks."""
        pieces = noise(self.pieces) if noise else self.pieces
        text, starts = _joined(pieces)
        spans = _spans(pieces, starts, "open", "close")
        cues = _spans(pieces, starts, "cue", "end")
        entities, names = [], {}
        order = sorted(spans, key=lambda key: (spans[key][0], -spans[key][1], int(key)))
        for number, key in enumerate(order, 1):
            names[key] = f"T{number}"
            entities.append(self._entity(key, names[key], spans[key], cues))
        relations = []
        for number, (label, head, tail, negated, index) in enumerate(self.relations, 1):
            ends = [spans[head], spans[tail]]
            if index is not None and index >= 0:
                statement = self.statements[index]
                ends.append((starts[statement.first], starts[statement.last]))
            evidence = (min(start for start, _ in ends), max(end for _, end in ends))
            attributes = {"negated": True} if negated else {}
            relations.append(
                Relation(f"R{number}", label, names[head], names[tail], evidence=evidence, attributes=attributes)
            )
        written = {names[key]: "".join(_words_of(pieces, key)) for key in spans}
        document = Document(id, text, tuple(entities), tuple(relations), meta=meta or {}, provenance=provenance)
        for entity in entities:
            if text[entity.start : entity.end] != written[entity.id]:
                raise AnnotationError(f"document {id}: entity {entity.id} lost its surface while the text was joined")
        return document

    def _entity(self, key: str, name: str, span: tuple[int, int], cues: Mapping[str, tuple[int, int]]) -> Entity:
        plan = self.mentions[key]
        return Entity(
            name,
            plan.label,
            *span,
            concept=plan.concept,
            assertion=plan.assertion,
            cue=cues.get(self._cue_of.get(key, "")),
        )

    @property
    def _cue_of(self) -> dict[str, str]:
        return self.__dict__.setdefault("_bound_cues", {})

    def _nodes(
        self,
        nodes: tuple[Node, ...],
        terms: Mapping[str, Sequence[Term]],
        filled: dict[str, tuple[str, ...]],
        register: str,
    ) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.write(node.text)
            elif isinstance(node, Choice):
                self._nodes(self.rng.choice(node.options), terms, filled, register)
            elif isinstance(node, Value):
                self._value(node, terms)
            elif isinstance(node, Slot):
                keys = self._slot(node, terms.get(node.name, ()), register)
                filled[node.name] = filled.get(node.name, ()) + keys
            elif isinstance(node, WrittenMention):
                key = self._open(node.label, None, node.assertion)
                self._nodes(node.children, terms, filled, register)
                self._close(key)
                if node.name:
                    filled[node.name] = (*filled.get(node.name, ()), key)
            elif isinstance(node, Cue):
                name = f"c{len(self.pieces)}"
                self.pieces.append(Piece("cue", key=name))
                self._nodes(node.children, terms, filled, register)
                self.pieces.append(Piece("end", key=name))

    def _value(self, node: Value, terms: Mapping[str, Sequence[Term]]) -> None:
        if node.slot is None:
            self.write(self.values(node.name))
            return
        chosen = terms.get(node.slot, ())
        if node.name == "dose":
            amount = " ".join(chosen[0].dose.split(" ")[:2]) if chosen else ""
            self.write(amount or "the full dose")
        else:
            self.write(chosen[0].values.get(node.name, "abnormal") if chosen else "abnormal")

    def _slot(self, node: Slot, chosen: Sequence[Term], register: str) -> tuple[str, ...]:
        chosen = chosen if node.many else chosen[:1]
        begins = _BEGINS.search("".join(piece.text for piece in self.pieces[-6:])) is not None
        last = " or " if node.assertion == "negated" else " and "
        slash = register == "s" and len(chosen) > 1 and self.rng.random() < 0.3
        keys = []
        for number, term in enumerate(chosen):
            if number:
                self._joint(number, len(chosen), last, slash, register)
            keys.append(self.mention(term, node.assertion))
            if node.dosed and term.dose:
                self.write(" " + term.dose)
        self._plural = begins and (len(chosen) > 1 or any(is_plural(term.surface) for term in chosen))
        return tuple(keys)

    def _joint(self, number: int, count: int, last: str, slash: bool, register: str) -> None:
        if slash:
            self.write("/")
        elif number < count - 1 or (register == "s" and count > 2):
            self.write(", ")
        elif count == 2:
            self.write(last if register == "p" or self.rng.random() < 0.5 else ", ")
        else:
            self.write("," + last if self.rng.random() < 0.7 else last)

    def _open(self, label: str, concept: str | None, assertion: str | None) -> str:
        key = str(len(self.mentions))
        self.mentions[key] = MentionPlan(key, label, concept, assertion or "present")
        self.pieces.append(Piece("open", key=key))
        return key

    def _close(self, key: str) -> None:
        self.pieces.append(Piece("close", key=key))

    def _bind_cues(self, keys: Sequence[str], first: int) -> None:
        places = [(at, piece.key) for at, piece in enumerate(self.pieces[first:], first) if piece.kind == "cue"]
        opened = {piece.key: at for at, piece in enumerate(self.pieces[first:], first) if piece.kind == "open"}
        for key in keys:
            if self.mentions[key].assertion == "present" or not places:
                continue
            before = [name for at, name in places if at < opened[key]]
            self._cue_of[key] = before[-1] if before else places[0][1]


def is_plural(surface: str) -> bool:
    """Whether a mention takes a verb in the plural, as `night sweats` and not `swelling of the legs` or `Graves'`."""
    head = _PREPOSITION.split(surface)[0]
    return head.endswith("s") and not _SINGULAR.search(head)


_PREPOSITION = re.compile(r" (?:of|in|on|over|with|to|from|at|after|when|while|due) ")
_SINGULAR = re.compile(
    r"^(?:trouble|difficulty|hearing|losing|passing) |^[A-Z][a-z]+$|(?:ss|us|is|'s|s'|\b[A-Z]+S|diabetes|herpes|rabies|"
    r"measles|mumps|shingles|ascites|rickets|scabies|caries|feces|series|biceps|lens|gas|pus|exophthalmos|tremens|"
    r"migrans|phos|genetics|dynamics|CT [a-z]+)$"
)
"""What ends in s and is one: also abbreviations, and names of one word in capitals, as brands are."""
_BEGINS = re.compile(
    r"(?:^|[.:;!?\n] *|[-•*,] |\band (?:also |at this time )?|\bbut )"
    r"(?:[Tt]he |[Hh]is |[Hh]er |[Nn]o |Previous |Abnormal )?$"
)
"""What stands before a mention that its sentence is about."""
_PLURAL_VERBS = {"is": "are", "was": "were", "has": "have", "does": "do", "goes": "go"}
_VERB = re.compile(
    r"(?<![^ ])(?<!. )(?:is|was|has|does|goes|appears|argues|causes|clinches|confirms|demonstrates|eases|excludes|"
    r"explains|gives|helps|indicates|keeps|lasts|lowers|makes|persists|points|predates|raises|remains|represents|"
    r"responds|reveals|rules|shows|suggests|supports|takes)\b"
)
"""A verb at the start of words."""
_ARTICLE = re.compile(r"(?:^|\s)[Aa] $")
_VOWEL = re.compile(
    r"(?!one\b|once|eu)[aeioAEIO]|[Uu](?!ni|ti|te|ri|se|su|[A-Z])|8|1[18]\b|[FHLMNRSX](?:-|[B-DFGJ-NP-TV-Z])|hour"
)
"""What begins with a vowel as it is said: also `8`, `11`, `18`, and abbreviations that are spelt, as in `an MRI`."""
_SUBJECTS = ("He", "She", "His", "Her", "The", "Patient")


def _capitalised(text: str) -> str:
    word = text.split(" ", 1)[0]
    return text if any(sign.isupper() for sign in word) else text[0].upper() + text[1:]


def _joined(pieces: Sequence[Piece]) -> tuple[str, list[int]]:
    starts, at = [], 0
    for piece in pieces:
        starts.append(at)
        at += len(piece.text)
    return "".join(piece.text for piece in pieces), [*starts, at]


def _spans(pieces: Sequence[Piece], starts: Sequence[int], opens: str, closes: str) -> dict[str, tuple[int, int]]:
    begun: dict[str, int] = {}
    spans: dict[str, tuple[int, int]] = {}
    for at, piece in enumerate(pieces):
        if piece.kind == opens:
            begun[piece.key] = starts[at]
        elif piece.kind == closes:
            spans[piece.key] = (begun[piece.key], starts[at])
    return spans


def _words_of(pieces: Sequence[Piece], key: str) -> list[str]:
    words: list[str] = []
    inside = False
    for piece in pieces:
        if piece.kind == "open" and piece.key == key:
            inside = True
        elif piece.kind == "close" and piece.key == key:
            return words
        elif inside:
            words.append(piece.text)
    return words
