"""Every format: what is written and read back differs from the document in just what the report says."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import documents

from odin.corpora import FORMATS, pubtator
from odin.errors import FormatError
from odin.schema import ConceptRelation, Document, Entity, ReadReport, Relation

WRITTEN = sorted(name for name, form in FORMATS.items() if form.write)
several = st.lists(documents(), max_size=3, unique_by=lambda document: document.id)


def entity_facts(entity: Entity) -> dict[str, object]:
    fields = ("concept", "score", "assertion", "cue", "provenance")
    facts = {name: getattr(entity, name) for name in fields if getattr(entity, name) is not None}
    return facts | {f"attribute {key}": repr(value) for key, value in entity.attributes.items()}


def relation_facts(relation: Relation | ConceptRelation) -> dict[str, object]:
    fields = ("score", "evidence", "provenance")
    facts = {name: getattr(relation, name) for name in fields if getattr(relation, name, None) is not None}
    return facts | {f"attribute {key}": repr(value) for key, value in relation.attributes.items()}


def facts(document: Document) -> dict[object, object]:
    """All that a document states, by a name that does not depend on ids."""
    keys = {entity.id: entity.key for entity in document.entities}
    out: dict[object, object] = {("text",): document.text}
    for entity in document.entities:
        out[("entity", entity.key)] = True
        out |= {("entity", entity.key, name): value for name, value in entity_facts(entity).items()}
    for relation in document.relations:
        what = ("relation", relation.label, keys[relation.head], keys[relation.tail])
        out[what] = True
        out |= {(*what, name): value for name, value in relation_facts(relation).items()}
    for number, relation in enumerate(document.concept_relations, 1):
        out[("concept relation", number)] = (relation.label, relation.head, relation.tail)
        out |= {("concept relation", number, name): value for name, value in relation_facts(relation).items()}
    out |= {("meta", key): repr(value) for key, value in document.meta.items()}
    if document.provenance:
        out[("provenance",)] = document.provenance
    return out


def without(annotation, what: str):
    """The annotation without the field that a report entry names, such as `score` or `attribute novel`."""
    if what.startswith("attribute "):
        name = what.removeprefix("attribute ")
        assert name in annotation.attributes
        return replace(annotation, attributes={k: v for k, v in annotation.attributes.items() if k != name})
    assert getattr(annotation, what) not in (None, (), {})
    return replace(annotation, **{what: {"attributes": {}, "fragments": ()}.get(what)})


def as_reported(document: Document, report: ReadReport) -> Document:
    """The document less what the report says was lost; each entry must name something that was there."""
    entities = {f"entity {entity.id}": entity for entity in document.entities}
    relations = {f"relation {relation.id}": relation for relation in document.relations}
    concepts = {f"concept relation {n}": relation for n, relation in enumerate(document.concept_relations, 1)}
    text, meta, provenance, merged = document.text, dict(document.meta), document.provenance, []
    for place, what, why in report.dropped:
        if place != document.id:
            continue
        kind, name, field = re.fullmatch(
            r"(concept relation|entity|relation|meta|)(?: (\S+))?(?: ?(.+))?", what
        ).groups()
        owner = {"entity": entities, "relation": relations, "concept relation": concepts}.get(kind)
        if owner is not None and field:
            owner[f"{kind} {name}"] = without(owner[f"{kind} {name}"], field)
        elif owner is not None:
            gone = owner.pop(f"{kind} {name}")
            merged += [gone] if "same as another" in why else []
        elif kind == "meta":
            del meta[name]
        elif what == "provenance":
            assert provenance
            provenance = None
        elif "line breaks" in what:
            text = re.sub(r"[\r\n]", " ", text)
        else:
            raise AssertionError(f"unknown entry {what}")
    stands_for = {gone.id: e.id for gone in merged for e in entities.values() if e.key == gone.key}
    redirected = (
        replace(r, head=stands_for.get(r.head, r.head), tail=stands_for.get(r.tail, r.tail)) for r in relations.values()
    )
    return Document(
        document.id, text, tuple(entities.values()), tuple(redirected), tuple(concepts.values()), meta, provenance
    )


def write_and_read(name: str, given_documents: list[Document]) -> tuple[list[Document], ReadReport]:
    form = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"out{form.suffix}"
        written, again = form.write(given_documents, path), ReadReport()
        back = list(form.read(path, again)) if given_documents else []
    assert again.lossless
    counts = [(r.documents, r.entities, r.relations, r.concept_relations) for r in (written, again)]
    assert not given_documents or counts[0] == counts[1]
    return back, written


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_documents=several)
def test_what_is_read_back_is_what_was_written_less_the_reported_loss(name: str, given_documents: list[Document]):
    back, report = write_and_read(name, given_documents)
    assert {document.id for document in back} == {document.id for document in given_documents}
    by_id = {document.id: document for document in back}
    for document in given_documents:
        assert facts(by_id[document.id]) == facts(as_reported(document, report))


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_a_document_that_was_read_is_written_without_loss(name: str, document: Document):
    [once], _ = write_and_read(name, [document])
    [twice], report = write_and_read(name, [once])
    assert twice == once
    assert report.lossless


@pytest.mark.parametrize("name", ["jsonl", "bioc-json", "bioc-xml"])
@settings(max_examples=40, deadline=None)
@given(given_documents=several)
def test_nothing_is_lost(name: str, given_documents: list[Document]):
    back, report = write_and_read(name, given_documents)
    assert report.lossless
    assert back == given_documents


@pytest.mark.parametrize("odd", ["ward|17", "|", " ", "ward\t17"])
def test_pubtator_refuses_an_id_that_it_could_not_read_back(odd: str, tmp_path: Path):
    with pytest.raises(FormatError, match="cannot be written"):
        pubtator.write([Document(odd, "Aspirin.")], tmp_path / "gold.pubtator")
