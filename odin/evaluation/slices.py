"""Scores by a property of the annotations: where is the model good, and where is it not?

A right annotation and a missed one count under gold's property, a spurious one under its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from odin.evaluation.errors import Judged
from odin.evaluation.scores import LabelScores, Tally
from odin.evaluation.sections import section_of, section_starts
from odin.schema import Document, Entity, Relation
from odin.sentences import sentence_of, sentence_starts

Item = TypeVar("Item")
UNKNOWN = "(unknown)"
RARE = 5
"""A surface that training has less often is rare."""


@dataclass(frozen=True)
class Training:
    """What the model was trained on, as far as slices ask: how often each surface was a mention."""

    surfaces: Mapping[str, int]
    """By surface in lower case."""

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Training:
        """Count the mentions of training documents."""
        return cls(Counter(one.text_in(document.text).lower() for document in documents for one in document.entities))


@dataclass(frozen=True)
class Place:
    """A document with what slices look up in it more than once."""

    document: Document
    training: Training | None = field(default=None, repr=False)

    @cached_property
    def sentences(self) -> list[int]:
        """Where sentences begin."""
        return sentence_starts(self.document.text)

    @cached_property
    def sections(self) -> list[tuple[int, str]]:
        """Where sections begin."""
        return section_starts(self.document.text)

    def ends(self, relation: Relation) -> tuple[Entity, Entity]:
        """The head and the tail."""
        return self.document.entity_by_id[relation.head], self.document.entity_by_id[relation.tail]


def score_band(score: float | None) -> str:
    """The tenth that a score lies in: 0.83 is in "0.8-0.9", 1 in "0.9-1.0"."""
    if score is None:
        return UNKNOWN
    tenth = min(int(score * 10 + 1e-9), 9)
    return f"{tenth / 10:.1f}-{(tenth + 1) / 10:.1f}"


def _length(place: Place, entity: Entity) -> str:
    words = len(entity.text_in(place.document.text).split())
    return f"{words} word{'s' if words > 1 else ''}" if words < 4 else "4 words or more"


def _seen(place: Place, entity: Entity) -> str:
    if place.training is None:
        return UNKNOWN
    return "seen" if _frequency(place, entity) else "unseen"


def _common(place: Place, entity: Entity) -> str:
    if place.training is None:
        return UNKNOWN
    count = _frequency(place, entity)
    return "common" if count >= RARE else "rare" if count else "unseen"


def _frequency(place: Place, entity: Entity) -> int:
    surfaces = place.training.surfaces if place.training else {}
    return surfaces.get(entity.text_in(place.document.text).lower(), 0)


def _note_type(place: Place) -> str:
    meta = place.document.meta
    return str(next((meta[key] for key in ("note_type", "type", "setting") if meta.get(key)), UNKNOWN))


def _source(place: Place) -> str:
    return str(place.document.meta.get("source") or UNKNOWN)


def _origin(place: Place) -> str:
    provenance = place.document.provenance
    made = (provenance is not None and provenance.source == "generator") or bool(place.document.meta.get("synthetic"))
    return "synthetic" if made else "real"


def _distance(place: Place, relation: Relation) -> str:
    head, tail = place.ends(relation)
    apart = abs(sentence_of(place.sentences, head.start) - sentence_of(place.sentences, tail.start))
    return ("same sentence", "next sentence")[apart] if apart < 2 else "2-4 sentences" if apart < 5 else "5 or more"


def _relation_assertion(place: Place, relation: Relation) -> str:
    head, tail = place.ends(relation)
    return f"{head.assertion or 'present'} -> {tail.assertion or 'present'}"


ENTITY_SLICES: dict[str, Callable[[Place, Entity], str]] = {
    "label": lambda _, entity: entity.label,
    "assertion": lambda _, entity: entity.assertion or "present",
    "section": lambda place, entity: section_of(place.sections, entity.start),
    "mention length": _length,
    "seen in training": _seen,
    "frequency in training": _common,
    "score band": lambda _, entity: score_band(entity.score),
    "note type": lambda place, _: _note_type(place),
    "source": lambda place, _: _source(place),
    "synthetic or real": lambda place, _: _origin(place),
}
RELATION_SLICES: dict[str, Callable[[Place, Relation], str]] = {
    "label": lambda _, relation: relation.label,
    "pair": lambda place, relation: " -> ".join(end.label for end in place.ends(relation)),
    "assertion": _relation_assertion,
    "section": lambda place, relation: section_of(place.sections, place.ends(relation)[0].start),
    "sentence distance": _distance,
    "score band": lambda _, relation: score_band(relation.score),
    "note type": lambda place, _: _note_type(place),
    "source": lambda place, _: _source(place),
    "synthetic or real": lambda place, _: _origin(place),
}


def slice_entities(
    name: str,
    judged: Iterable[tuple[Document, Document, Iterable[Judged[Entity]]]],
    training: Training | None = None,
) -> LabelScores:
    """Exact scores by a property of the mentions, from (gold, predicted, judged mentions) of each document.

    Score bands are the prediction's: what is missed is under "(unknown)".
    """
    return _slice(ENTITY_SLICES[name], judged, training, by_prediction=name == "score band")


def slice_relations(name: str, judged: Iterable[tuple[Document, Document, Iterable[Judged[Relation]]]]) -> LabelScores:
    """Strict scores by a property of the relations, from (gold, predicted, judged relations) of each document."""
    return _slice(RELATION_SLICES[name], judged, None, by_prediction=name == "score band")


def values_of(name: str, judged: Judged[Any], gold: Place, predicted: Place) -> set[str]:
    """The values of a slice under which a judged mention or relation is counted."""
    slices: Mapping[str, Callable[[Place, Any], str]] = ENTITY_SLICES
    if isinstance(judged.gold or judged.predicted, Relation):
        slices = RELATION_SLICES
    columns = _columns(slices[name], judged, gold, predicted, by_prediction=name == "score band")
    return {value for value, _ in columns}


def _slice(
    value: Callable[[Place, Item], str],
    judged: Iterable[tuple[Document, Document, Iterable[Judged[Item]]]],
    training: Training | None,
    *,
    by_prediction: bool,
) -> LabelScores:
    tally = Tally()
    for gold, predicted, ones in judged:
        here, there = Place(gold, training), Place(predicted, training)
        counts: dict[str, list[int]] = {}
        for one in ones:
            for name, column in _columns(value, one, here, there, by_prediction=by_prediction):
                counts.setdefault(name, [0, 0, 0])[column] += 1
        tally.add({name: (row[0], row[1], row[2]) for name, row in counts.items()})
    return tally.scores()


def _columns(
    value: Callable[[Place, Item], str], one: Judged[Item], here: Place, there: Place, *, by_prediction: bool
) -> Iterator[tuple[str, int]]:
    """(value, column) of what one judged annotation adds: right, spurious, missed."""
    expected = None if one.gold is None else value(here, one.gold)
    given = None if one.predicted is None else value(there, one.predicted)
    if one.kind is None:
        yield (given if by_prediction else expected) or UNKNOWN, 0
        return
    if given is not None:
        yield given, 1
    if expected is not None:
        yield UNKNOWN if by_prediction else expected, 2
