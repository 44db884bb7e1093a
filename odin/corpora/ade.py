"""The ADE corpus, version 2: sentences with drug and adverse effect (`DRUG-AE.rel`) or drug and dose (`DRUG-DOSE.rel`).

A line is `PMID|sentence|effect or dose|begin|end|drug|begin|end`. The offsets count from the start of the document,
which is not published, so each sentence is placed by what its rows have in common. Sentences without adverse effect
stand in `ADE-NEG.txt` as `PMID NEG sentence`. Source: Gurulingappa et al. 2012, https://doi.org/10.1016/j.jbi.2012.04.008.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from odin.corpora.drafts import Draft
from odin.corpora.files import read_text
from odin.errors import FormatError
from odin.schema import Document, Entity, ReadReport, Relation

FILES = {
    "DRUG-AE.rel": ("Adverse_Effect", "has_adverse_effect"),
    "DRUG-DOSE.rel": ("Dosage", "has_dosage"),
}
"""File to the label of its third column and the relation from the drug to it."""


class Row(NamedTuple):
    """A line of a .rel file; the offsets are those of the document."""

    place: str
    label: str
    relation: str
    surface: str
    start: int
    drug: str
    drug_start: int


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """A document a sentence, from the two .rel files in the folder; `meta["group"]` is the PMID.

    Raises FormatError with the line where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    sentences: dict[tuple[str, str], list[Row]] = {}
    for name, (label, relation) in FILES.items():
        for number, columns in _rows(Path(path) / name, report, strict):
            place = f"{Path(path) / name}:{number}"
            row = Row(place, label, relation, columns[2], int(columns[3]), columns[5], int(columns[6]))
            sentences.setdefault((columns[0], columns[1]), []).append(row)
    counts: Counter[str] = Counter()
    for (pmid, sentence), rows in sentences.items():
        counts[pmid] += 1
        yield _document(f"{pmid}_{counts[pmid]}", pmid, sentence, rows, report)


def read_negatives(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The sentences of `ADE-NEG.txt`: no adverse effect is stated, but drugs are not marked, so no entity is known."""
    report = ReadReport() if report is None else report
    file = Path(path) / "ADE-NEG.txt"
    counts: Counter[str] = Counter()
    for number, line in enumerate(read_text(file).split("\n"), 1):
        pmid, _, rest = line.strip("\r").partition(" ")
        kind, _, sentence = rest.partition(" ")
        if kind == "NEG" and sentence:
            counts[pmid] += 1
            document = Document(f"{pmid}_neg{counts[pmid]}", sentence, meta={"group": pmid})
            report.keep(document)
            yield document
        elif line.strip():
            _refuse(file, number, report, strict, "is not of the form: PMID NEG sentence")


def _rows(file: Path, report: ReadReport, strict: bool) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(read_text(file).split("\n"), 1):
        columns = line.strip("\r").split("|")
        if len(columns) == 8 and all(columns[index].isdigit() for index in (3, 4, 6, 7)):
            yield number, columns
        elif line.strip():
            _refuse(file, number, report, strict, "needs 8 columns parted by | with whole numbers in 4, 5, 7 and 8")


def _refuse(file: Path, number: int, report: ReadReport, strict: bool, why: str) -> None:
    if strict:
        raise FormatError(f"the line {why}", path=file, line=number)
    report.drop(f"{file}:{number}", "line", why)


def _document(name: str, pmid: str, sentence: str, rows: list[Row], report: ReadReport) -> Document:
    draft = Draft(name, sentence, rows[0].place, report, strict=False)
    votes = Counter(base for row in rows for base in _bases(sentence, row))
    relations: list[Relation] = []
    for row in rows:
        bases = sorted(_bases(sentence, row), key=lambda base: (-votes[base], base))
        if not bases:
            report.drop(
                row.place, f"relation {row.relation}", "its words do not stand in the sentence at that distance"
            )
            continue
        tail = _entity(draft, row.label, row.start - bases[0], row.surface)
        head = _entity(draft, "Drug", row.drug_start - bases[0], row.drug)
        if not any((head, tail) == (relation.head, relation.tail) for relation in relations):
            relations.append(Relation(f"R{len(relations) + 1}", row.relation, head, tail))
    for relation in relations:
        draft.add_relation(None, relation)
    return draft.finish({"group": pmid})


def _entity(draft: Draft, label: str, start: int, surface: str) -> str:
    """The id of that entity in the draft; it is added where it is new."""
    end = start + len(surface)
    for entity in draft.entities.values():
        if (entity.label, entity.start, entity.end) == (label, start, end):
            return entity.id
    entity = Entity(f"T{len(draft.entities) + 1}", label, start, end)
    draft.add_entity(None, entity, stated=surface)
    return entity.id


def _bases(sentence: str, row: Row) -> set[int]:
    """Where in the document the sentence may begin, so that both words of the row stand in it."""
    return {row.start - at for at in _places(sentence, row.surface)} & {
        row.drug_start - at for at in _places(sentence, row.drug)
    }


def _places(sentence: str, surface: str) -> Iterator[int]:
    at = sentence.find(surface)
    while at >= 0:
        yield at
        at = sentence.find(surface, at + 1)
