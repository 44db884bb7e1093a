"""spaCy DocBin (`.spacy`) with relations. https://spacy.io/api/docbin

Every mention, nested and crossing ones too, is a span of `doc.spans["entities"]` with its id in `span.id_` and its
concept in `span.kb_id_`; `doc.ents` has the longest that do not overlap. Relations stand in `doc._.rel` as spaCy's
relation tutorial has them, `{(first token of head, of tail): {label: score}}`, and whole, with ids and scores, in
`doc.user_data["odin"]` together with what spaCy has no place for. Tokens are cut at the bounds of mentions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.corpora.files import open_binary, replacing
from odin.errors import AnnotationError, FormatError
from odin.schema import Document, ReadReport

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

SPANS_KEY = "entities"
_TOKEN = re.compile(r"\w+|\s|[^\w\s]")


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write one DocBin file; the report is without loss but for texts that spaCy cannot hold (empty ones)."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    report, vocab, bin_ = ReadReport(), Vocab(), DocBin(store_user_data=True)
    for document in documents:
        if not document.text:
            report.drop(document.id, "document", "spaCy holds no empty documents")
            continue
        bin_.add(to_doc(document, vocab))
        report.keep(document)
    with replacing(path) as file:
        file.write(bin_.to_bytes())
    return report


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a DocBin file that `write` wrote, or of any with `doc.spans["entities"]` or `doc.ents`.

    Raises FormatError where the file is no DocBin; a document that cannot be is reported where not `strict`.
    """
    from spacy.tokens import Doc, DocBin
    from spacy.vocab import Vocab

    report = ReadReport() if report is None else report
    _set_extension(Doc)
    with open_binary(path) as file:
        data = file.read()
    try:
        docs = list(DocBin().from_bytes(data).get_docs(Vocab()))
    except Exception as err:
        raise FormatError(f"not a spaCy DocBin: {err}", path=path) from err
    for number, doc in enumerate(docs, 1):
        try:
            document = from_doc(doc, name=f"{Path(path).stem}-{number}")
        except AnnotationError as err:
            if strict:
                raise FormatError(str(err), path=path) from err
            report.drop(str(path), f"document {number}", str(err))
            continue
        report.keep(document)
        yield document


def to_doc(document: Document, vocab: Vocab) -> Doc:
    """The spaCy document."""
    from spacy.tokens import Doc, Span

    _set_extension(Doc)
    words, spaces, starts, ends = _tokens(document)
    doc = Doc(vocab, words=words, spaces=spaces)
    spans = {}
    for entity in document.entities:
        first, last = starts[entity.start], ends[entity.end]
        spans[entity.id] = Span(doc, first, last + 1, label=entity.label, kb_id=entity.concept or "", span_id=entity.id)
    doc.spans[SPANS_KEY] = list(spans.values())
    doc.ents = _longest(spans.values())
    relations: dict[tuple[int, int], dict[str, float]] = {}
    for relation in document.relations:
        if not relation.negated:
            pair = spans[relation.head].start, spans[relation.tail].start
            relations.setdefault(pair, {})[relation.label] = 1.0 if relation.score is None else relation.score
    doc._.rel = relations
    native = document.to_json()
    native.pop("text")
    doc.user_data["odin"] = json.dumps(native, ensure_ascii=False)
    return doc


def from_doc(doc: Doc, *, name: str) -> Document:
    """The document; `name` is its id where the spaCy document has none. Raises AnnotationError."""
    native = json.loads(doc.user_data.get("odin") or json.dumps({"id": name}))
    spans = doc.spans.get(SPANS_KEY, doc.ents)
    known = {item["id"]: item for item in native.get("entities", ())}
    entities = []
    for number, span in enumerate(spans, 1):
        entity = known.get(span.id_, {"id": span.id_ or f"T{number}"})
        place = {"start": span.start_char, "end": span.end_char, "label": span.label_}
        entities.append({**entity, **place, **({"concept": span.kb_id_} if span.kb_id_ else {})})
    return Document.from_json({**native, "text": doc.text, "entities": entities})


def _set_extension(doc_class: Any) -> None:
    if not doc_class.has_extension("rel"):
        doc_class.set_extension("rel", default={})


def _tokens(document: Document) -> tuple[list[str], list[bool], dict[int, int], dict[int, int]]:
    """(words, whether a space follows each, token by its start, token by its end), cut at every bound of a mention."""
    starts = {entity.start for entity in document.entities}
    ends = {entity.end for entity in document.entities}
    words: list[str] = []
    spaces: list[bool] = []
    token_at_start: dict[int, int] = {}
    token_at_end: dict[int, int] = {}
    bounds = sorted(starts | ends | {0, len(document.text)})
    for left, right in pairwise(bounds):
        for match in _TOKEN.finditer(document.text[left:right]):
            start, end = left + match.start(), left + match.end()
            follows = match.group() == " " and words and not spaces[-1]
            if follows and start not in starts and end not in ends:
                spaces[-1] = True
                continue
            token_at_start[start] = token_at_end[end] = len(words)
            words.append(match.group())
            spaces.append(False)
    return words, spaces, token_at_start, token_at_end


def _longest(spans: Iterable[Any]) -> list[Any]:
    from spacy.util import filter_spans

    return list(filter_spans(spans))
