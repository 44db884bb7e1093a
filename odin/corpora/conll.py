"""CoNLL columns with IOB2 tags: a token a line, the tag last, a blank line after each sentence.

Columns that are written: token, start, end, tag. Lines `# newdoc id = ...` and `# text = ...` (a JSON string) begin a
document, so that its text is read back exactly. Files without them are read too: the tokens are joined by spaces and
the sentences by newlines, `-DOCSTART-` begins a document. IOB1 and IOBES tags are understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from odin.corpora.drafts import Draft
from odin.corpora.files import distinct, encoded, read_text, replacing
from odin.corpora.loss import Holds, held, without_entities
from odin.errors import FormatError
from odin.schema import Document, Entity, ReadReport

HOLDS = Holds("CoNLL", (), None, None, meta=False, provenance=False, fragments=False, label_spaces=False)
_NEW_DOCUMENT, _TEXT = "# newdoc id = ", "# text = "
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\s*\n\s*")
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass
class _Columns:
    """The lines of a document: tokens and tags with the line of each; a None between sentences."""

    id: str
    line: int
    text: str | None = None
    tokens: list[tuple[int, list[str]] | None] = field(default_factory=list)


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a CoNLL file.

    Raises FormatError with the line where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    for columns in _documents(path):
        try:
            document = _document(columns, path, report, strict)
        except FormatError as err:
            if strict:
                raise
            report.drop(f"{path}:{columns.line}", "document", str(err))
            continue
        yield document


def _documents(path: str | Path) -> Iterator[_Columns]:
    stem = Path(path).stem
    current = _Columns(f"{stem}-1", 1)
    count = 1
    for number, ended in enumerate(read_text(path).split("\n"), 1):
        line = ended.removesuffix("\r")
        starts = line.startswith((_NEW_DOCUMENT, "-DOCSTART-")) and not re.match(r"-DOCSTART-\t\d+\t\d+\t", line)
        if starts:
            if current.text is not None or any(current.tokens):
                yield current
                count += 1
            named = line.startswith(_NEW_DOCUMENT)
            current = _Columns(_unquoted(line[len(_NEW_DOCUMENT) :]) if named else f"{stem}-{count}", number)
        elif line.startswith(_TEXT) and "\t" not in line:
            current.text = _unquoted(line[len(_TEXT) :])
        elif line.strip():
            current.tokens.append((number, line.split("\t") if "\t" in line else line.split()))
        else:
            current.tokens.append(None)
    if current.text is not None or any(current.tokens):
        yield current


def _unquoted(value: str) -> str:
    """A JSON string, or the words as they stand (as CoNLL-U has them)."""
    try:
        text = json.loads(value)
    except ValueError:
        return value
    return text if isinstance(text, str) else value


def _document(columns: _Columns, path: str | Path, report: ReadReport, strict: bool) -> Document:
    text, placed = columns.text or "", []
    if columns.text is None:
        for item in columns.tokens:
            if item is None:
                text += "\n" if text and not text.endswith("\n") else ""
                continue
            text += " " if text and not text.endswith("\n") else ""
            placed.append((item[0], len(text), len(text) + len(item[1][0]), item[1][-1]))
            text += item[1][0]
        text = text.rstrip("\n")
    else:
        placed = list(_placed(columns, path))
    draft = Draft(columns.id, text, path, report, strict)
    for index, (line, label, start, end) in enumerate(_entities(placed, path), 1):
        draft.add_entity(line, Entity(f"T{index}", label, start, end))
    return draft.finish()


def _placed(columns: _Columns, path: str | Path) -> Iterator[tuple[int, int, int, str]]:
    """Line, start, end and tag of each token of a document whose text is given."""
    at, text = 0, columns.text or ""
    for line, cells in filter(None, columns.tokens):
        if len(cells) >= 4 and cells[1].isdigit() and cells[2].isdigit():
            start, end = int(cells[1]), int(cells[2])
        else:
            start = text.find(cells[0], at)
            end = at = start + len(cells[0])
        if start < 0 or text[start:end] != cells[0]:
            raise FormatError(f"token {cells[0]!r} does not stand in the text at its place", path=path, line=line)
        yield line, start, end, cells[-1]


def _entities(tokens: Iterable[tuple[int, int, int, str]], path: str | Path) -> Iterator[tuple[int, str, int, int]]:
    """Line, label, start and end of each run of tags."""
    current: tuple[int, str, int, int] | None = None
    for line, start, end, tag in tokens:
        prefix, _, label = tag.partition("-")
        if tag != "O" and (prefix not in tuple("BIESLU") or not label):
            raise FormatError(f"{tag!r} is not a tag such as O, B-Drug or I-Drug", path=path, line=line)
        goes_on = current is not None and prefix in tuple("IEL") and label == current[1]
        if current is not None and not goes_on:
            yield current
            current = None
        if current is not None:
            current = (*current[:3], end)
        elif tag != "O":
            current = (line, label, start, end)
        if current is not None and prefix in tuple("ESLU"):
            yield current
            current = None
    if current is not None:
        yield current


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write a CoNLL file and return what was written and what tags could not hold.

    Of entities that share characters the longest is kept (the first of equals); the others are reported.
    """
    report = ReadReport()
    with replacing(path) as file:
        for document in distinct(documents, path):
            kept = held(document, HOLDS, report)
            kept = without_entities(kept, _not_taggable(kept), report)
            file.write(encoded("".join(f"{line}\n" for line in _lines(kept)), kept.id, path))
            report.keep(kept)
    return report


