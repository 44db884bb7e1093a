"""The public corpora in a folder: `load(name, split)` reads the published files. Nothing is downloaded here."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from odin.corpora import jsonl
from odin.corpora.label_maps import as_label_set
from odin.corpora.sources import CORPORA, Corpus, Layout, missing_files
from odin.corpora.splits import split_of_group
from odin.errors import CorpusError, InputError
from odin.schema import Document, Provenance, ReadReport

__all__ = [
    "CORPORA",
    "as_label_set",
    "check_at_hand",
    "corpora_folder",
    "find",
    "layout_in",
    "load",
    "read_split",
    "split_names",
]

logger = logging.getLogger(__name__)

DEFAULT_FOLDER = Path("data/corpora")
SPLITS = ("train", "dev", "test")


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
    """The documents of a corpus in one split, with `meta["split"]`, `meta["group"]` and provenance.

    What a Document cannot hold, or the published files get wrong, is left out and counted in `report`, or logged where
    there is none. Raises CorpusError where the corpus or the split does not exist or the files are absent.
    """
    corpus, home = find(name), _home_of(name, folder)
    given = ReadReport() if report is None else report
    documents = list(read_split(corpus, split, home, given))
    if report is None and given.dropped:
        logger.warning("%s %s: %d annotations were left out", name, split, len(given.dropped))
    return documents


def check_at_hand(name: str, split: str, folder: str | Path | None = None) -> None:
    """Raise CorpusError where `load` would find no such corpus or split, or not all files; nothing is read."""
    _layout_with(split, find(name), _home_of(name, folder))


def _home_of(name: str, folder: str | Path | None) -> Path:
    home = corpora_folder(folder) / name
    if not home.is_dir():
        raise CorpusError(
            f"the corpus {name} is not in {home.parent}: "
            f"run `python -m odin corpora prepare {name}` or set ODIN_CORPORA"
        )
    return home


def _layout_with(split: str, corpus: Corpus, home: Path) -> Layout:
    layout = layout_in(corpus, home)
    if split not in split_names(layout):
        raise CorpusError(f"the corpus {corpus.name} has no split {split!r}: choose one of {split_names(layout)}")
    return layout


def read_split(corpus: Corpus, split: str, home: Path, report: ReadReport) -> Iterator[Document]:
    """The documents of a split, from the folder that holds the corpus's published files, or what was prepared."""
    layout = _layout_with(split, corpus, home)
    key = split if split in layout else "all"
    reading, provenance = ReadReport(), Provenance(source="corpus", name=corpus.name)
    times: Counter[str] = Counter()
    for reader, file in layout[key]:
        try:
            for document in reader(home / file, reading, strict=False):
                group = str(document.meta.get("group") or corpus.group(document.id))
                if key != split and split_of_group(group, home.parent) != split:
                    continue
                if group in corpus.left_out:
                    reading.drop(document.id, "document", "left out: another corpus has its text")
                    continue
                name = f"{Path(file).stem}/{document.id}" if len(layout[key]) > 1 else document.id
                times[name] += 1
                found = replace(
                    document,
                    id=f"{name}#{times[name]}" if times[name] > 1 else name,
                    meta={**document.meta, "group": group, "split": split},
                    provenance=document.provenance or provenance,
                )
                report.keep(found)
                yield found
        except InputError as err:
            raise CorpusError(f"the corpus {corpus.name} in {home} is not complete: {err}") from err
    report.dropped += reading.dropped
    report.notes += reading.notes


def layout_in(corpus: Corpus, home: Path) -> Layout:
    """The files of the corpus that are in the folder. Raises CorpusError that names those that are missing."""
    own = dict.fromkeys(split for layout in corpus.layouts for split in layout)
    names = SPLITS if {"train", "all"} & set(own) else tuple(own)
    prepared: Layout = {
        path.stem: ((jsonl.read, path.name),) for split in names if (path := home / f"{split}.jsonl").exists()
    }
    for layout in corpus.layouts:
        if not missing_files(corpus, layout, home) and not (prepared and _is_prepared(home)):
            return layout
    if "train" in prepared or (prepared and names is not SPLITS):
        return prepared
    missing = min((missing_files(corpus, layout, home) for layout in corpus.layouts), key=len)
    raise CorpusError(f"the corpus {corpus.name} in {home} is not complete: {', '.join(missing[:5])} is missing")


def split_names(layout: Layout) -> tuple[str, ...]:
    """The splits of a layout; a corpus without published ones has all and the three that it is parted into."""
    return tuple(dict.fromkeys((*SPLITS, *layout) if "all" in layout else layout))


PREPARED = "prepared.json"
"""Beside the JSON lines that `prepare` wrote: where they came from, checksums and what was dropped."""


def _is_prepared(home: Path) -> bool:
    return (home / PREPARED).exists()
