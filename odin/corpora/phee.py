"""PHEE: pharmacovigilance events, one sentence a line as JSON, with nested arguments.

Each piece of an argument is an entity, labelled by its path (`Treatment.Drug`, `Subject.Age`); the pieces of a
discontinuous argument share the attribute `argument`. From the events these relations are derived:

- causes_adverse_effect, from each drug of an adverse event to its effect;
- treats, from each drug of any event to the disorder that its treatment is for (`Treatment.Disorder`), but never from a
  drug that is named inside that disorder ("treatment of lithium tremor with metoprolol").

`negated`, `speculated` and `severity` of an event are attributes of the relation that it is about: the adverse effect
of an adverse event, the treatment of a therapeutic one. The effect of a therapeutic event is a benefit and no harm: it
has no relation. Where an event names no drug, its whole treatment stands for it ("mucositis secondary to
chemotherapy").
Source: Sun et al. 2022, https://aclanthology.org/2022.emnlp-main.376/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from odin.corpora import jsonl
from odin.corpora.drafts import Draft
from odin.errors import FormatError
from odin.schema import Document, Entity, ReadReport, Relation

ADVERSE = "Adverse_event"


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The sentences of a PHEE file; `meta["group"]` is the PMID.

    Raises FormatError with the line where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    for number, value in jsonl.objects(path, report, strict=strict):
        try:
            document = _document(value, number, path, report, strict)
        except (KeyError, TypeError, AttributeError, IndexError) as err:
            why = f"is not a PHEE sentence with id, context and annotations: {type(err).__name__} {err}"
            if strict:
                raise FormatError(f"the line {why}", path=path, line=number) from err
            report.drop(f"{path}:{number}", "line", why)
            continue
        yield document


def _document(value: Mapping[str, Any], number: int, path: str | Path, report: ReadReport, strict: bool) -> Document:
    draft = Draft(str(value["id"]), value["context"], path, report, strict)
    events = [event for annotation in value["annotations"] for event in annotation["events"]]
    for event in events:
        arguments: dict[str, list[str]] = {}
        _walk(draft, number, event, "", arguments)
        _relate(draft, number, event, arguments)
    types = sorted({event["event_type"] for event in events})
    return draft.finish({"group": draft.id.split("_")[0], "event_types": types})


def _walk(draft: Draft, number: int, node: Mapping[str, Any], label: str, arguments: dict[str, list[str]]) -> None:
    """Add the entities of `node` and of what is nested in it; `arguments` gets the ids of each label."""
    names = node.get("entity_id", ())
    for pieces, starts, name in zip(node.get("text", ()), node.get("start", ()), names, strict=True):
        for surface, start in zip(pieces, starts, strict=True):
            attributes = {"argument": name} if len(pieces) > 1 else {}
            entity = Entity(f"T{len(draft.entities) + 1}", label, start, start + len(surface), attributes=attributes)
            entity_id = _add(draft, number, entity, surface)
            if entity_id:
                arguments.setdefault(label, []).append(entity_id)
    for key, child in node.items():
        for item in child if isinstance(child, list) else (child,):
            if isinstance(item, Mapping):
                _walk(draft, number, item, f"{label}.{key}" if label else key, arguments)


def _add(draft: Draft, number: int, entity: Entity, surface: str) -> str | None:
    for other in draft.entities.values():
        if other.key == entity.key:
            return other.id
    draft.add_entity(number, entity, stated=surface)
    return entity.id if entity.id in draft.entities else None


def _relate(draft: Draft, number: int, event: Mapping[str, Any], arguments: Mapping[str, list[str]]) -> None:
    about = {name.lower(): event[name]["value"] for name in ("Negated", "Speculated", "Severity") if name in event}
    drugs = arguments.get("Treatment.Drug") or arguments.get("Treatment", [])
    disorders = arguments.get("Treatment.Disorder", [])
    found = [("treats", head, tail) for head, tail in product(drugs, disorders) if not _inside(draft, head, disorders)]
    if event["event_type"] == ADVERSE:
        found += [("causes_adverse_effect", head, tail) for head, tail in product(drugs, arguments.get("Effect", []))]
    own = "causes_adverse_effect" if event["event_type"] == ADVERSE else "treats"
    for label, head, tail in found:
        relation = Relation(f"R{len(draft.relations) + 1}", label, head, tail, attributes=about if label == own else {})
        if not any((label, head, tail) == (it.label, it.head, it.tail) for it in draft.relations.values()):
            draft.add_relation(number, relation)


def _inside(draft: Draft, drug: str, disorders: list[str]) -> bool:
    """True where the drug is a part of the name of a disorder, which it then does not treat."""
    start, end = draft.entities[drug].span
    spans = (draft.entities[disorder].span for disorder in disorders)
    return any(left <= start and end <= right for left, right in spans)
