"""The card of a gold set, in Markdown: what is in it, who made it, how far they agreed, what each format holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from annotation.gold.check import FormatProof, loss_table
from odin.corpora.huggingface import front_matter, split_name
from odin.schema import Document, Entity, Relation

if TYPE_CHECKING:
    from annotation.gold import GoldSet

HUGGINGFACE = "huggingface/data"


def card(gold: GoldSet, proofs: Sequence[FormatProof], hashes: Mapping[str, str]) -> str:
    """The card. `hashes` are SHA-256 by file. Where the set has Parquet files, they are what the hub loads."""
    return _front_matter(gold, hashes) + "\n\n".join(
        [
            f"# {gold.name}",
            _summary(gold),
            "## Labels\n\n" + _labels(gold),
            "## Splits\n\n" + _table(("split", "notes"), Counter(str(x.meta.get("split")) for x in gold.documents)),
            "## Agreement\n\n" + _agreement(gold),
            "## Provenance\n\n" + _table(("source and action", "annotations"), _provenance(gold.documents)),
            "## What each format holds\n\nEach file was written, read back and compared with the native one.\n\n"
            + loss_table(proofs),
            _reasons(proofs),
            "## Files (SHA-256)\n\n" + "\n".join(f"- `{name}` {digest}" for name, digest in hashes.items()),
            f"## Licence\n\n{gold.licence}",
        ]
    )


def _front_matter(gold: GoldSet, hashes: Mapping[str, str]) -> str:
    if not any(name.startswith(HUGGINGFACE) for name in hashes):
        return ""
    licence = gold.licence.lower()
    known = licence if re.fullmatch(r"[a-z0-9.-]+", licence) else "other"
    splits = sorted({split_name(document) for document in gold.documents})
    return front_matter(splits, license=known, data=HUGGINGFACE) + "\n"


def _summary(gold: GoldSet) -> str:
    entities = sum(len(document.entities) for document in gold.documents)
    relations = sum(len(document.relations) for document in gold.documents)
    version = f", guideline version {gold.guideline}" if gold.guideline is not None else ""
    lines = [
        f"{len(gold.documents)} notes, {entities} entities, {relations} relations. Label set {gold.labels.name} "
        f"(version {gold.labels.version}{version}). Reviewers: {len(gold.reviewers) or 'not known'}."
    ]
    if gold.older_guideline:
        lines.append(f"{gold.older_guideline} notes were adjudicated under an older guideline version.")
    return " ".join(lines)


def _labels(gold: GoldSet) -> str:
    counts = Counter(item.label for document in gold.documents for item in _items(document))
    lines = ["| label | annotations | definition |", "|---|---|---|"]
    for label in gold.labels.entities:
        lines.append(f"| {label.label} | {counts[label.label]} | {_cell(label.definition)} |")
    for relation in gold.labels.relations:
        lines.append(f"| {relation.label} | {counts[relation.label]} | {_cell(relation.definition)} |")
    return "\n".join(lines)


def _agreement(gold: GoldSet) -> str:
    if not gold.agreement:
        return "Not measured: no two reviewers submitted the same note."
    return _table(("measure", "value (95 % interval)"), gold.agreement)


def _provenance(documents: Sequence[Document]) -> Mapping[str, int]:
    found = Counter(
        "not recorded" if item.provenance is None else f"{item.provenance.source}, {item.provenance.action or 'made'}"
        for document in documents
        for item in _items(document)
    )
    return dict(found.most_common())


def _reasons(proofs: Sequence[FormatProof]) -> str:
    lines = [f"- {proof.format}: {why} ({count})" for proof in proofs for why, count in proof.reasons.items()]
    return "Reasons:\n\n" + "\n".join(lines) if lines else "Nothing is lost in any format."


def _items(document: Document) -> list[Entity | Relation]:
    return [*document.entities, *document.relations]


def _table(head: Sequence[str], rows: Mapping[str, object]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---|---|"]
    return "\n".join([*lines, *(f"| {_cell(name)} | {_cell(str(value))} |" for name, value in rows.items())])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
