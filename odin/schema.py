"""What an annotation is: documents, entities, relations, and where each came from.

All types are frozen and safe to share. Offsets are Python code points, half-open, 0 <= start < end <= len(text).
The JSON form is the native format (one document a line); `tests/golden` pins it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from odin.errors import AnnotationError

ASSERTIONS = ("present", "negated", "uncertain", "hypothetical", "historical", "family")


@dataclass(frozen=True)
class Provenance:
    """Who or what made an annotation: `source` is model, human, generator, corpus or import."""

    source: str
    name: str | None = None
    action: str | None = None
    time: str | None = None
    """ISO 8601, UTC."""
    seed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """A dict without the fields that are not set."""
        return {key: value for key, value in vars(self).items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Provenance:
        """Read `to_json`; keys added by later versions are ignored."""
        known = {key: value[key] for key in ("name", "action", "time", "seed") if key in value}
        return cls(source=str(value.get("source", "import")), **known)


@dataclass(frozen=True)
class Entity:
    """A mention: a label on a stretch of text, or on several (`fragments`) that `start` and `end` enclose."""

    id: str
    label: str
    start: int
    end: int
    fragments: tuple[tuple[int, int], ...] = ()
    """Empty for a contiguous mention; else two or more ordered, disjoint (start, end)."""
    concept: str | None = None
    score: float | None = None
    """Probability, 0 to 1."""
    assertion: str | None = None
    """One of ASSERTIONS."""
    cue: tuple[int, int] | None = None
    """The words that express the assertion, as (start, end)."""
    provenance: Provenance | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def span(self) -> tuple[int, int]:
        """The enclosing (start, end)."""
        return self.start, self.end

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The fragments, or the one (start, end) of a contiguous mention."""
        return self.fragments or ((self.start, self.end),)

    @property
    def key(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        """What makes two entities of a document the same annotation: label and spans."""
        return self.label, self.spans

    def text_in(self, text: str) -> str:
        """The surface in `text`; fragments are joined by a space."""
        return " ".join(text[start:end] for start, end in self.spans)

    def to_json(self, text: str) -> dict[str, Any]:
        """The native form, with the surface as a copy that is checked on reading."""
        out: dict[str, Any] = {"id": self.id, "label": self.label, "start": self.start, "end": self.end}
        out["text"] = self.text_in(text)
        if self.fragments:
            out["fragments"] = [list(pair) for pair in self.fragments]
        for key in ("concept", "score", "assertion"):
            if getattr(self, key) is not None:
                out[key] = getattr(self, key)
        if self.cue:
            out["cue"] = list(self.cue)
        return out | _origin(self)


@dataclass(frozen=True)
class Relation:
    """A directed statement between two entities of a document, by their ids."""

    id: str
    label: str
    head: str
    tail: str
    score: float | None = None
    evidence: tuple[int, int] | None = None
    """The (start, end) of the text that states it."""
    provenance: Provenance | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def negated(self) -> bool:
        """True where the text denies the relation; such a relation never counts as one."""
        return bool(self.attributes.get("negated"))

    def to_json(self) -> dict[str, Any]:
        """The native form."""
        out: dict[str, Any] = {"id": self.id, "label": self.label, "head": self.head, "tail": self.tail}
        if self.score is not None:
            out["score"] = self.score
        if self.evidence:
            out["evidence"] = list(self.evidence)
        return out | _origin(self)


@dataclass(frozen=True)
class ConceptRelation:
    """A statement of the whole document between two concepts (BioRED, BC5CDR)."""

    label: str
    head: str
    tail: str
    score: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """The native form."""
        out: dict[str, Any] = {"label": self.label, "head": self.head, "tail": self.tail}
        if self.score is not None:
            out["score"] = self.score
        if self.attributes:
            out["attributes"] = dict(self.attributes)
        return out


@dataclass(frozen=True)
class Document:
    """A text and what is annotated in it. Edits give a new document; the text never changes.

    Raises AnnotationError where an offset, an id or an endpoint is not valid, or the same span has the same label
    twice.
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    concept_relations: tuple[ConceptRelation, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict, hash=False)
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        _check_entities(self)
        _check_relations(self)

    @cached_property
    def entity_by_id(self) -> dict[str, Entity]:
        """The entities by their ids."""
        return {entity.id: entity for entity in self.entities}

    def with_annotations(
        self, entities: Iterable[Entity], relations: Iterable[Relation] = (), concepts: Iterable[ConceptRelation] = ()
    ) -> Document:
        """The same text under other annotations."""
        return replace(self, entities=tuple(entities), relations=tuple(relations), concept_relations=tuple(concepts))

    def to_json(self) -> dict[str, Any]:
        """The native form: a dict that `json.dumps` takes."""
        out: dict[str, Any] = {"id": self.id, "text": self.text}
        out["entities"] = [entity.to_json(self.text) for entity in self.entities]
        out["relations"] = [relation.to_json() for relation in self.relations]
        if self.concept_relations:
            out["concept_relations"] = [relation.to_json() for relation in self.concept_relations]
        if self.meta:
            out["meta"] = dict(self.meta)
        if self.provenance:
            out["provenance"] = self.provenance.to_json()
        return out

    @classmethod
    def from_json(cls, value: Any) -> Document:
        """Read the native form. Raises AnnotationError that names the document, the value and the fix."""
        if not isinstance(value, Mapping):
            raise AnnotationError(f"a document must be a JSON object, not {type(value).__name__}")
        for key in ("id", "text"):
            if key not in value:
                raise AnnotationError(
                    f'a document needs "{key}" (found the keys: {", ".join(map(str, value)) or "none"})'
                )
        text = value["text"]
        if not isinstance(text, str):
            raise AnnotationError(f'document {value["id"]}: "text" must be a string, not {type(text).__name__}')
        if value["id"] is None or isinstance(value["id"], list | Mapping):
            raise AnnotationError(f'"id" must be a string or a number, not {value["id"]!r}; give the document its own')
        name = str(value["id"])
        try:
            return cls(
                id=name,
                text=text,
                entities=tuple(_entity_from_json(item, text, name) for item in value.get("entities") or ()),
                relations=tuple(_relation_from_json(item, text) for item in value.get("relations") or ()),
                concept_relations=tuple(
                    ConceptRelation(
                        label=str(item["label"]),
                        head=str(item["head"]),
                        tail=str(item["tail"]),
                        score=item.get("score"),
                        attributes=dict(item.get("attributes") or {}),
                    )
                    for item in value.get("concept_relations") or ()
                ),
                meta=dict(value.get("meta") or {}),
                provenance=Provenance.from_json(value["provenance"]) if value.get("provenance") else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            what = f"the key {err} is missing" if isinstance(err, KeyError) else str(err)
            raise AnnotationError(f"document {name}: an annotation is not in the native format: {what}") from err


def _origin(annotation: Entity | Relation) -> dict[str, Any]:
    """The native form of provenance and attributes, where there are any."""
    out: dict[str, Any] = {}
    if annotation.provenance:
        out["provenance"] = annotation.provenance.to_json()
    if annotation.attributes:
        out["attributes"] = dict(annotation.attributes)
    return out


def _entity_from_json(item: Mapping[str, Any], text: str, name: str) -> Entity:
    entity = Entity(
        id=str(item["id"]),
        label=str(item["label"]),
        start=_offset(item["start"]),
        end=_offset(item["end"]),
        fragments=tuple((_offset(pair[0]), _offset(pair[1])) for pair in item.get("fragments") or ()),
        concept=_concept(item.get("concept")),
        score=item.get("score"),
        assertion=item.get("assertion"),
        cue=_span(item["cue"], text, "cue") if item.get("cue") else None,
        provenance=Provenance.from_json(item["provenance"]) if item.get("provenance") else None,
        attributes=dict(item.get("attributes") or {}),
    )
    stated = item.get("text")
    enclosed = text[entity.start : entity.end]
    if stated is not None and stated not in (enclosed, entity.text_in(text)):
        raise AnnotationError(
            f"document {name}: entity {entity.id} says its text is {stated!r}, but characters "
            f"{entity.start}-{entity.end} are {enclosed!r}; correct the offsets or the text"
        )
    return entity


def _relation_from_json(item: Mapping[str, Any], text: str) -> Relation:
    return Relation(
        id=str(item["id"]),
        label=str(item["label"]),
        head=str(item["head"]),
        tail=str(item["tail"]),
        score=item.get("score"),
        evidence=_span(item["evidence"], text, "evidence") if item.get("evidence") else None,
        provenance=Provenance.from_json(item["provenance"]) if item.get("provenance") else None,
        attributes=dict(item.get("attributes") or {}),
    )


def _offset(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an offset must be a whole number, not {value!r}")
    return value


def _span(value: Any, text: str, what: str) -> tuple[int, int]:
    start, end = map(_offset, value) if isinstance(value, list | tuple) and len(value) == 2 else (0, 0)
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{what} {value!r} is not a [start, end] of a text of {len(text)} characters")
    return start, end


def _concept(value: Any) -> str | None:
    """A concept id as a string: ids of genes are often written as numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"a concept must be a string, not {value!r}; join several ids with |")
    return value


