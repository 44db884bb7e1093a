"""One split across all corpora, so that no text that a model is tested on was trained on."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from odin.errors import CorpusError

SHARED_SPLIT = "pmid_split.json"
"""In a folder of corpora: PMID to train or dev, over all of them."""


def split_of_group(group: str, folder: Path) -> str:
    """train, dev or test of a document (or of all that share its `meta["group"]`), the same in every corpus.

    The folder's `pmid_split.json` decides where it names the group; else 80 / 10 / 10 by a hash of the group.
    """
    known = shared_split_of(group, folder)
    if known:
        return known
    place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % 10
    return "train" if place < 8 else "dev" if place == 8 else "test"


def shared_split_of(group: str, folder: Path) -> str | None:
    """Where the folder's `pmid_split.json` puts a PMID; None where it does not name it, or there is no such file."""
    return _shared_split(folder).get(group)


@cache
def _shared_split(folder: Path) -> dict[str, str]:
    path = folder / SHARED_SPLIT
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise CorpusError(f"{path}: cannot be read as JSON: {err}") from err
    return {str(group): str(split) for group, split in value.items()}
