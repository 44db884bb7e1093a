"""BioC as JSON: passages with annotations at document offsets, relations between annotations.

Format: http://bioc.sourceforge.net and https://github.com/bionlplab/bioc. Offsets are code points. Infons of an
annotation: `type` (label), `identifier` (concept), `score`, `assertion`; other text is an attribute. Concept relations
are relations with `entity1` and `entity2` infons and no nodes, as in BioRED. What has no infon of its own is JSON in
the infon `odin`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from odin.corpora.drafts import Draft
from odin.corpora.files import read_text, replacing
from odin.corpora.pubtator import NO_CONCEPT
from odin.errors import AnnotationError, FormatError
from odin.schema import ASSERTIONS, ConceptRelation, Document, Entity, Provenance, ReadReport, Relation

MAX_GAP = 1000
"""Characters between two passages, which are read as spaces; more is taken for a wrong offset."""

_OWN = ("type", "identifier", "score", "assertion", "entity1", "entity2", "odin")
_PLAIN = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff](?:[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]*\S)?"
)


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a BioC JSON collection.

    Raises FormatError where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    try:
        collection = json.loads(read_text(path))
    except (ValueError, RecursionError) as err:
        raise FormatError(f"not valid JSON: {err}", path=path, line=getattr(err, "lineno", None)) from err
    documents = collection.get("documents") if isinstance(collection, Mapping) else collection
    if not isinstance(documents, list):
        raise FormatError('a BioC collection needs a list of "documents"', path=path)
    yield from documents_of(documents, path, report, strict=strict)


def documents_of(
    values: Iterable[Mapping[str, Any]], path: str | Path, report: ReadReport, *, strict: bool
) -> Iterator[Document]:
    """The documents of BioC documents in their JSON form."""
    for number, value in enumerate(values, 1):
        try:
            document = _document(value, path, report, strict)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, AnnotationError) as err:
            what = f"{err} is missing" if isinstance(err, KeyError) else str(err)
            message = f"document {number} is not BioC: {what}"
            if strict:
                raise FormatError(message, path=path) from err
            report.drop(str(path), f"document {number}", message)
            continue
        except FormatError as err:
            if strict:
                raise
            report.drop(str(path), f"document {number}", str(err))
            continue
        yield document


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write a BioC JSON collection and return what was written. It holds everything."""
    report = ReadReport()
    head = '{"source": "Odin", "date": "", "key": "odin.key", "infons": {}, "documents": ['
    with replacing(path) as file:
        file.write(head.encode())
        for document in documents:
            try:
                line = json.dumps(to_bioc(document), allow_nan=False)
            except (TypeError, ValueError) as err:
                raise FormatError(f"document {document.id}: cannot be written as JSON: {err}", path=path) from err
            file.write((",\n" if report.documents else "\n").encode() + line.encode())
            report.keep(document)
        file.write(b"\n]}\n")
    return report


def _document(value: Mapping[str, Any], path: str | Path, report: ReadReport, strict: bool) -> Document:
    passages = [part for passage in value["passages"] for part in passage.get("sentences") or (passage,)]
    name = str(value["id"])
    text, bounds = _text(passages, name, path)
    draft = Draft(name, text, path, report, strict)
    everything = [*passages, *value["passages"], value]
    for annotation in _unique(it for part in everything for it in part.get("annotations") or ()):
        _add_entity(draft, annotation)
    for relation in _unique(it for part in everything for it in part.get("relations") or ()):
        _add_relation(draft, relation)
    infons = dict(value.get("infons") or {})
    own = json.loads(infons.pop("odin", "{}"))
    meta = {**infons, **own.get("meta", {})}
    if len(value["passages"]) > 1 and len(passages) == len(value["passages"]):
        meta["passages"] = [
            {"start": start, "end": end, "infons": dict(part.get("infons") or {})}
            for (start, end), part in zip(bounds, passages, strict=True)
        ]
    return draft.finish(meta, Provenance.from_json(own["provenance"]) if "provenance" in own else None)


