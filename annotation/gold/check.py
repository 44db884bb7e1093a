"""The proof of an export: what a format holds of the documents, read back and compared, and that no loss is silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odin.errors import FormatError
from odin.evaluation.report import markdown_table
from odin.schema import ConceptRelation, Document, Entity, ReadReport, Relation

FIELDS = (
    *("text", "entity", "nested", "fragments", "concept", "assertion", "cue", "score", "provenance", "attributes"),
    *("relation", "negated", "evidence", "concept relation", "meta"),
)
"""What the loss table counts. Everything but mentions, relations and texts is counted where it is set."""
LEFT_OUT = "the format is left out"
"""Begins the reason where a format refuses a document, so that none of it is in the zip."""


@dataclass(frozen=True)
class FormatProof:
    """What one format kept: (kept, of) by field, and the losses that its writer reported, by reason."""

    format: str
    kept: Mapping[str, tuple[int, int]]
    reasons: Mapping[str, int]

    @property
    def lossless(self) -> bool:
        """True where everything came back."""
        return all(kept == total for kept, total in self.kept.values())


def prove(name: str, written: Sequence[Document], back: Iterable[Document], report: ReadReport) -> FormatProof:
    """Compare what was written with what was read back.

    Raises FormatError where something is missing or came back changed that the writer did not report.
    """
    read = {document.id: document for document in back}
    counts: dict[str, list[int]] = {field: [0, 0] for field in FIELDS}
    unreported: list[str] = []
    reported = {place for place, _, _ in report.dropped}
    for document in written:
        wanted, found = facts(document), facts(read[document.id]) if document.id in read else Counter()
        same = True
        for fact, number in wanted.items():
            kept = min(number, found[fact])
            counts[fact[0]][0] += kept
            counts[fact[0]][1] += number
            same = same and kept == number
        if (not same or found - wanted) and document.id not in reported:
            unreported.append(document.id)
    if unreported:
        raise FormatError(
            f"{name}: {len(unreported)} documents came back changed without a word (first: {unreported[0]}); "
            "this is a fault of the writer: do not use this export"
        )
    kept_of = {field: (kept, total) for field, (kept, total) in counts.items() if total}
    return FormatProof(name, kept_of, Counter(why for _, _, why in report.dropped))


def facts(document: Document) -> Counter[tuple[Any, ...]]:
    """All that a document states, each fact starting with its field; ids do not matter."""
    out: Counter[tuple[Any, ...]] = Counter({("text", document.text): 1})
    keys = {entity.id: entity.key for entity in document.entities}
    for entity in document.entities:
        out.update(_entity_facts(entity, document))
    for relation in document.relations:
        what = (relation.label, keys[relation.head], keys[relation.tail])
        out["relation", what] += 1
        if relation.negated:
            out["negated", what] += 1
        if relation.evidence:
            out["evidence", what, relation.evidence] += 1
        out.update(_shared_facts(relation, what))
    for concept_relation in document.concept_relations:
        triple = (concept_relation.label, concept_relation.head, concept_relation.tail)
        out["concept relation", triple] += 1
        out.update(_shared_facts(concept_relation, triple))
    for key, value in document.meta.items():
        out["meta", key, repr(value)] += 1
    if document.provenance:
        out["provenance", "document", document.provenance] += 1
    return out


def loss_table(proofs: Sequence[FormatProof]) -> str:
    """A Markdown table: what each format holds, as kept/of; a dash where the gold set has none of it.

    Below it, why a format is left out.
    """
    used = [field for field in FIELDS if any(field in proof.kept for proof in proofs)]
    rows = ((proof.format, *(_cell(proof.kept.get(field)) for field in used)) for proof in proofs)
    left = [f"{proof.format}: {why}" for proof in proofs for why in proof.reasons if why.startswith(LEFT_OUT)]
    return "\n\n".join([markdown_table(("format", *used), rows), *left])


def _cell(kept_of: tuple[int, int] | None) -> str:
    if kept_of is None:
        return "-"
    kept, total = kept_of
    return "all" if kept == total else f"{kept}/{total}"


def _entity_facts(entity: Entity, document: Document) -> Iterable[tuple[Any, ...]]:
    yield "entity", entity.key
    if any(
        other.id != entity.id and other.start < entity.end and entity.start < other.end for other in document.entities
    ):
        yield "nested", entity.key
    if entity.fragments:
        yield "fragments", entity.key
    for name in ("concept", "assertion", "cue"):
        if getattr(entity, name) is not None:
            yield name, entity.key, getattr(entity, name)
    yield from _shared_facts(entity, entity.key)


def _shared_facts(item: Entity | Relation | ConceptRelation, what: Any) -> Iterable[tuple[Any, ...]]:
    if item.score is not None:
        yield "score", what, item.score
    provenance = getattr(item, "provenance", None)
    if provenance is not None:
        yield "provenance", what, provenance
    for key, value in item.attributes.items():
        if key != "negated":
            yield "attributes", what, key, repr(value)