def _not_taggable(document: Document) -> dict[str, str]:
    """Ids of the entities that flat tags over tokens cannot hold, with the reason."""
    reasons = {}
    taken: list[tuple[int, int]] = []
    for entity in sorted(document.entities, key=lambda it: (it.start - it.end, it.start)):
        surface = document.text[entity.start : entity.end]
        if surface != surface.strip():
            reasons[entity.id] = "it begins or ends with white space, which is no token of CoNLL"
        elif any(start < entity.end and entity.start < end for start, end in taken):
            reasons[entity.id] = "CoNLL tags hold no nested or crossing entities: the longest is kept"
        else:
            taken.append(entity.span)
    return reasons


def _lines(document: Document) -> Iterator[str]:
    yield f"{_NEW_DOCUMENT}{json.dumps(document.id)}"
    yield f"{_TEXT}{json.dumps(document.text)}"
    tag_of_start = {entity.start: entity for entity in document.entities}
    bounds = {offset for entity in document.entities for offset in entity.span}
    breaks = _sentence_breaks(document)
    entity: Entity | None = None
    for start, end in _tokens(document.text, bounds):
        if entity is not None and start >= entity.end:
            entity = None
        begins = start in tag_of_start
        entity = tag_of_start.get(start, entity)
        tag = "O" if entity is None else f"{'B' if begins else 'I'}-{entity.label}"
        if breaks and start >= breaks[0]:
            yield ""
            while breaks and start >= breaks[0]:
                breaks.pop(0)
        yield f"{document.text[start:end]}\t{start}\t{end}\t{tag}"
    yield ""


def _sentence_breaks(document: Document) -> list[int]:
    """Where a new sentence begins; never inside an entity."""
    inner = [match.end() for match in _SENTENCE_END.finditer(document.text) if match.start() > 0]
    return [at for at in inner if not any(it.start < at < it.end for it in document.entities)]


def _tokens(text: str, bounds: set[int]) -> Iterator[tuple[int, int]]:
    """Words and single marks, cut where an entity begins or ends."""
    for match in _TOKEN.finditer(text):
        cuts = [at for at in range(match.start() + 1, match.end()) if at in bounds]
        yield from zip([match.start(), *cuts], [*cuts, match.end()], strict=True)