def _check_entities(document: Document) -> None:
    length = len(document.text)
    ids: set[str] = set()
    keys: dict[tuple[str, tuple[tuple[int, int], ...]], str] = {}
    for entity in document.entities:
        where = f"document {document.id}: entity {entity.id}"
        if entity.id in ids:
            raise AnnotationError(f"{where}: this id is used twice; give each entity its own")
        ids.add(entity.id)
        if not entity.label:
            raise AnnotationError(f"{where} has no label")
        if not 0 <= entity.start < entity.end <= length:
            raise AnnotationError(
                f"{where}: {entity.start}-{entity.end} is not a span of a text of {length} characters"
            )
        if entity.fragments:
            _check_fragments(entity, where)
        if entity.assertion is not None and entity.assertion not in ASSERTIONS:
            raise AnnotationError(f"{where}: assertion {entity.assertion!r} is not one of {', '.join(ASSERTIONS)}")
        if entity.score is not None and not 0 <= entity.score <= 1:
            raise AnnotationError(f"{where}: score {entity.score} is not between 0 and 1")
        if entity.key in keys:
            raise AnnotationError(
                f"{where} repeats {keys[entity.key]}: {entity.label} on the same span; keep one of them"
            )
        keys[entity.key] = entity.id


def _check_fragments(entity: Entity, where: str) -> None:
    flat = [offset for pair in entity.fragments for offset in pair]
    ordered = all(left < right for left, right in entity.fragments) and flat == sorted(flat)
    if len(entity.fragments) < 2 or not ordered or (flat[0], flat[-1]) != entity.span:
        raise AnnotationError(
            f"{where}: fragments {entity.fragments} must be two or more, in order, apart, "
            f"from {entity.start} to {entity.end}"
        )


