"""A corpus as native JSON lines: find or fetch its published files, check them, read them, write one file a split."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from odin.corpora import jsonl
from odin.corpora.catalog import PREPARED, layout_in, read_split, split_names
from odin.corpora.checksums import checksums_of, known_checksums
from odin.corpora.download import download, unpack
from odin.corpora.files import replacing
from odin.corpora.sources import Corpus, Layout, missing_files
from odin.errors import CorpusError
from odin.schema import ReadReport

PUBLISHED = "published"
"""The folder of fetched files beside the JSON lines."""


@dataclass(frozen=True)
class Prepared:
    """What `prepare` did."""

    source: str
    folder: Path
    splits: dict[str, ReadReport]
    checksums: dict[str, str]
    differing: tuple[str, ...] = field(default=())
    """Files whose checksum is known and not the one found."""


def prepare(
    corpus: Corpus, folder: Path, *, source: str | None = None, tell: Callable[[str], None] = lambda _: None
) -> Prepared:
    """Write the corpus into `folder` as one native file a split, with `prepared.json` beside them.

    `source` is a folder, an archive, or an address; None fetches the official files. `tell` is given a line for each
    step. Raises CorpusError where the files cannot be had, or are not those of the corpus.
    """
    root, named = _published(corpus, folder, source, tell)
    home, layout = _find(corpus, root)
    folder.mkdir(parents=True, exist_ok=True)
    written = [split for split in split_names(layout) if split != "all"]
    inputs = {home / file for files in layout.values() for _, file in files}
    clash = [split for split in written if (folder / f"{split}.jsonl").resolve() in {it.resolve() for it in inputs}]
    if clash:
        raise CorpusError(
            f"{folder} holds the published {clash[0]}.jsonl, which would be overwritten: give another folder"
        )
    found = checksums_of(corpus, layout, home)
    known = known_checksums()
    differing = tuple(file for file, digest in found.items() if known.get(f"{corpus.name}/{file}", digest) != digest)
    reports = {}
    for split in written:
        tell(f"reading {split}")
        reading = ReadReport()
        report = jsonl.write(read_split(corpus, split, home, reading), folder / f"{split}.jsonl")
        report.dropped, report.notes = reading.dropped, reading.notes
        reports[split] = report
    _record(corpus, folder, named, found, reports)
    return Prepared(named, folder, reports, found, differing)


def _published(corpus: Corpus, folder: Path, source: str | None, tell: Callable[[str], None]) -> tuple[Path, str]:
    """The folder in which the published files are, and what to call their source."""
    if source is not None and not source.startswith(("http://", "https://")):
        path = Path(source)
        if path.is_dir():
            return path, source
        if not path.exists():
            raise CorpusError(f"{source}: no such folder or archive")
        unpack(path, folder / PUBLISHED)
        return folder / PUBLISHED, source
    addresses = (source,) if source else corpus.downloads
    if not addresses:
        raise CorpusError(
            f"{corpus.name} cannot be fetched: see {corpus.address} and give the folder of its files with --source"
        )
    for address in addresses:
        tell(f"fetching {address}")
        unpack(download(address, folder / PUBLISHED / "fetched"), folder / PUBLISHED / "files")
    return folder / PUBLISHED / "files", ", ".join(addresses)


def _find(corpus: Corpus, root: Path) -> tuple[Path, Layout]:
    """The folder at or below `root`, nearest first, that holds the corpus, with the layout that it is in."""
    inner = sorted((path for path in root.rglob("*") if path.is_dir()), key=lambda path: (len(path.parts), path))
    for folder in (root / corpus.name, root, *inner):
        for layout in corpus.layouts:
            if folder.is_dir() and not missing_files(corpus, layout, folder):
                return folder, layout_in(corpus, folder) if not (folder / PREPARED).exists() else layout
    wanted = min((missing_files(corpus, layout, root) for layout in corpus.layouts), key=len)
    raise CorpusError(f"{root} does not hold {corpus.name}: {', '.join(wanted[:5])} is missing; see {corpus.address}")


def _record(
    corpus: Corpus, folder: Path, source: str, checksums: dict[str, str], reports: dict[str, ReadReport]
) -> None:
    value = {
        "corpus": corpus.name,
        "source": source,
        "licence": corpus.licence,
        "citation": corpus.citation,
        "sha256": checksums,
        "splits": {
            split: {
                "documents": report.documents,
                "entities": report.entities,
                "relations": report.relations,
                "concept_relations": report.concept_relations,
                "dropped": dict(Counter(why for _, _, why in report.dropped)),
            }
            for split, report in reports.items()
        },
    }
    with replacing(folder / PREPARED) as file:
        file.write(json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n")
