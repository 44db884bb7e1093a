"""The public corpora: what each is, where it comes from, under which terms, and how its published files are read.

`load(name, split)` reads the published files as they stand in a folder of corpora; nothing is downloaded here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from odin.corpora import ade, brat, jsonl, phee, pubtator
from odin.corpora.label_maps import as_label_set as as_label_set
from odin.corpora.splits import split_of_group
from odin.errors import CorpusError, InputError
from odin.schema import Document, Provenance, ReadReport

logger = logging.getLogger(__name__)

DEFAULT_FOLDER = Path("data/corpora")


@dataclass(frozen=True)
class Corpus:
    """A public corpus."""

    name: str
    read: Callable[..., Iterator[Document]]
    """The reader of one published file or folder: `(path, report, strict=...)`."""
    splits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Split to published files. Under `all`, a corpus without published splits: it is parted by document."""
    label_set: str | None = None


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus("biored", pubtator.read, {"train": ("Train.PubTator",), "dev": ("Dev.PubTator",)}, "biored"),
        Corpus(
            "bc5cdr",
            pubtator.read,
            {"train": ("CDR_TrainingSet.PubTator.txt",), "dev": ("CDR_DevelopmentSet.PubTator.txt",)},
            "bc5cdr",
        ),
        Corpus("ncbi_disease", brat.read, {"train": ("brat/train",), "dev": ("brat/dev",)}, "ncbi_disease"),
        Corpus("ade", ade.read, {"all": (".",)}, "ade"),
        Corpus("phee", phee.read, {"train": ("train.json",), "dev": ("dev.json",)}),
        Corpus("maccrobat2020", brat.read, {"train": ("brat/train",), "dev": ("brat/dev",)}),
        Corpus("chia", brat.read, {"train": ("brat/train",), "dev": ("brat/dev",)}),
        Corpus(
            "clinical_notes",
            jsonl.read,
            {split: (f"{split}.jsonl",) for split in ("train", "dev", "written", "written_dev")},
            "clinical",
        ),
    )
}


def corpora_folder(folder: str | Path | None = None) -> Path:
    """The folder of corpora: the one given, else `ODIN_CORPORA`, else `data/corpora`."""
    return Path(folder or os.environ.get("ODIN_CORPORA") or DEFAULT_FOLDER)


def find(name: str) -> Corpus:
    """The corpus of that name. Raises CorpusError that lists the names."""
    if name not in CORPORA:
        raise CorpusError(f"unknown corpus {name!r}: choose one of {', '.join(CORPORA)}")
    return CORPORA[name]


def load(
    name: str, split: str, folder: str | Path | None = None, *, report: ReadReport | None = None
) -> list[Document]:
    """The documents of a corpus in one split, with `meta["split"]` and provenance.

    What a Document cannot hold, or the published files get wrong, is left out and counted in `report`, or logged where
    there is none. Raises CorpusError where the corpus or the split does not exist or the files are absent.
    """
    corpus = find(name)
    home = corpora_folder(folder) / name
    if not home.is_dir():
        raise CorpusError(
            f"the corpus {name} is not in {home.parent}: "
            f"run `python -m odin corpora prepare {name}` or set ODIN_CORPORA"
        )
    whole = "all" in corpus.splits and split in ("train", "dev", "test")
    if not whole and split not in corpus.splits:
        known = ("train", "dev", "test", "all") if "all" in corpus.splits else tuple(corpus.splits)
        raise CorpusError(f"the corpus {name} has no split {split!r}: choose one of {', '.join(known)}")
    read_report = ReadReport()
    provenance = Provenance(source="corpus", name=name)
    documents = []
    for file in corpus.splits["all" if whole else split]:
        try:
            for document in corpus.read(home / file, read_report, strict=False):
                own = split_of_group(document.meta.get("group", document.id), home.parent) if whole else split
                if own == split:
                    meta = {**document.meta, "split": split}
                    documents.append(replace(document, meta=meta, provenance=document.provenance or provenance))
        except InputError as err:
            raise CorpusError(f"the corpus {name} in {home} is not complete: {err}") from err
    if report is not None:
        report.dropped += read_report.dropped
        report.notes += read_report.notes
        for document in documents:
            report.keep(document)
    elif read_report.dropped:
        logger.warning("%s %s: %d annotations were left out", name, split, len(read_report.dropped))
    return documents