def _check_relations(document: Document) -> None:
    entity_ids = {entity.id for entity in document.entities}
    ids: set[str] = set()
    for relation in document.relations:
        where = f"document {document.id}: relation {relation.id}"
        if relation.id in ids:
            raise AnnotationError(f"{where}: this id is used twice; give each relation its own")
        ids.add(relation.id)
        for end in (relation.head, relation.tail):
            if end not in entity_ids:
                raise AnnotationError(f"{where} refers to unknown entity {end}")
        if relation.score is not None and not 0 <= relation.score <= 1:
            raise AnnotationError(f"{where}: score {relation.score} is not between 0 and 1")
        if relation.head == relation.tail:
            raise AnnotationError(f"{where} joins {relation.head} to itself")


@dataclass
class ReadReport:
    """What a reading or writing kept and what it could not, and why. Loss is never silent."""

    documents: int = 0
    entities: int = 0
    relations: int = 0
    concept_relations: int = 0
    dropped: list[tuple[str, str, str]] = field(default_factory=list)
    """(place, what, why), such as ("note_12.ann:7", "relation R3", "refers to unknown entity T9")."""
    notes: list[str] = field(default_factory=list)
    """What was changed but not lost."""

    def keep(self, document: Document) -> None:
        """Count a document that was read or written."""
        self.documents += 1
        self.entities += len(document.entities)
        self.relations += len(document.relations)
        self.concept_relations += len(document.concept_relations)

    def drop(self, place: str, what: str, why: str) -> None:
        """Record one loss."""
        self.dropped.append((place, what, why))

    @property
    def lossless(self) -> bool:
        """True where nothing was dropped."""
        return not self.dropped

    def summary(self) -> str:
        """A few lines for people: counts kept, counts dropped by reason with their share."""
        kept = self.entities + self.relations + self.concept_relations
        lines = [
            f"{self.documents} documents, {self.entities} entities, {self.relations} relations, "
            f"{self.concept_relations} concept relations kept"
        ]
        reasons: dict[str, list[str]] = {}
        for place, what, why in self.dropped:
            reasons.setdefault(why, []).append(f"{place} {what}")
        if self.dropped:
            share = 100 * len(self.dropped) / (kept + len(self.dropped))
            lines.append(f"{len(self.dropped)} dropped ({share:.1f} %)")
            lines += [f"  {len(places)}: {why} (first: {places[0]})" for why, places in sorted(reasons.items())]
        return "\n".join(lines + self.notes)
