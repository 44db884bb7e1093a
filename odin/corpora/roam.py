"""Roam: sentences of drug labels in which mentions of diseases are labelled by what the label's drug does.

JSON: a list of sentences with annotations. The drug is the one that the label belongs to and has no span, so TREATS,
PREVENTS, CONTRAINDICATED_FOR, UNRELATED (and TREATS_OUTCOMES, NOT_RECOMMENDED of the experts) are labels of entities.
Source: Tao et al. 2018, https://arxiv.org/abs/1811.00070.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from odin.corpora.drafts import Draft
from odin.corpora.files import read_text
from odin.errors import FormatError
from odin.schema import Document, Entity, ReadReport


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """A document a sentence. The same sentence in two files has the same `meta["group"]`, its text.

    Raises FormatError where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    try:
        sentences = json.loads(read_text(path))
    except ValueError as err:
        raise FormatError(f"not valid JSON: {err}", path=path, line=getattr(err, "lineno", None)) from err
    if not isinstance(sentences, list):
        raise FormatError("a list of sentences is needed", path=path)
    for number, value in enumerate(sentences, 1):
        try:
            draft = Draft(str(value["sentence_id"]), value["sentence"], path, report, strict)
            for item in value["annotations"]:
                entity = Entity(item["ann_id"], item["label"], item["start"], item["end"])
                draft.add_entity(None, entity, stated=item["text"])
        except (KeyError, TypeError) as err:
            message = f"sentence {number} is not in Roam's form: {type(err).__name__} {err}"
            if strict:
                raise FormatError(message, path=path) from err
            report.drop(str(path), f"sentence {number}", message)
            continue
        yield draft.finish({"group": " ".join(draft.text.lower().split())})
