"""Label sets: what may be annotated, what each label means, and which pairs a relation may join.

A label set is a JSON file. Those of the project stand in `data/label_sets/`; a user's own file is named by its path, or
by its name once it is kept in `ODIN_HOME/label_sets`.
The definitions, examples and decisions in it are what the editor shows, Label Studio is configured with and prompts
are made of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from odin.errors import LabelError
from odin.home import home_folder

LABEL_SETS_FOLDER = Path(__file__).parents[1] / "data" / "label_sets"


@dataclass(frozen=True)
class EntityLabel:
    """A label of entities and its guideline."""

    label: str
    definition: str = ""
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class RelationLabel:
    """A label of relations, the (head, tail) labels it may join, and its guideline."""

    label: str
    pairs: tuple[tuple[str, str], ...]
    definition: str = ""
    sentence: str = ""
    """How it is read aloud: "{head} treats {tail}"."""
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    symmetric: bool = False

    def say(self, head: str, tail: str) -> str:
        """The relation in plain words."""
        template = self.sentence or "{head} " + self.label.replace("_", " ").lower() + " {tail}"
        return template.replace("{head}", "\0").replace("{tail}", tail).replace("\0", head)


@dataclass(frozen=True)
class LabelSet:
    """Labels with their guidelines. `relations` hold between mentions, `concept_relations` between concept ids."""

    name: str
    entities: tuple[EntityLabel, ...]
    relations: tuple[RelationLabel, ...] = ()
    concept_relations: tuple[RelationLabel, ...] = ()
    assertions: tuple[tuple[str, str], ...] = ()
    """(value, definition); empty where the label set knows no assertion."""
    description: str = ""
    version: str = "1"
    rules: tuple[str, ...] = ()
    """What holds for every label."""
    decisions: tuple[str, ...] = ()
    """Doubtful cases and how they were decided."""

    @property
    def entity_labels(self) -> tuple[str, ...]:
        """The names of the entity labels, in their order."""
        return tuple(label.label for label in self.entities)

    @property
    def relation_labels(self) -> tuple[str, ...]:
        """The names of the mention-level relation labels, in their order."""
        return tuple(label.label for label in self.relations)

    @property
    def concept_relation_labels(self) -> tuple[str, ...]:
        """The names of the concept-level relation labels, in their order."""
        return tuple(label.label for label in self.concept_relations)

    def entity(self, label: str) -> EntityLabel:
        """The entity label of that name. Raises LabelError."""
        return _find(self.entities, label, self.name, "entity label")

    def relation(self, label: str) -> RelationLabel:
        """The mention-level relation label of that name. Raises LabelError."""
        return _find(self.relations, label, self.name, "relation label")

    def allowed(self, head: str, tail: str) -> tuple[str, ...]:
        """The relation labels that may lead from an entity labelled `head` to one labelled `tail`."""
        return tuple(relation.label for relation in self.relations if joins(relation, head, tail))

    def to_json(self) -> dict[str, Any]:
        """The form that `from_json` reads."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "rules": list(self.rules),
            "entities": [_plain(vars(label)) for label in self.entities],
            "assertions": [{"value": value, "definition": text} for value, text in self.assertions],
            "relations": [_plain(vars(label)) for label in self.relations],
            "concept_relations": [_plain(vars(label)) for label in self.concept_relations],
            "decisions": list(self.decisions),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, place: str = "label set") -> LabelSet:
        """Read a label set. Raises LabelError that names `place` and what is wrong."""
        try:
            entities = tuple(
                EntityLabel(
                    label=item["label"],
                    definition=item.get("definition", ""),
                    examples=tuple(item.get("examples", ())),
                    counter_examples=tuple(item.get("counter_examples", ())),
                )
                for item in value["entities"]
            )
            out = cls(
                name=value["name"],
                version=str(value.get("version", "1")),
                description=value.get("description", ""),
                rules=tuple(value.get("rules", ())),
                entities=entities,
                assertions=tuple((item["value"], item.get("definition", "")) for item in value.get("assertions", ())),
                relations=tuple(map(_relation_label, value.get("relations", ()))),
                concept_relations=tuple(map(_relation_label, value.get("concept_relations", ()))),
                decisions=tuple(value.get("decisions", ())),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as err:
            what = f"the key {err} is missing" if isinstance(err, KeyError) else str(err)
            raise LabelError(
                f"{place}: not a label set: {what}; see data/label_sets/clinical.json for the form"
            ) from err
        _check(out, place)
        return out


def joins(relation: RelationLabel, head: str, tail: str) -> bool:
    """True where `relation` may lead from a `head` to a `tail` (either way round where it is symmetric)."""
    return (head, tail) in relation.pairs or (relation.symmetric and (tail, head) in relation.pairs)


def own_label_sets_folder() -> Path:
    """Where label sets that users define are kept."""
    return home_folder() / "label_sets"


def label_set_names(*, own: bool = True) -> tuple[str, ...]:
    """The names of the project's label sets, the default first, and then (`own`) of those that users keep."""
    shipped = sorted(path.stem for path in LABEL_SETS_FOLDER.glob("*.json"))
    kept = sorted(path.stem for path in own_label_sets_folder().glob("*.json")) if own else []
    return (*sorted(shipped, key=lambda name: name != "clinical"), *(name for name in kept if name not in shipped))


def load_label_set(name: str | Path) -> LabelSet:
    """The label set of that name, or of the JSON file at that path. Raises LabelError."""
    if str(name) in label_set_names():
        places = (folder / f"{name}.json" for folder in (LABEL_SETS_FOLDER, own_label_sets_folder()))
        return _load(next(place for place in places if place.is_file()))
    path = Path(name)
    if path.suffix == ".json":
        return _load(path)
    raise LabelError(
        f"unknown label set {str(name)!r}: choose one of {', '.join(label_set_names())}, "
        "or give the path of a .json file"
    )


def check_name(labels: LabelSet, place: str) -> None:
    """Raise LabelError that names `place` where the name cannot name a file or a part of a network."""
    if not re.fullmatch(r"[\w-]+", labels.name):
        raise LabelError(f"{place}: the name {labels.name!r} may hold letters, digits, '_' and '-' only")


def keep_label_set(path: Path) -> LabelSet:
    """Keep a user's label set, so that its name is enough from now on.

    Raises LabelError where it is none, or another one of that name is there.
    """
    labels = _load(path)
    check_name(labels, path.name)
    if labels.name in label_set_names():
        if load_label_set(labels.name) == labels:
            return labels
        raise LabelError(f"{path.name}: there is another label set {labels.name!r}; give this one another name")
    place = own_label_sets_folder() / f"{labels.name}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(".part")
    part.write_text(json.dumps(labels.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(place)
    return labels


def _load(path: Path) -> LabelSet:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as err:
        raise LabelError(f"{path}: cannot read the label set: {err.strerror}") from err


@cache
def _read(path: Path, changed: int) -> LabelSet:
    """The label set as it was at that time."""
    del changed
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as err:
        raise LabelError(f"{path}: the label set is not valid JSON: {err}") from err
    if not isinstance(value, dict):
        raise LabelError(
            f"{path}: not a label set: it is no JSON object; see data/label_sets/clinical.json for the form"
        )
    return LabelSet.from_json(value, place=str(path))


def _relation_label(item: Mapping[str, Any]) -> RelationLabel:
    return RelationLabel(
        label=item["label"],
        pairs=tuple((head, tail) for head, tail in item["pairs"]),
        definition=item.get("definition", ""),
        sentence=item.get("sentence", ""),
        examples=tuple(item.get("examples", ())),
        counter_examples=tuple(item.get("counter_examples", ())),
        symmetric=bool(item.get("symmetric", False)),
    )


def _check(label_set: LabelSet, place: str) -> None:
    if not label_set.entities:
        raise LabelError(f"{place}: a label set needs at least one entity label")
    for kind in (label_set.entity_labels, label_set.relation_labels, label_set.concept_relation_labels):
        twice = {label for label in kind if kind.count(label) > 1}
        if twice:
            raise LabelError(f"{place}: the label {sorted(twice)[0]!r} is defined twice")
    for relation in label_set.relations + label_set.concept_relations:
        for label in {label for pair in relation.pairs for label in pair}:
            if label not in label_set.entity_labels:
                raise LabelError(f"{place}: relation {relation.label} joins the unknown entity label {label!r}")


def _find(labels: tuple[Any, ...], name: str, label_set: str, kind: str) -> Any:
    for label in labels:
        if label.label == name:
            return label
    known = ", ".join(label.label for label in labels) or "none"
    raise LabelError(f"unknown {kind} {name!r} in label set {label_set}: it has {known}")


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(item) if isinstance(item, tuple) else item for key, item in value.items()}
