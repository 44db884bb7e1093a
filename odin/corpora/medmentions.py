"""MedMentions: one PubTator file for all splits, and a list of PMIDs for each.

Its label column holds UMLS semantic types ("T116,T123"), its concept column UMLS concepts. Source: Mohan, Li 2019,
https://arxiv.org/abs/1902.09476.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from odin.corpora import pubtator
from odin.corpora.files import read_text
from odin.errors import InputError
from odin.schema import Document, ReadReport

FILE = "corpus_pubtator.txt"
PARTS = {"train": "trng", "dev": "dev", "test": "test"}
"""Split to its name in the files of PMIDs."""


def read(
    path: str | Path, report: ReadReport | None = None, *, split: str = "train", strict: bool = True
) -> Iterator[Document]:
    """The documents of a split, from the folder of the published files (the corpus packed as .gz or not).

    Raises InputError where a file is absent, FormatError where one cannot be read (see `odin.corpora.pubtator`).
    """
    report = ReadReport() if report is None else report
    folder = Path(path)
    wanted = set(read_text(folder / f"corpus_pubtator_pmids_{PARTS[split]}.txt").split())
    corpus = next((folder / name for name in (FILE, f"{FILE}.gz") if (folder / name).exists()), None)
    if corpus is None:
        raise InputError(f"{folder / FILE}: no such file (nor {FILE}.gz); check the path")
    every = ReadReport()
    for document in pubtator.read(corpus, every, strict=strict):
        if document.id in wanted:
            report.keep(document)
            yield document
    report.dropped += every.dropped
