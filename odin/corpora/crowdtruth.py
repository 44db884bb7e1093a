"""CrowdTruth medical relations: sentences with two terms, and whether a crowd says that one causes or treats the other.

CSV, one file a relation. The offsets were taken before "na" was lost from the sentences ("Traditiolly"), so a term that
is not at its offsets is the first one that reads the same. Each relation has the crowd's score as attribute `score`
(0 to 1; at 0.7 or more it counts as a yes) and `negated` below that. For `treat`, term 1 is treated by term 2: the
relation as published leads from term 1 to term 2. Source: https://doi.org/10.5281/zenodo.50676, Dumitrache et al. 2018.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odin.corpora.drafts import Draft
from odin.corpora.files import read_text
from odin.errors import FormatError
from odin.schema import Document, Entity, ReadReport, Relation

FILES = ("ground_truth_cause.csv", "ground_truth_treat.csv")
THRESHOLD = 0.7
_COLUMNS = {"SID", "relation", "sentence_relation_score", "term1", "b1", "e1", "term2", "b2", "e2", "sentence"}

Row = dict[str, str]


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """A document a sentence, from the two files in the folder. Where they differ, it is two, and the second ends in b.

    Raises FormatError with the line where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    sentences: dict[tuple[str, str], list[tuple[str, Row]]] = {}
    for name in FILES:
        for place, row in _rows(Path(path) / name):
            sentences.setdefault((row["SID"], row["sentence"]), []).append((place, row))
    seen: set[str] = set()
    for (sid, sentence), rows in sentences.items():
        draft = Draft(f"CT-{sid}b" if sid in seen else f"CT-{sid}", sentence, rows[0][0], report, strict)
        seen.add(sid)
        for place, row in rows:
            _add(draft, place, row)
        group = " ".join(sentence.lower().split())
        yield draft.finish({"group": group, "seed": rows[0][1].get("UMLS_seed_relation", "")})


def _rows(path: Path) -> Iterator[tuple[str, Row]]:
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    if not _COLUMNS.issubset(reader.fieldnames or ()):
        missing = ", ".join(sorted(_COLUMNS - set(reader.fieldnames or ())))
        raise FormatError(f"the columns {missing} are missing", path=path, line=1)
    for row in reader:
        yield f"{path}:{reader.line_num}", row


def _add(draft: Draft, place: str, row: Row) -> None:
    ends = []
    for term in "12":
        try:
            start, end = int(row[f"b{term}"]), int(row[f"e{term}"])
            score = float(row["sentence_relation_score"])
        except ValueError:
            return draft.lose(None, f"{place} relation {row['relation']}", "has an offset or a score that is no number")
        found = _place(draft.text, row[f"term{term}"], start, end)
        if found is None:
            return draft.lose(None, f"{place} relation {row['relation']}", "names a term that is not in the sentence")
        ends.append(_entity(draft, *found))
    attributes: dict[str, Any] = {"score": score, "negated": score < THRESHOLD}
    attributes |= {key: row[key] for key in ("expert", "test_partition", "baseline") if key in row}
    name = f"R{len(draft.relations) + 1}"
    return draft.add_relation(None, Relation(name, row["relation"], ends[0], ends[1], attributes=attributes))


def _entity(draft: Draft, start: int, end: int) -> str:
    for entity in draft.entities.values():
        if entity.span == (start, end):
            return entity.id
    name = f"T{len(draft.entities) + 1}"
    draft.add_entity(None, Entity(name, "Term", start, end))
    return name


def _place(text: str, term: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the term stands: at its offsets, else at its first place, with or without the lost "na"."""
    lowered = text.lower()
    if lowered[start:end] == term.lower():
        return start, start + len(term)
    for wanted in (term.lower(), term.lower().replace("na", "")):
        at = lowered.find(wanted) if wanted else -1
        if at >= 0:
            return at, at + len(wanted)
    return None