def _unique(values: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each object once: a passage without sentences stands for its own sentence."""
    return list({id(value): value for value in values}.values())


def _text(passages: list[Mapping[str, Any]], name: str, path: str | Path) -> tuple[str, list[tuple[int, int]]]:
    text, bounds = "", []
    for passage in passages:
        offset = int(passage["offset"])
        if not len(text) <= offset <= len(text) + MAX_GAP:
            raise FormatError(
                f"document {name}: the passage at offset {offset} does not follow the text before it, "
                f"which ends at {len(text)}",
                path=path,
            )
        text = text.ljust(offset) + (passage.get("text") or "")
        bounds.append((offset, len(text)))
    return text, bounds


def _add_entity(draft: Draft, annotation: Mapping[str, Any]) -> None:
    name = str(annotation["id"])
    spans = [(int(it["offset"]), int(it["offset"]) + int(it["length"])) for it in annotation.get("locations") or ()]
    fields = _fields(annotation)
    label = fields.pop("type", "")
    if not label or not spans:
        return draft.refuse(None, f"annotation {name}", "needs a type infon and a location")
    concept = fields.pop("identifier", "").strip()
    fields.setdefault("concept", None if concept in NO_CONCEPT else concept)
    if fields.get("cue"):
        fields["cue"] = tuple(fields["cue"])
    entity = Entity(name, label, *spans[0], **fields)
    return draft.add_entity(None, entity, tuple(spans), stated=annotation.get("text"))


def _add_relation(draft: Draft, relation: Mapping[str, Any]) -> None:
    fields = _fields(relation)
    label = fields.pop("type", "")
    name, nodes = str(relation.get("id", "")), relation.get("nodes") or ()
    if not label:
        return draft.refuse(None, f"relation {name}", "needs a type infon")
    if not nodes and "entity1" in fields and "entity2" in fields:
        ends = fields.pop("entity1"), fields.pop("entity2")
        draft.concept_relations.append(ConceptRelation(label, *ends, **fields))
        return None
    if len(nodes) < 2:
        return draft.refuse(None, f"relation {name}", "needs two nodes, or entity1 and entity2 infons")
    if len(nodes) > 2:
        draft.lose(None, f"relation {name}: {len(nodes) - 2} of {len(nodes)} nodes", "a relation has a head and a tail")
    ordered = sorted(nodes, key=lambda node: {"head": 0, "tail": 2}.get(str(node.get("role")), 1))
    if fields.get("evidence"):
        fields["evidence"] = tuple(fields["evidence"])
    ends = str(ordered[0]["refid"]), str(ordered[1]["refid"])
    return draft.add_relation(None, Relation(name or f"R{len(draft.relations) + 1}", label, *ends, **fields))


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """The infons as fields of an annotation; those without a field become attributes."""
    fields: dict[str, Any] = {"attributes": {}}
    for key, infon in (value.get("infons") or {}).items():
        if key == "odin":
            own = json.loads(infon)
            fields["attributes"].update(own.pop("attributes", {}))
            if "provenance" in own:
                own["provenance"] = Provenance.from_json(own["provenance"])
            fields.update(own)
        elif key == "score" and _is_probability(infon):
            fields["score"] = float(infon)
        elif key in ("type", "identifier", "entity1", "entity2") or (key == "assertion" and infon in ASSERTIONS):
            fields[key] = str(infon)
        else:
            fields["attributes"][key] = infon
    return fields


def _is_probability(value: Any) -> bool:
    try:
        return 0 <= float(value) <= 1
    except (TypeError, ValueError):
        return False


def to_bioc(document: Document) -> dict[str, Any]:
    """The document as a BioC document in its JSON form."""
    cuts = _passage_cuts(document)
    own: dict[str, Any] = {}
    meta = {key: value for key, value in document.meta.items() if not (cuts and key == "passages")}
    infons = {key: value for key, value in meta.items() if _is_plain(key, value)}
    if len(infons) < len(meta):
        own["meta"] = {key: value for key, value in meta.items() if key not in infons}
    if document.provenance:
        own["provenance"] = document.provenance.to_json()
    passages: list[dict[str, Any]] = [
        {
            "offset": start,
            "infons": passage_infons,
            "text": document.text[start:end],
            "sentences": [],
            "annotations": [],
            "relations": [],
        }
        for start, end, passage_infons in cuts or [(0, len(document.text), {})]
    ]
    for entity in document.entities:
        home = [passage for passage in passages if passage["offset"] <= entity.start] or passages
        home[-1]["annotations"].append(_annotation(entity, document.text))
    relations = [_relation(relation) for relation in document.relations]
    for number, relation in enumerate(document.concept_relations, 1):
        concept_infons = {"type": relation.label, "entity1": relation.head, "entity2": relation.tail}
        relations.append({"id": f"C{number}", "infons": concept_infons | _infons(relation), "nodes": []})
    return {
        "id": document.id,
        "infons": infons | ({"odin": json.dumps(own)} if own else {}),
        "passages": passages,
        "annotations": [],
        "relations": relations,
    }


def _annotation(entity: Entity, text: str) -> dict[str, Any]:
    return {
        "id": entity.id,
        "infons": {"type": entity.label} | _infons(entity),
        "text": entity.text_in(text),
        "locations": [{"offset": start, "length": end - start} for start, end in entity.spans],
    }


def _relation(relation: Relation) -> dict[str, Any]:
    nodes = [{"refid": relation.head, "role": "head"}, {"refid": relation.tail, "role": "tail"}]
    return {"id": relation.id, "infons": {"type": relation.label} | _infons(relation), "nodes": nodes}


def _infons(annotation: Entity | Relation | ConceptRelation) -> dict[str, str]:
    infons: dict[str, str] = {}
    own: dict[str, Any] = {}
    concept = getattr(annotation, "concept", None)
    if concept is not None and concept not in NO_CONCEPT and _PLAIN.fullmatch(concept):
        infons["identifier"] = concept
    elif concept is not None:
        own["concept"] = concept
    if annotation.score is not None:
        infons["score"] = repr(float(annotation.score))
    if getattr(annotation, "assertion", None):
        infons["assertion"] = annotation.assertion  # type: ignore[union-attr,assignment]
    for name in ("cue", "evidence"):
        if getattr(annotation, name, None):
            own[name] = getattr(annotation, name)
    if getattr(annotation, "provenance", None):
        own["provenance"] = annotation.provenance.to_json()  # type: ignore[union-attr]
    other = {}
    for key, value in annotation.attributes.items():
        if _is_plain(key, value):
            infons[key] = value
        else:
            other[key] = value
    if other:
        own["attributes"] = other
    return infons | ({"odin": json.dumps(own)} if own else {})


def _is_plain(key: str, value: Any) -> bool:
    """True where an infon can hold it as it is, in XML too."""
    return key not in _OWN and isinstance(value, str) and all(_PLAIN.fullmatch(text) for text in (key, value))


def _passage_cuts(document: Document) -> list[tuple[int, int, dict[str, Any]]]:
    """The passages that the document was read with, where they are the whole text but for spaces; else none."""
    cuts, last = [], 0
    try:
        for passage in document.meta.get("passages") or ():
            start, end = passage["start"], passage["end"]
            if not last <= start <= end or document.text[last:start].strip(" ") or set(passage) != _PASSAGE_KEYS:
                return []
            cuts.append((start, end, dict(passage["infons"].items())))
            last = end
    except (TypeError, KeyError, AttributeError):
        return []
    plain = all(_is_plain(key, value) or key == "type" for _, _, infons in cuts for key, value in infons.items())
    return cuts if len(cuts) > 1 and plain and last == len(document.text) else []


_PASSAGE_KEYS = {"start", "end", "infons"}
