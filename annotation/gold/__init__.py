"""Gold export with proof: every format written, read back and compared, a card, hashes, one zip."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from annotation.gold import instructions as gold_instructions
from annotation.gold.check import LEFT_OUT, FormatProof, facts, prove
from odin.corpora import FORMATS, relations_csv
from odin.corpora.files import replacing
from odin.errors import FormatError, InputError
from odin.labels import LabelSet
from odin.schema import Document, ReadReport

SPLITS = (("train", 80), ("dev", 90), ("test", 100))
"""Of a document without a split: the percentile below which it falls into each."""
RELATIONS_TABLE = "relations-csv"
INSTRUCTIONS = "instructions"
GOLD_FORMATS = (
    *("jsonl", "brat", "bioc-json", "bioc-xml", "pubtator", "conll", "spacy", "huggingface", "label-studio"),
    INSTRUCTIONS,
    RELATIONS_TABLE,
)


@dataclass(frozen=True)
class GoldSet:
    """The documents of a gold set and what its card tells about them."""

    name: str
    documents: tuple[Document, ...]
    labels: LabelSet
    guideline: int | None = None
    """The project's guideline version; None where the documents come from a file."""
    reviewers: tuple[str, ...] = ()
    agreement: Mapping[str, str] | None = None
    """Lines of the card: measure to "0.81 (0.75 to 0.86)" or why it is undefined."""
    licence: str = "other"
    older_guideline: int = 0
    """How many notes were reviewed under an older guideline version."""


def export_gold(
    gold: GoldSet,
    path: str | Path,
    *,
    formats: Sequence[str] = GOLD_FORMATS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[FormatProof, ...]:
    """Write the zip at `path`; what each format was proven to hold. A format that refuses a document is left out.

    Raises InputError for an unknown format, an empty set or where every format refuses, FormatError where a format
    loses something in silence.
    """
    import tempfile

    from annotation.gold.card import card

    unknown = [name for name in formats if name not in GOLD_FORMATS]
    if unknown or not gold.documents:
        what = (
            f"unknown format {unknown[0]!r}; choose from {', '.join(GOLD_FORMATS)}" if unknown else "no gold notes yet"
        )
        raise InputError(f"{gold.name}: {what}")
    documents = tuple(with_split(document, seed=seed) for document in gold.documents)
    with tempfile.TemporaryDirectory(prefix="odin-gold-") as scratch:
        folder, proofs = Path(scratch), []
        for done, name in enumerate(formats, 1):
            proofs.append(_write(name, documents, folder, gold.labels))
            if progress:
                progress(done, len(formats))
        if not _files(folder):
            raise InputError(f"{gold.name}: no format that was asked for holds it: {next(iter(proofs[0].reasons))}")
        (folder / "labels.json").write_text(json.dumps(gold.labels.to_json(), ensure_ascii=False, indent=1), "utf-8")
        hashes = {str(file.relative_to(folder)): _sha256(file) for file in _files(folder)}
        text = card(replace(gold, documents=documents), proofs, hashes)
        (folder / "README.md").write_text(text, "utf-8")
        sums = "".join(f"{digest}  {name}\n" for name, digest in hashes.items())
        (folder / "SHA256SUMS").write_text(sums, "utf-8")
        _zip(folder, Path(path))
    return tuple(proofs)


def with_split(document: Document, *, seed: int) -> Document:
    """The document with `meta["split"]`: its own, or one drawn by its id (or group), so that it never changes."""
    if document.meta.get("split"):
        return document
    group = document.meta.get("group") or document.id
    place = int(hashlib.sha256(f"{seed} {group}".encode()).hexdigest(), 16) % 100
    split = next(split for split, below in SPLITS if place < below)
    return replace(document, meta={**document.meta, "split": split})


def _write(name: str, documents: Sequence[Document], folder: Path, labels: LabelSet) -> FormatProof:
    if name == RELATIONS_TABLE:
        return _write_relations(documents, folder / "relations.csv")
    if name == INSTRUCTIONS:
        report = gold_instructions.write(documents, folder / name, labels)
        return prove(name, documents, gold_instructions.read(folder / name), report)
    form = FORMATS[name]
    if form.write is None:
        raise InputError(f"the format {name} is only read")
    path = folder / name / f"gold{form.suffix}" if form.suffix else folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        report = form.write(documents, path)
    except FormatError as err:
        return _left_out(name, documents, folder / name, str(err).replace(f"{folder}/", ""))
    return prove(name, documents, form.read(path), report)


def _left_out(name: str, documents: Sequence[Document], place: Path, why: str) -> FormatProof:
    """The proof of a format that refuses one of the documents: it is not in the zip, and the others are."""
    shutil.rmtree(place, ignore_errors=True)
    report = ReadReport()
    for document in documents:
        report.drop(document.id, "document", f"{LEFT_OUT}: {why}")
    return prove(name, documents, (), report)


def _write_relations(documents: Sequence[Document], path: Path) -> FormatProof:
    """The table has no texts; it is proven line by line."""
    report = relations_csv.write(documents, path)
    wanted = [
        {key: str(value) for key, value in row.items()}
        for document in documents
        for row in relations_csv.rows_of(document)
    ]
    if relations_csv.read_rows(path) != wanted:
        raise FormatError("the table of relations came back changed; this is a fault of the writer", path=path)
    total = sum((facts(document) for document in documents), start=type(facts(documents[0]))())
    counts = {field: sum(n for fact, n in total.items() if fact[0] == field) for field in {fact[0] for fact in total}}
    kept = {"relation": counts.get("relation", 0), "negated": counts.get("negated", 0)}
    kept["entity"] = counts.get("entity", 0) - sum(what.startswith("entity") for _, what, _ in report.dropped)
    return FormatProof(
        RELATIONS_TABLE,
        {field: (kept.get(field, 0), number) for field, number in counts.items()},
        _reasons(report),
    )


def _reasons(report: ReadReport) -> dict[str, int]:
    out: dict[str, int] = {"a table of relations holds no texts": report.documents}
    for _, _, why in report.dropped:
        out[why] = out.get(why, 0) + 1
    return out


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _zip(folder: Path, path: Path) -> None:
    """The same files give the same bytes: fixed times, sorted names."""
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for found in _files(folder):
            entry = zipfile.ZipInfo(str(found.relative_to(folder)), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, found.read_bytes())
