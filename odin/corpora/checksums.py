"""SHA-256 of published files, and whether they are the ones that the project's figures were measured on.

`checksums.txt` has a line `digest  corpus/file` each, as `sha256sum` writes it. Of a folder it is the digest of the
lines of its files. Those are train and dev files from which documents that stand in an official test were taken out, so
a file from the official address differs where the corpus shares documents with a test set.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from odin.corpora.sources import Corpus, Layout

CHECKSUMS = Path(__file__).with_name("checksums.txt")


@cache
def known_checksums() -> dict[str, str]:
    """`corpus/file` to digest."""
    lines = CHECKSUMS.read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines if line)}


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hex; of a folder, that of the sorted `digest  file` lines of what is in it."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(item for item in path.rglob("*") if item.is_file()):
            digest.update(f"{checksum(file)}  {file.relative_to(path).as_posix()}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as file_bytes:
        while block := file_bytes.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def checksums_of(corpus: Corpus, layout: Layout, home: Path) -> dict[str, str]:
    """The digests of the files of a layout by their names in the corpus's folder."""
    names = {file for files in layout.values() for _, file in files}
    if "." in names:
        found = (path.name for pattern in corpus.needs if "*" not in pattern for path in home.glob(pattern))
        names = (names - {"."}) | set(found)
    return {name: checksum(home / name) for name in sorted(names)}
