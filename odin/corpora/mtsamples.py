"""MTSamples: dictated reports of many specialties, under the project's own annotations of the label set `clinical`.

The texts are JSON lines `{"id", "text"}`. The annotations (`data/annotated_notes`) are of the head of `laid_out(text)`;
`odin.corpora.annotated` says what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from odin.corpora import annotated
from odin.errors import AnnotationError, FormatError
from odin.schema import Document, ReadReport

ANNOTATIONS = Path(__file__).parents[2] / "data" / "annotated_notes" / "annotations.jsonl"
_AFTER_TITLE = re.compile(r":\s*,\s*")
_AFTER_SENTENCE = re.compile(r'(?<=[.;?!)])\s*,\s*(?=[A-Z0-9"(*-])')


def laid_out(text: str) -> str:
    """The text with a line break where the published form has a comma: "PLAN:, Rest.,Return." has three lines."""
    return _AFTER_SENTENCE.sub("\n", _AFTER_TITLE.sub(":\n", text)).strip()


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The annotated ones of the reports in a file.

    Raises FormatError with the line where a report is not in this form, or is another text than was annotated; with
    `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    annotations = annotated.by_text(ANNOTATIONS)
    for number, name, text in annotated.json_texts(path, report, strict=strict):
        if name not in annotations:
            continue
        try:
            document = annotated.put_on(laid_out(text), annotations[name][0])
        except AnnotationError as err:
            if strict:
                raise FormatError(str(err), path=path, line=number) from err
            report.drop(f"{path}:{number}", "report", str(err))
            continue
        report.keep(document)
        yield document
